"""Linear regression: a weighted sum of the features plus a bias.

Source: Legendre 1805, "Nouvelles methodes pour la determination des orbites des cometes", appendix.
Changed: fitted by mini-batch gradient descent where least squares has a closed form.
See: recipes/linear.py.
"""

from dataclasses import dataclass
from typing import Annotated

from jaxtyping import Float
from msgspec import Meta
from torch import Tensor, nn

from d2lab.core.bounds import Features
from d2lab.models.catalog import ModelConfig, register_model


@dataclass(frozen=True, kw_only=True, slots=True)
class LinearConfig(ModelConfig):
    """Sizes of a linear regression; inputs * outputs + outputs parameters."""

    inputs: Features = 2  # features
    outputs: Annotated[int, Meta(ge=1, le=1_000_000, description="numbers")] = 1  # numbers to predict


@register_model(LinearConfig)
class LinearRegression(nn.Module):
    """Features -> predicted numbers: `features @ weight.T + bias`."""

    def __init__(self, config: LinearConfig) -> None:
        super().__init__()
        self.out = nn.Linear(config.inputs, config.outputs)

    def forward(self, features: Float[Tensor, "batch feature"]) -> Float[Tensor, "batch output"]:
        """Predict every example."""
        predictions: Tensor = self.out(features)  # batch output
        return predictions
