"""Statistics over a few seeds: means, confidence intervals, paired differences, the smallest detectable effect.

Two variants are compared seed by seed: what a seed decides for both (order of batches, split, initialization) cancels
in the difference, so that a small effect is detected with few runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from jaxtyping import Float

from d2lab.core.errors import ConfigError

Values = Sequence[float] | Float[np.ndarray, " value"]
SURE = 0.95  # confidence level of an interval
POWER = 0.8  # probability of detecting an effect of the stated size


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over seeds with its 95 % confidence interval."""

    mean: float
    low: float
    high: float
    sd: float
    n: int

    @property
    def clear(self) -> bool:
        """Whether 0 lies outside the interval."""
        return self.low > 0 or self.high < 0

    def interval(self, sure: float = SURE) -> tuple[float, float]:
        """Return the t interval of another confidence level.

        Args:
            sure: confidence level, between 0 and 1.
        """
        from scipy.stats import t

        reach = float(t.ppf((1 + sure) / 2, self.n - 1)) * self.sd / sqrt(self.n)
        return self.mean - reach, self.mean + reach

    @property
    def visible(self) -> float:
        """Smallest true mean that is detected with probability 0.8 with this number of seeds and this deviation.

        Source: Cohen 1988, "Statistical Power Analysis for the Behavioral Sciences", section 2.4, with t for normal.
        """
        from scipy.stats import t

        freedom = self.n - 1
        return float((t.ppf((1 + SURE) / 2, freedom) + t.ppf(POWER, freedom)) * self.sd / sqrt(self.n))


def mean_interval(values: Values) -> Mean:
    """Return the mean of measured numbers and its t interval.

    Source: Student 1908, "The Probable Error of a Mean".

    Args:
        values: one per seed.

    Raises:
        ConfigError: there are fewer than two, or one is not finite.
    """
    from scipy.stats import t

    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or len(array) < 2 or not np.isfinite(array).all():
        raise ConfigError("the values of an interval", got=list(values), need="two or more finite numbers")
    mean, sd, n = float(array.mean()), float(array.std(ddof=1)), len(array)
    reach = float(t.ppf((1 + SURE) / 2, n - 1)) * sd / sqrt(n)
    return Mean(mean, mean - reach, mean + reach, sd, n)


def intervals(runs: Mapping[str, Values]) -> dict[str, tuple[float, float]]:
    """Return the t interval of each variant's mean, by name; a variant with one run has none.

    Args:
        runs: the numbers of each variant, one per seed.

    Raises:
        ConfigError: a number is not finite.
    """
    means = {name: mean_interval(values) for name, values in runs.items() if len(values) > 1}
    return {name: (mean.low, mean.high) for name, mean in means.items()}


def paired(ours: Values, theirs: Values) -> Mean:
    """Return the mean of the differences, seed by seed, and its t interval.

    Args:
        ours: one number per seed.
        theirs: numbers of the same seeds, in the same order.

    Raises:
        ConfigError: the lengths differ, or there are fewer than two.
    """
    if len(ours) != len(theirs):
        raise ConfigError("paired values", got=f"{len(ours)} and {len(theirs)}", need="one of each for every seed")
    return mean_interval([a - b for a, b in zip(ours, theirs, strict=True)])


def bootstrap_interval(values: Values, *, draws: int = 10_000, seed: int = 0) -> tuple[float, float]:
    """Return the percentile interval of the mean, for distributions far from normal (ratios, times).

    Source: Efron 1979, "Bootstrap Methods: Another Look at the Jackknife".

    Args:
        values: measured numbers.
        draws: number of resamples with replacement.
        seed: seed of the resampling.

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
    """Return the p-value of the exact two-sided sign test.

    Source: Arbuthnot 1710; Conover 1999, "Practical Nonparametric Statistics", section 3.4.

    Args:
        wins: pairs in which one side was better.
        n: number of pairs, ties left out.
    """
    from scipy.stats import binomtest

    return float(binomtest(wins, n).pvalue) if n else inf
