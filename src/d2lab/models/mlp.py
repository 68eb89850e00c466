"""The multilayer perceptron: linear maps with a bend between them.

Source: Rumelhart, Hinton, Williams 1986, "Learning representations by back-propagating errors", Nature 323.
Changed: ReLU by default; logits for a softmax loss.
See: recipes/mlp.py.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.layers.activation_catalog import ActivationName, activation


@dataclass(frozen=True, kw_only=True, slots=True)
class MLPConfig:
    """Sizes of an MLP; the defaults have 203,530 parameters."""

    inputs: int = 784  # features, or pixels times channels
    hidden: tuple[int, ...] = (256,)  # units of each hidden layer
    classes: int = 10
    activation: ActivationName = "relu"
    dropout: float = 0.0  # share of hidden units silenced in training

    def __post_init__(self) -> None:
        for name, least in (("inputs", 1), ("classes", 2)):
            if getattr(self, name) < least:
                raise ConfigError(f"MLPConfig.{name}", got=getattr(self, name), need=f"{least} or more")
        if not self.hidden or min(self.hidden) < 1:
            fix = "For no hidden layer use softmax regression."
            raise ConfigError(
                "MLPConfig.hidden", got=self.hidden, need="one or more layers of 1 or more units", fix=fix
            )
        if not 0 <= self.dropout < 1:
            raise ConfigError("MLPConfig.dropout", got=self.dropout, need="a share from 0 up to, not with, 1")


class MLP(nn.Sequential):
    """Features -> one logit (unnormalized log-probability) per class."""

    def __init__(self, config: MLPConfig) -> None:
        super().__init__()
        self.add_module("flatten", nn.Flatten())
        width = config.inputs
        for number, units in enumerate(config.hidden, start=1):
            self.add_module(f"hidden{number}", nn.Linear(width, units))
            self.add_module(f"activation{number}", activation(config.activation))
            if config.dropout:
                self.add_module(f"dropout{number}", nn.Dropout(config.dropout))
            width = units
        self.add_module("out", nn.Linear(width, config.classes))

    def forward(self, features: Float[Tensor, " batch *feature"]) -> Float[Tensor, "batch class_"]:
        """Score every class for every example."""
        return super().forward(features)  # type: ignore[no-any-return, no-untyped-call]
