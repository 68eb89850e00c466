"""The perceptron: one neuron that draws a straight border between two classes.

Source: Rosenblatt 1958, "The Perceptron", Psychological Review 65(6).
Changed: weights are trained on the pixels or features themselves, without the fixed random association layer.
See: recipes/perceptron.py, train/task.py (its loss).
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class PerceptronConfig:
    """Sizes of a perceptron; inputs + 1 parameters."""

    inputs: int = 2  # features, or pixels times channels

    def __post_init__(self) -> None:
        if self.inputs < 1:
            raise ConfigError("PerceptronConfig.inputs", got=self.inputs, need="1 or more")


class Perceptron(nn.Sequential):
    """Features -> one score; above 0 it says class 1, else class 0."""

    def __init__(self, config: PerceptronConfig) -> None:
        super().__init__()
        self.add_module("flatten", nn.Flatten())
        self.add_module("out", nn.Linear(config.inputs, 1))

    def forward(self, features: Float[Tensor, " batch *feature"]) -> Float[Tensor, "batch 1"]:
        """Score every example: the signed distance to the border times the length of the weights."""
        return super().forward(features)  # type: ignore[no-any-return, no-untyped-call]
