"""The multilayer perceptron: linear maps with an activation between them.

Source: Rumelhart, Hinton, Williams 1986, "Learning representations by back-propagating errors", Nature 323.
Changed: ReLU by default; logits for a softmax loss.
See: recipes/mlp.py.
"""

from dataclasses import dataclass
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.bounds import Classes, Features, Share, Widths
from d2lab.core.errors import ConfigError
from d2lab.layers.activation_catalog import ActivationName, activation
from d2lab.models.catalog import ModelConfig, register_model


@dataclass(frozen=True, kw_only=True, slots=True)
class MLPConfig(ModelConfig):
    """Sizes of an MLP; the defaults have 203,530 parameters."""

    inputs: Features = 784  # features, or pixels times channels
    hidden: Widths = (256,)  # units of each hidden layer
    classes: Classes = 10
    activation: ActivationName = "relu"
    dropout: Share = 0.0  # share of hidden units set to zero in training

    def __post_init__(self) -> None:
        super(MLPConfig, self).__post_init__()
        if not self.hidden:
            fix = "For no hidden layer use softmax regression."
            raise ConfigError(
                "MLPConfig.hidden", got=self.hidden, need="one or more layers of 1 or more units", fix=fix
            )


@register_model(MLPConfig)
class MLP(nn.Module):
    """Features -> one logit (unnormalized log-probability) per class."""

    def __init__(self, config: MLPConfig) -> None:
        super().__init__()
        self.depth, self.dropout = len(config.hidden), config.dropout
        self.flatten = nn.Flatten()
        widths = (config.inputs, *config.hidden)
        for number, (inputs, units) in enumerate(pairwise(widths), start=1):
            self.add_module(f"hidden{number}", nn.Linear(inputs, units))
            self.add_module(f"activation{number}", activation(config.activation))
            if config.dropout:
                self.add_module(f"dropout{number}", nn.Dropout(config.dropout))
        self.out = nn.Linear(widths[-1], config.classes)

    def forward(self, features: Float[Tensor, " batch *feature"]) -> Float[Tensor, "batch class_"]:
        """Score every class for every example."""
        x = self.flatten(features)  # batch inputs
        for number in range(1, self.depth + 1):
            x = getattr(self, f"hidden{number}")(x)  # batch units
            x = getattr(self, f"activation{number}")(x)  # batch units
            if self.dropout:
                x = getattr(self, f"dropout{number}")(x)  # batch units
        logits: Tensor = self.out(x)  # batch class_
        return logits
