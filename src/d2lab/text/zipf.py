"""Zipf's distribution: the r-th commonest word occurs about 1 / r as often as the commonest.

Source: Zipf 1949, "Human behavior and the principle of least effort", chapter 2; Mandelbrot 1953, "An informational
    theory of the statistical structure of language" (the exponent as a parameter).
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from d2lab.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class ZipfFit:
    """The line log count = log scale - exponent log rank, and how well it fits.

    Args:
        exponent: near 1 for words of a long text.
        scale: the count that the line gives the first rank.
        r_squared: share of the variance of log count that the line explains.
    """

    exponent: float
    scale: float
    r_squared: float

    def count(self, rank: int) -> float:
        """Return the count that the line gives this rank (ranks from 1).

        Raises:
            ConfigError: the rank is below 1.
        """
        if rank < 1:
            raise ConfigError("rank", got=rank, need="1 or more")
        return float(self.scale / rank**self.exponent)


def rank_counts(tokens: Iterable[Hashable]) -> Int64[Tensor, " ranks"]:
    """Return how often each kind of token occurs, the commonest first."""
    return torch.tensor(sorted(Counter(tokens).values(), reverse=True), dtype=torch.int64)


def fit_zipf(counts: Int64[Tensor, " ranks"], *, first: int = 1, last: int | None = None) -> ZipfFit:
    """Fit the exponent by least squares in log-log, over the ranks `first` to `last`, both included.

    The tail of words that occur once is a staircase: a fit over all ranks is mostly a fit of that tail.

    Args:
        counts: by rank, as `rank_counts` lists them.
        first: rank to begin with, from 1.
        last: rank to end with; the last one without it.

    Raises:
        ConfigError: the counts do not fall from rank to rank, or there are fewer than two ranks.
    """
    last = len(counts) if last is None else last
    if not 1 <= first < last <= len(counts):
        raise ConfigError("ranks", got=(first, last), need=f"two ranks or more between 1 and {len(counts)}")
    if int(counts.min()) < 1 or (len(counts) > 1 and int(counts.diff().max()) > 0):
        raise ConfigError("counts", got=counts[:3].tolist(), need="counts of 1 or more, the largest first")
    x = torch.arange(first, last + 1, dtype=torch.float64).log()
    y = counts[first - 1 : last].double().log()
    exponent = -float(_covariance(x, y) / _covariance(x, x))
    intercept = float(y.mean()) + exponent * float(x.mean())
    left = float((y - intercept + exponent * x).square().mean())
    variance = float(_covariance(y, y))
    return ZipfFit(exponent, float(torch.tensor(intercept).exp()), 1 - left / variance if variance else 1.0)


def _covariance(x: Float[Tensor, " n"], y: Float[Tensor, " n"]) -> Tensor:
    return ((x - x.mean()) * (y - y.mean())).mean()
