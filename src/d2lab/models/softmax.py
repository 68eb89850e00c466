"""Softmax regression: one linear map from features to a logit per class.

Source: Cox 1966, "Some procedures connected with the logistic qualitative response curve" (multinomial logit).
Changed: no class serves as reference, so the weights are only unique up to a shift, as usual in deep learning.
See: recipes/softmax.py.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.bounds import Classes, Features
from d2lab.models.catalog import ModelConfig, register_model


@dataclass(frozen=True, kw_only=True, slots=True)
class SoftmaxConfig(ModelConfig):
    """Sizes of a softmax regression; the defaults have 7,850 parameters."""

    inputs: Features = 784  # features, or pixels times channels
    classes: Classes = 10


@register_model(SoftmaxConfig)
class SoftmaxRegression(nn.Module):
    """Features -> one logit (unnormalized log-probability) per class."""

    def __init__(self, config: SoftmaxConfig) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.out = nn.Linear(config.inputs, config.classes)

    def forward(self, features: Float[Tensor, " batch *feature"]) -> Float[Tensor, "batch class_"]:
        """Score every class for every example."""
        x = self.flatten(features)  # batch inputs
        logits: Tensor = self.out(x)  # batch class_
        return logits
