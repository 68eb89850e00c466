"""Averages of the weights over a run: the equal mean (SWA) and the exponential moving average (EMA)."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError

Weight = Float[Tensor, "*shape"]
Average = Callable[[Weight, Weight, int], Weight]  # average, new weight, weights in the average -> new average


def running_mean(average: Weight, weight: Weight, count: int) -> Weight:
    """Return the equal mean of all weights so far, this one included: average + (weight - average) / (count + 1).

    Source: Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima and Better Generalization", algorithm 1.

    Args:
        average: of the first `count` weights.
        weight: the next one, of the same shape.
        count: how many weights are in the average.
    """
    return average + (weight - average) / (count + 1)


def ema(decay: float = 0.999) -> Average:
    """Build the exponential moving average: decay average + (1 - decay) weight.

    Source: Polyak and Juditsky 1992, "Acceleration of Stochastic Approximation by Averaging", for the mean; the decay
    as in Szegedy et al. 2016, "Rethinking the Inception Architecture", section 8.

    Args:
        decay: share of the past, from 0 to 1; the average spans about 1 / (1 - decay) steps.

    Raises:
        ConfigError: decay is outside 0 to 1.
    """
    if not 0 <= decay <= 1:
        raise ConfigError("ema decay", got=decay, need="a number from 0 to 1")
    return lambda average, weight, count: decay * average + (1 - decay) * weight


class AveragedModel(nn.Module):
    """Copy of a model whose weights are the average over training; call `update_parameters` after each step.

    With use_buffers, floating buffers are averaged too; otherwise, and for integer buffers, the latest are copied.
    Running statistics of batch normalization do not fit averaged weights: pass the training data through once more.

    Source: Izmailov et al. 2018, algorithm 1.
    Twin: torch.optim.swa_utils.AveragedModel.

    Args:
        model: copied now; later calls of `update_parameters` take a model of the same shapes.
        avg_fn: takes the average, the new weight and the number of weights in the average, returns the new average.
        use_buffers: average floating buffers as well.
    """

    n_averaged: Tensor

    def __init__(self, model: nn.Module, avg_fn: Average = running_mean, use_buffers: bool = False) -> None:
        super().__init__()
        self.module = copy.deepcopy(model)
        self.avg_fn, self.use_buffers = avg_fn, use_buffers
        self.register_buffer("n_averaged", torch.tensor(0))

    def forward(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Return the averaged model's outputs."""
        return self.module(*args, **kwargs)

    @torch.no_grad()
    def update_parameters(self, model: nn.Module) -> None:
        """Update the average with the model's present weights.

        Raises:
            ConfigError: the model has other weights or buffers than the one that was copied.
        """
        count = int(self.n_averaged)
        averaged: set[Tensor] = set(self.module.parameters())
        if self.use_buffers:
            averaged |= {buffer for buffer in self.module.buffers() if buffer.is_floating_point()}
        ours = [*self.module.parameters(), *self.module.buffers()]
        theirs = [*model.parameters(), *model.buffers()]
        if [mine.shape for mine in ours] != [now.shape for now in theirs]:
            fix = "Pass the model that is being trained."
            raise ConfigError("the model", got=type(model).__name__, need="the shapes of the averaged one", fix=fix)
        for mine, now in zip(ours, theirs, strict=True):
            fresh = now.detach().to(mine.device)
            mine.copy_(self.avg_fn(mine, fresh, count) if mine in averaged and count else fresh)
        self.n_averaged += 1
