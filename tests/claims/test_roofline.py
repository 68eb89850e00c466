"""The claim that one operator uses all cores: what its check counts and how it decides."""

import pytest

from d2lab.claims.catalog import find_claim
from d2lab.claims.checks import ch17_roofline as roofline


def test_threads_are_judged_by_the_large_and_bounded_by_the_small():
    decide = roofline.verdict_on_threads
    assert decide(1.9, 1.0, 2) == "holds in scope"
    assert decide(1.9, 1.9, 2) == "holds"
    assert decide(1.4, 1.0, 2) == "not decided"
    assert decide(1.0, 1.0, 2) == "does not hold"
    assert decide(3.9, 1.0, 8) == "not decided"


def test_large_operators_use_more_threads_than_small_ones(monkeypatch):
    seen = []

    def count(action, seconds):
        seen.append(action().numel())
        return {1024**2: 2.0, 2**22: 1.8, 256: 1.0, 1000: 1.1}[seen[-1]]

    monkeypatch.setattr(roofline, "threads_used", count)
    monkeypatch.setattr(roofline, "time_interleaved", lambda actions: {"large": [2.0, 1.0], "small": [0.5, 0.25]})
    evidence = find_claim("one-operator-uses-all-cores").run()[0]
    assert sorted(seen) == [256, 1000, 1024**2, 2**22]
    assert (evidence.value["large"], evidence.value["small"]) == (1.8, 1.1)
    # 500 products of 16 x 16 in a quarter of the time of one of 1,024 x 1,024
    assert evidence.value["share"] == pytest.approx(4 * 500 * 16**3 / 1024**3)
    assert evidence.value["threads"] >= 2


@pytest.mark.parametrize(("large", "small", "verdict"), [(8.0, 1.0, "holds in scope"), (1.0, 1.0, "does not hold")])
def test_verdict_follows_from_the_threads(monkeypatch, large, small, verdict):
    monkeypatch.setattr(roofline, "threads_used", lambda action, _: large if action().numel() > 10_000 else small)
    assert find_claim("one-operator-uses-all-cores").run()[0].verdict == verdict
