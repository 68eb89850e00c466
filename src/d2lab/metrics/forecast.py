"""Metrics of forecasts: the error at each number of steps ahead."""

import math

from torch import Tensor

from d2lab.data.batch import Batch
from d2lab.metrics.metric import Metric

AHEAD = (1, 4, 16, 64)  # steps ahead that are reported, as in the book, and the last one


class ForecastErrors(Metric):
    """Root mean squared error at 1, 4, 16, 64 steps ahead and at the last one: `rmse_1`, `rmse_4`, ..."""

    def update(self, outputs: Tensor, batch: Batch) -> None:
        """Add the windows of a batch: predictions `[batch, steps]` beside targets of the same shape."""
        wrong = (outputs - batch.targets).square()
        self.add("squares", wrong.double().sum(0) if wrong.device.type != "mps" else wrong.sum(0))  # no float64 there
        self.add("windows", wrong.new_tensor(len(wrong)))

    def compute(self) -> dict[str, float]:
        """Return the error at each number of steps ahead."""
        squares = (self.sums["squares"] / self.sums["windows"]).tolist()
        shown = sorted({step for step in AHEAD if step <= len(squares)} | {len(squares)})
        return {f"rmse_{step}": math.sqrt(squares[step - 1]) for step in shown}
