"""Autoregression: the next value of a series from its last tau values, by a linear map or a small network.

Source: Yule 1927, "On a Method of Investigating Periodicities in Disturbed Series", Phil. Trans. A 226 (linear).
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

import torch
from jaxtyping import Float
from msgspec import Meta
from torch import Tensor, nn

from d2lab.core.bounds import Widths
from d2lab.core.errors import ConfigError
from d2lab.models.catalog import ModelConfig, register_model


@dataclass(frozen=True, kw_only=True, slots=True)
class AutoregressionConfig(ModelConfig):
    """Sizes of an autoregression; the defaults have 61 parameters."""

    tau: Annotated[int, Meta(ge=1, le=1_000_000, description="values")] = 4  # values that a prediction is made from
    hidden: Widths = (10,)  # units of each hidden layer; none for a linear map


@register_model(AutoregressionConfig)
class Autoregression(nn.Module):
    """The last tau values, oldest first -> the next value."""

    def __init__(self, config: AutoregressionConfig) -> None:
        super().__init__()
        self.tau = config.tau
        layers: list[nn.Module] = []
        for inputs, units in pairwise((config.tau, *config.hidden)):
            layers += [nn.Linear(inputs, units), nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        self.out = nn.Linear((config.tau, *config.hidden)[-1], 1)

    def forward(self, window: Float[Tensor, "batch tau"]) -> Float[Tensor, "batch 1"]:
        """Predict the value after each window."""
        predicted: Tensor = self.out(self.layers(window))
        return predicted

    @torch.no_grad()
    def rollout(self, history: Float[Tensor, "batch time"], steps: int) -> Float[Tensor, "batch steps"]:
        """Predict several steps ahead, each from the predictions before it: errors add up.

        Args:
            history: observed values, at least tau.
            steps: how far to predict.

        Raises:
            ConfigError: the history is shorter than tau, or no step is asked for.
        """
        if history.shape[1] < self.tau or steps < 1:
            need = f"at least {self.tau} values, and 1 step or more"
            raise ConfigError("rollout", got=f"{history.shape[1]} values, {steps} steps", need=need)
        return roll_out(self, history[:, -self.tau :], steps)


def roll_out(
    model: Callable[[Tensor], Tensor], window: Float[Tensor, "batch tau"], steps: int
) -> Float[Tensor, "batch steps"]:
    """Predict step after step with any model of windows; the windows move on over the predictions.

    Args:
        model: a window of tau values -> the next one.
        window: observed values.
        steps: how far to predict.
    """
    tau = window.shape[1]
    for _ in range(steps):
        window = torch.cat([window, model(window[:, -tau:])], 1)
    return window[:, tau:]
