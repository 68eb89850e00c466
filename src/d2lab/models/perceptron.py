"""The perceptron: one neuron whose decision boundary between two classes is straight.

Source: Rosenblatt 1958, "The Perceptron", Psychological Review 65(6).
Changed: weights are trained on the pixels or features themselves, without the fixed random association layer.
See: recipes/perceptron.py, train/task.py (its loss).
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.bounds import Features
from d2lab.models.catalog import ModelConfig, register_model


@dataclass(frozen=True, kw_only=True, slots=True)
class PerceptronConfig(ModelConfig):
    """Sizes of a perceptron; inputs + 1 parameters."""

    inputs: Features = 2  # features, or pixels times channels


@register_model(PerceptronConfig)
class Perceptron(nn.Module):
    """Features -> one score; above 0 it says class 1, else class 0."""

    def __init__(self, config: PerceptronConfig) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.out = nn.Linear(config.inputs, 1)

    def forward(self, features: Float[Tensor, " batch *feature"]) -> Float[Tensor, "batch 1"]:
        """Score every example: the signed distance to the decision boundary times the norm of the weights."""
        x = self.flatten(features)  # batch inputs
        score: Tensor = self.out(x)  # batch 1
        return score
