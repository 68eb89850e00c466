"""Softmax regression: one linear map from features to a logit per class.

Source: Cox 1966, "Some procedures connected with the logistic qualitative response curve" (multinomial logit).
Changed: no class serves as reference, so the weights are only unique up to a shift, as usual in deep learning.
See: recipes/softmax.py.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class SoftmaxConfig:
    """Sizes of a softmax regression; the defaults have 7,850 parameters."""

    inputs: int = 784  # features, or pixels times channels
    classes: int = 10

    def __post_init__(self) -> None:
        for name, least in (("inputs", 1), ("classes", 2)):
            if getattr(self, name) < least:
                raise ConfigError(f"SoftmaxConfig.{name}", got=getattr(self, name), need=f"{least} or more")


class SoftmaxRegression(nn.Sequential):
    """Features -> one logit (unnormalized log-probability) per class."""

    def __init__(self, config: SoftmaxConfig) -> None:
        super().__init__()
        self.add_module("flatten", nn.Flatten())
        self.add_module("out", nn.Linear(config.inputs, config.classes))

    def forward(self, features: Float[Tensor, " batch *feature"]) -> Float[Tensor, "batch class_"]:
        """Score every class for every example."""
        return super().forward(features)  # type: ignore[no-any-return, no-untyped-call]
