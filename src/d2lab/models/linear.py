"""Linear regression: a weighted sum of the features plus a bias.

Source: Legendre 1805, "Nouvelles methodes pour la determination des orbites des cometes", appendix.
Changed: fitted by mini-batch gradient descent where least squares has a closed form.
See: recipes/linear.py.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class LinearConfig:
    """Sizes of a linear regression; inputs * outputs + outputs parameters."""

    inputs: int = 2  # features
    outputs: int = 1  # numbers to predict

    def __post_init__(self) -> None:
        for name in ("inputs", "outputs"):
            if getattr(self, name) < 1:
                raise ConfigError(f"LinearConfig.{name}", got=getattr(self, name), need="1 or more")


class LinearRegression(nn.Sequential):
    """Features -> predicted numbers: `features @ weight.T + bias`."""

    def __init__(self, config: LinearConfig) -> None:
        super().__init__()
        self.add_module("out", nn.Linear(config.inputs, config.outputs))

    def forward(self, features: Float[Tensor, "batch feature"]) -> Float[Tensor, "batch output"]:
        """Predict every example."""
        return super().forward(features)  # type: ignore[no-any-return, no-untyped-call]
