"""Verdicts over seeds: what an interval says, how often it is wrong, how many seeds it takes, and fair comparisons."""

import numpy as np
import pytest

from d2lab.claims.compare import at_chance, compare, differences
from d2lab.claims.decide import (
    ALPHA,
    alike,
    at_least,
    at_most,
    decide,
    drops,
    looks_of,
    lost_at_most,
    spending,
)
from d2lab.claims.evidence import Evidence
from d2lab.claims.sequential import by_looks
from d2lab.core.errors import ConfigError
from d2lab.metrics.paired import Mean, mean_interval

SMALLEST = 1.0
WORDS = {"value": {"gap": 0.5}, "why_en": "It is {gap:.1f}.", "why_zh": "是 {gap:.1f}。"}


def within(low, high, n=8):
    """A mean whose 95 % interval is this one."""
    reach, unit = (high - low) / 2, mean_interval(np.arange(n, dtype=float))
    sd = unit.sd * reach / (unit.high - unit.mean)
    return Mean((low + high) / 2, float(low), float(high), sd, n)


@pytest.mark.parametrize(
    ("part", "low", "high", "verdict"),
    [
        (at_least, 0.1, 3.0, "holds"),  # absence is excluded
        (at_least, -0.1, 0.9, "does not hold"),  # the smallest effect is excluded
        (at_least, -3.0, -1.0, "does not hold"),
        (at_least, -0.1, 1.1, "not decided"),
        (at_least, 0.1, 0.9, "does not hold"),  # there, but smaller than what the statement is about
        (drops, -3.0, -0.1, "holds"),
        (drops, -0.9, 0.1, "does not hold"),
        (drops, -1.1, 0.1, "not decided"),
        (at_most, -5.0, 0.9, "holds"),
        (at_most, 1.1, 2.0, "does not hold"),
        (at_most, 0.1, 1.1, "not decided"),  # an effect, and perhaps none that matters
        (lost_at_most, -0.9, 5.0, "holds"),
        (lost_at_most, -2.0, -1.1, "does not hold"),
        (alike, -0.9, 0.9, "holds"),
        (alike, -2.0, -1.1, "does not hold"),
        (alike, 0.5, 1.5, "not decided"),
    ],
)
def test_the_interval_decides_and_one_that_agrees_with_both_decides_nothing(part, low, high, verdict):
    decision = decide(part(within(low, high), SMALLEST, "gap"))
    assert decision.verdict == verdict
    assert decision.interval == pytest.approx((low, high))
    assert (decision.why is None) == (verdict != "not decided")


def test_a_statement_of_parts_needs_all_and_falls_with_one_at_a_stricter_level():
    good, bad, open_ = (at_least(within(*edges), SMALLEST) for edges in ((0.1, 3), (-3, 0.2), (-1, 2)))
    assert decide(good, good, scoped=True).verdict == "holds in scope"
    assert decide(good, open_).verdict == "not decided"
    assert decide(open_, bad).verdict == "does not hold"
    barely = at_least(within(-1, 0.99), SMALLEST)
    assert decide(barely).verdict == "does not hold"
    assert decide(barely, good).verdict == "not decided"  # two chances to be wrong
    assert decide(open_, refuted=True).verdict == "does not hold"  # a counterexample was shown
    with pytest.raises(ConfigError, match="parts of a decision"):
        decide()
    with pytest.raises(ConfigError, match="smallest effect of gap"):
        at_least(within(0, 1), 0.0, "gap")


def test_an_arm_at_chance_and_numbers_without_spread_decide_nothing():
    good = at_least(within(0.1, 3), SMALLEST)
    stuck = decide(good, stuck=["sigmoid"])
    assert stuck.verdict == "not decided"
    assert "sigmoid" in stuck.why[0]
    assert "sigmoid" in stuck.why[1]
    assert decide(at_least(mean_interval([2.0] * 5), SMALLEST)).verdict == "not decided"


def test_evidence_takes_verdict_interval_bound_and_reason_from_its_decision():
    taken = Evidence(**WORDS, decision=decide(at_least(within(-1, 2), SMALLEST, "gap")), counterexample="none")
    assert (taken.verdict, taken.counterexample) == ("not decided", "")
    assert taken.interval == pytest.approx((-1, 2))
    assert "gap at least 1" in taken.bound
    assert "gap 不小于 1" in taken.bound_zh
    assert "8 seeds can't tell" in taken.why_en
    assert taken.to_json()["decision"]["seeds_needed"] > 8
    kept = Evidence(**WORDS, decision=decide(at_least(within(0.1, 3), SMALLEST)), bound="mine")
    assert (kept.bound, kept.why_en) == ("mine", "It is 0.5.")
    with pytest.raises(ConfigError, match="none beside a decision"):
        Evidence(**WORDS, verdict="holds", decision=decide(at_least(within(0.1, 3), SMALLEST)))
    with pytest.raises(ConfigError, match="verdict"):
        Evidence(**WORDS)


