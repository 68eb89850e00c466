"""What a handful of seeds can tell: a mean with its interval, and the smallest effect that would have shown.

Two variants are compared seed by seed: what the seeds have in common (the order of the batches, the split, the start)
cancels in the difference, so that a small effect is seen with few runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from jaxtyping import Float

from d2lab.core.errors import ConfigError

Values = Sequence[float] | Float[np.ndarray, " value"]
SURE = 0.95  # of an interval
POWER = 0.8  # chance to see an effect that is there


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over seeds, with the interval that holds the true one in 95 of 100 such experiments."""

    mean: float
    low: float
    high: float
    sd: float
    n: int

    @property
    def clear(self) -> bool:
        """Say whether 0 lies outside the interval."""
        return self.low > 0 or self.high < 0

    @property
    def visible(self) -> float:
        """Return the smallest true mean that so many seeds of this spread show in 4 of 5 experiments.

        Source: Cohen 1988, "Statistical Power Analysis for the Behavioral Sciences", section 2.4, with t for normal.
        """
        from scipy.stats import t

        freedom = self.n - 1
        return float((t.ppf((1 + SURE) / 2, freedom) + t.ppf(POWER, freedom)) * self.sd / sqrt(self.n))


def mean_interval(values: Values) -> Mean:
    """Return mean and t interval of some measured numbers.

    Source: Student 1908, "The Probable Error of a Mean".

    Args:
        values: one a seed.

    Raises:
        ConfigError: there are fewer than two, or one is not finite: no interval can be told.
    """
    from scipy.stats import t

    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or len(array) < 2 or not np.isfinite(array).all():
        raise ConfigError("the values of an interval", got=list(values), need="two or more finite numbers")
    mean, sd, n = float(array.mean()), float(array.std(ddof=1)), len(array)
    reach = float(t.ppf((1 + SURE) / 2, n - 1)) * sd / sqrt(n)
    return Mean(mean, mean - reach, mean + reach, sd, n)


def intervals(runs: Mapping[str, Values]) -> dict[str, tuple[float, float]]:
    """Return the t interval of each variant's mean, by name; a variant that was run once has none.

    Args:
        runs: the numbers of each variant, one a seed.

    Raises:
        ConfigError: a number is not finite.
    """
    means = {name: mean_interval(values) for name, values in runs.items() if len(values) > 1}
    return {name: (mean.low, mean.high) for name, mean in means.items()}


def paired(ours: Values, theirs: Values) -> Mean:
    """Return mean and t interval of the differences, seed by seed.

    Args:
        ours: one a seed.
        theirs: of the same seeds, in the same order.

    Raises:
        ConfigError: the lengths differ, or there are fewer than two.
    """
    if len(ours) != len(theirs):
        raise ConfigError("paired values", got=f"{len(ours)} and {len(theirs)}", need="one of each for every seed")
    return mean_interval([a - b for a, b in zip(ours, theirs, strict=True)])


def bootstrap_interval(values: Values, *, draws: int = 10_000, seed: int = 0) -> tuple[float, float]:
    """Return the percentile interval of the mean, for numbers that are far from normal (ratios, times).

    Source: Efron 1979, "Bootstrap Methods: Another Look at the Jackknife".

    Args:
        values: measured.
        draws: of samples with repetition.
        seed: of the draws.

    Raises:
        ConfigError: there are fewer than two.
    """
    array = np.asarray(values, dtype=np.float64)
    if len(array) < 2:
        raise ConfigError("the values of an interval", got=list(values), need="two or more finite numbers")
    means = np.random.default_rng(seed).choice(array, (draws, len(array))).mean(1)
    tail = (1 - SURE) / 2
    low, high = np.quantile(means, (tail, 1 - tail))
    return float(low), float(high)


def sign_chance(wins: int, n: int) -> float:
    """Return the chance of a result as lopsided as this if either side were as likely to win: two-sided, exact.

    Source: Arbuthnot 1710; Conover 1999, "Practical Nonparametric Statistics", section 3.4.

    Args:
        wins: pairs that one side won.
        n: pairs, draws left out.
    """
    from scipy.stats import binomtest

    return float(binomtest(wins, n).pvalue) if n else inf
