"""Metrics of regression, summed over batches without loss of precision."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.data.batch import Batch
from d2lab.metrics.metric import Metric


@dataclass(frozen=True, kw_only=True, slots=True)
class RegressionSums:
    """Sums from which mean squared error, mean absolute error and R^2 follow.

    The sum of squares of the targets is kept around their mean and merged pairwise. The short formula, mean of squares
    minus square of mean, cancels catastrophically when the mean is large compared with the deviation.

    Source: Chan, Golub, LeVeque 1983, The American Statistician 37(3), equation 1.5 (the merge of two parts).
    Changed: nothing.
    Twin: sklearn.metrics.r2_score(force_finite=False), averaged uniformly over outputs.
    """

    count: int  # rows so far
    squared: Float[Tensor, " outputs"]  # sum of squared errors
    absolute: Float[Tensor, " outputs"]  # sum of absolute errors
    mean: Float[Tensor, " outputs"]  # mean of the targets
    spread: Float[Tensor, " outputs"]  # sum of squared deviations of the targets from that mean

    def __add__(self, other: "RegressionSums") -> "RegressionSums":
        """Merge two parts of a data set; the order doesn't matter beyond rounding."""
        count = self.count + other.count
        apart = other.mean - self.mean
        return RegressionSums(
            count=count,
            squared=self.squared + other.squared,
            absolute=self.absolute + other.absolute,
            mean=self.mean + apart * (other.count / count),
            spread=self.spread + other.spread + apart.square() * (self.count * other.count / count),
        )

    def mean_squared_error(self) -> Float[Tensor, ""]:
        """Return the mean squared error over rows and outputs, in the targets' unit squared."""
        return (self.squared / self.count).mean()

    def mean_absolute_error(self) -> Float[Tensor, ""]:
        """Return the mean absolute error over rows and outputs, in the targets' unit."""
        return (self.absolute / self.count).mean()

    def r2(self) -> Float[Tensor, ""]:
        """Return R^2, 1 - residual / total sum of squares: 1 is perfect, 0 no better than the mean, below 0 worse.

        Constant targets have no total sum of squares: NaN for perfect predictions, minus infinity for others.
        """
        return (1 - self.squared / self.spread).mean()


def regression_sums(predicted: Float[Tensor, "*shape"], truth: Float[Tensor, "*other"]) -> RegressionSums:
    """Return the sums of one batch, in float64 where the device has it.

    Args:
        predicted: `[batch]` or `[batch, outputs]`, in the targets' unit.
        truth: the same shape exactly; `[batch, 1]` beside `[batch]` would broadcast to all pairs.

    Raises:
        ConfigError: the shapes differ or the batch is empty.
    """
    if predicted.shape != truth.shape:
        fix = "Reshape one of them."
        raise ConfigError("predictions' shape", got=tuple(predicted.shape), need=f"{tuple(truth.shape)}", fix=fix)
    if truth.ndim == 0 or truth.numel() == 0:
        raise ConfigError("batch", got=tuple(truth.shape), need="at least one row", fix="Skip empty batches.")
    dtype = torch.float32 if truth.device.type == "mps" else torch.float64  # Apple's GPU has no float64
    rows = truth.detach().to(dtype).reshape(truth.shape[0], -1)  # batch outputs
    errors = predicted.detach().to(dtype).reshape(rows.shape) - rows
    mean = rows.mean(0)
    return RegressionSums(
        count=rows.shape[0],
        squared=errors.square().sum(0),
        absolute=errors.abs().sum(0),
        mean=mean,
        spread=(rows - mean).square().sum(0),
    )


class RootErrors(Metric):
    """Root mean squared error of predicted numbers, and that of their logarithms where all numbers are positive."""

    def update(self, outputs: Tensor, batch: Batch) -> None:
        """Add a batch: outputs and targets `[batch]` or `[batch, outputs]`."""
        sums = regression_sums(outputs, batch.targets)  # refuses other shapes
        guess, truth = outputs.to(sums.squared.dtype), batch.targets.to(sums.squared.dtype)
        least = torch.finfo(guess.dtype).tiny
        self.add("squared", sums.squared.sum())
        self.add("logarithms", (guess.clamp(min=least).log() - truth.clamp(min=least).log()).square().sum())
        self.add("without", ((guess <= 0) | (truth <= 0)).sum())  # have no logarithm
        self.add("count", torch.tensor(guess.numel(), device=guess.device))

    def compute(self) -> dict[str, float]:
        """Return `rmse`, in the targets' unit, and `log_rmse`, which compares ratios, where every number is above 0."""
        if not self.sums:
            return {"rmse": float("nan")}
        roots = {name: float(self.sums[name] / self.sums["count"]) ** 0.5 for name in ("squared", "logarithms")}
        found = {"rmse": roots["squared"]}
        return found if self.sums["without"] else found | {"log_rmse": roots["logarithms"]}


class RegressionErrors(Metric):
    """Mean absolute error and R^2 of predicted numbers; merged without loss of precision (see `RegressionSums`)."""

    FIELDS = ("squared", "absolute", "mean", "spread")

    def update(self, outputs: Tensor, batch: Batch) -> None:
        """Add a batch: outputs and targets `[batch]` or `[batch, outputs]`."""
        self._merge(regression_sums(outputs, batch.targets))

    def compute(self) -> dict[str, float]:
        """Return `mae`, in the targets' unit, and `r2`: 1 is perfect, 0 no better than the mean."""
        if not self.sums:
            return {"mae": float("nan"), "r2": float("nan")}
        return {"mae": float(self._all().mean_absolute_error()), "r2": float(self._all().r2())}

    def merge(self, other: Metric) -> None:
        """Add the sums of another part of the data."""
        if not isinstance(other, RegressionErrors):
            raise ConfigError("merge", got=type(other).__name__, need="another RegressionErrors")
        if other.sums:
            self._merge(other._all())

    def _merge(self, part: RegressionSums) -> None:
        whole = self._all() + part if self.sums else part
        self._sums = {name: getattr(whole, name) for name in self.FIELDS} | {"count": torch.tensor(whole.count)}

    def _all(self) -> RegressionSums:
        parts = {name: self.sums[name] for name in self.FIELDS}
        return RegressionSums(count=int(self.sums["count"]), **parts)
