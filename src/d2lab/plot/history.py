"""What the curves of a run are drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2lab.core.errors import ConfigError
from d2lab.plot.values import Numbers, column

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class History:
    """The numbers of one run, as its record keeps them; a missing value (None or NaN) leaves a gap.

    Raises:
        ConfigError: lists that belong together differ in length, hold no numbers, or there is nothing to draw.
    """

    title: str  # recipe, data, seed
    steps: Numbers  # steps done, counted from 1
    step_loss: Numbers  # training loss of each of `steps`
    epochs: Numbers  # epochs done, counted from 1
    series: Mapping[str, Numbers]  # "<split>_<metric>", such as "test_accuracy": one value per epoch
    steps_per_epoch: float | int | None = None  # None: `steps` and `epochs` end at the same moment

    def __post_init__(self) -> None:
        steps, epochs = column("steps", self.steps), column("epochs", self.epochs)
        losses = column("step_loss", self.step_loss)
        if len(steps) != len(losses):
            raise ConfigError("step_loss", got=f"{len(losses)} values", need=f"{len(steps)}, one for each of steps")
        for name, values in self.series.items():
            if len(column(name, values)) != len(epochs):
                raise ConfigError(name, got=f"{len(values)} values", need=f"{len(epochs)}, one for each epoch")
        drawable = any(name.partition("_")[0] in SPLITS for name in self.series) and len(epochs)
        if not len(steps) and not drawable:
            raise ConfigError("history", got="no steps and no epochs", need="something to draw")
        for name, axis in (("steps", steps), ("epochs", epochs)):
            if np.isnan(axis).any() or (np.diff(axis) <= 0).any():
                raise ConfigError(name, got="values out of order", need="growing numbers")

    def of(self, metric: str) -> dict[str, NDArray[np.float64]]:
        """Return the series of one metric by split, in the order train, valid, test."""
        names = {split: f"{split}_{metric}" for split in SPLITS}
        if not len(self.epochs):
            return {}
        return {split: column(name, self.series[name]) for split, name in names.items() if name in self.series}

    def second_metric(self) -> str | None:
        """Name the metric drawn beside the loss: accuracy, else the first other one, else None."""
        named = (name.partition("_") for name in self.series)
        metrics = [metric for split, _, metric in named if split in SPLITS and metric != "loss"]
        return "accuracy" if "accuracy" in metrics else next(iter(metrics), None)

    def step_epochs(self) -> NDArray[np.float64]:
        """Place each step on the axis of epochs; without any epoch the axis counts steps."""
        steps, epochs = column("steps", self.steps), column("epochs", self.epochs)
        if not len(steps) or (self.steps_per_epoch is None and not len(epochs)):
            return steps
        return steps / (self.steps_per_epoch or steps[-1] / epochs[-1])

    def unit(self) -> str:
        """Name what the horizontal axis counts."""
        return "epoch" if len(self.epochs) or self.steps_per_epoch else "step"