def test_the_number_of_seeds_that_would_decide_decides_as_often_as_said():
    draw, sd = np.random.default_rng(0), 1.5
    needed = at_least(Mean(0.0, -1.0, 1.0, sd, 5), SMALLEST).needed(ALPHA)
    samples = draw.normal(SMALLEST, sd, (1500, needed)), draw.normal(0, sd, (1500, needed))
    shown, refuted = (
        np.mean([decide(at_least(mean_interval(row), SMALLEST)).verdict == verdict for row in rows])
        for rows, verdict in zip(samples, ("holds", "does not hold"), strict=True)
    )
    assert 0.76 < shown < 0.84
    assert 0.76 < refuted < 0.84


def test_looks_double_and_spend_no_more_than_alpha_together():
    assert looks_of(40) == (5, 10, 20, 40)
    assert looks_of(5) == (5,)
    assert looks_of(3) == (3,)
    for most in (3, 5, 20, 40):
        spent = spending(looks_of(most))
        assert sum(spent) == pytest.approx(ALPHA)
        assert spent == sorted(spent)  # hardly any at first


def sequential(values):
    runs, decision = by_looks(
        lambda part: {"gap": [values[seed] for seed in part]},
        lambda runs: [at_least(mean_interval(runs["gap"]), SMALLEST)],
        range(len(values)),
    )
    assert len(decision.seeds) == len(runs["gap"])
    return decision


def test_many_looks_err_no_more_often_than_one():
    draw, trials = np.random.default_rng(1), 800
    noise = draw.normal(0, 2.0, (trials, 20))
    absent = [sequential(row).verdict for row in noise]
    present = [sequential(row + SMALLEST).verdict for row in noise]
    assert np.mean([verdict == "holds" for verdict in absent]) <= ALPHA / 2 + 0.017  # three standard errors
    assert np.mean([verdict == "does not hold" for verdict in present]) <= ALPHA / 2 + 0.017
    naive = [
        any(mean_interval(row[:count]).clear for count in looks_of(20)) for row in noise
    ]  # the same looks, each at 5 %
    assert np.mean(naive) > 1.5 * ALPHA


def test_the_maximum_of_seeds_has_the_power_that_is_said_and_a_large_effect_stops_early():
    draw, sd = np.random.default_rng(2), 1.0
    needed = at_least(Mean(0.0, -1.0, 1.0, sd, 5), SMALLEST).needed(ALPHA)
    found = [sequential(draw.normal(SMALLEST, sd, max(needed, 20))).verdict for _ in range(400)]
    assert np.mean([verdict == "holds" for verdict in found]) > 0.8
    early = sequential(draw.normal(20, 0.5, 40))
    assert (early.verdict, len(early.seeds) < 40, early.looks) == ("holds", True, (5, 10, 20, 40))


def test_chance_is_seen_by_accuracy_and_by_loss():
    known = {"classes": 10, "examples": 360}
    assert at_chance([0.1, 0.11, 0.09], [], **known)
    assert not at_chance([0.3, 0.31, 0.29], [1.9], **known)
    assert at_chance([0.3, 0.31, 0.29], [2.3], **known)


def test_arms_are_tuned_on_validation_data_and_their_differences_listed_by_the_machine():
    arms = {
        "narrow": ("mlp", {"hidden": "8", "epochs": 5, "examples": 400}),
        "wide": ("mlp", {"hidden": "64", "epochs": 5, "examples": 400}),
    }
    found = compare(arms, tune=(1e-5, 0.5))
    assert set(found.rates.values()) == {0.5}  # 1e-5 learns nothing in one epoch
    runs = found.measure(range(2))
    assert {len(values) for values in runs.values()} == {2}
    rows = {row[0]: row[1:] for row in found.differs}
    assert rows[""] == ("narrow", "wide")
    assert rows["parameters"] == ("610", "4,810")
    assert rows["multiply-adds"] == ("592", "4,736")
    assert not {"steps", "loop.epochs", "optimizer.learning_rate"} & set(rows)
    lazy = compare(arms, tune=(1e-6,))
    assert set(lazy.stuck(lazy.measure(range(2)))) == {"narrow", "wide"}
    assert ("optimizer.learning_rate", "0.1", "0.2") in differences(arms, {"narrow": 0.1, "wide": 0.2})
    with pytest.raises(ConfigError, match="two arms or more"):
        compare({"one": arms["wide"]}, tune=(0.1,))
