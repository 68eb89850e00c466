"""Intervals over seeds: SciPy's, with the coverage they promise; the power formula by simulation."""

import numpy as np
import pytest
from scipy import stats

from d2lab.core.errors import ConfigError
from d2lab.metrics.paired import bootstrap_interval, intervals, mean_interval, paired, sign_chance


def test_the_interval_is_scipys():
    values = [0.91, 0.93, 0.88, 0.95, 0.90]
    found = mean_interval(values)
    low, high = stats.t.interval(0.95, 4, np.mean(values), stats.sem(values))
    assert np.allclose([found.mean, found.low, found.high], [np.mean(values), low, high])
    assert (found.n, found.clear) == (5, True)


def test_each_variant_has_its_interval_but_one_that_ran_once():
    runs = {"a": [1.0, 2.0, 4.0], "b": [7.0]}
    mean = mean_interval(runs["a"])
    assert intervals(runs) == {"a": (mean.low, mean.high)}


def test_the_interval_holds_the_truth_19_times_of_20():
    draw = np.random.default_rng(0)
    found = [mean_interval(draw.normal(1.0, 2.0, 5)) for _ in range(4000)]
    held = np.mean([f.low <= 1.0 <= f.high for f in found])
    assert abs(held - 0.95) < 4 * (0.95 * 0.05 / 4000) ** 0.5


def test_an_effect_of_the_visible_size_is_seen_about_4_times_of_5():
    draw = np.random.default_rng(0)
    sd, n = 1.0, 10
    size = (stats.t.ppf(0.975, n - 1) + stats.t.ppf(0.8, n - 1)) * sd / n**0.5
    seen = np.mean([mean_interval(draw.normal(size, sd, n)).low > 0 for _ in range(4000)])
    assert 0.77 < seen < 0.87
    values = list(draw.normal(0, sd, n))
    assert np.isclose(mean_interval(values).visible, size * np.std(values, ddof=1))


def test_pairs_take_out_what_the_seeds_have_in_common():
    draw = np.random.default_rng(0)
    common = draw.normal(0, 10, 6)
    ours, theirs = common + 1 + draw.normal(0, 0.1, 6), common
    assert paired(ours, theirs).clear
    assert not mean_interval(ours).clear
    assert np.isclose(paired(ours, theirs).mean, np.mean(ours - theirs))


def test_the_bootstrap_agrees_with_scipys():
    values = np.random.default_rng(1).exponential(1.0, 40)
    theirs = stats.bootstrap((values,), np.mean, method="percentile", rng=0, n_resamples=10_000).confidence_interval
    assert np.allclose(bootstrap_interval(values), theirs, atol=0.02)


def test_the_sign_test_counts_coins():
    assert sign_chance(5, 5) == pytest.approx(2 / 32)
    assert sign_chance(2, 4) == 1


@pytest.mark.parametrize("values", [[], [1.0], [1.0, float("nan")]], ids=str)
def test_too_little_is_refused(values):
    with pytest.raises(ConfigError, match="two or more finite numbers"):
        mean_interval(values)
    with pytest.raises(ConfigError, match="one of each for every seed"):
        paired([1.0, 2.0], [1.0])
