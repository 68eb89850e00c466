"""Claims about data and model parallelism: what their checks count, against numbers worked by hand."""

import pytest
import torch

from d2lab.claims.catalog import find_claim
from d2lab.claims.checks import ch17_parallel as checks

needs_processes = pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch has no processes")


def values_of(name, **sizes):
    evidence = find_claim(name).run(**sizes)[0]
    return evidence.verdict, evidence.value


def test_one_splits_the_batch_the_other_the_model():
    verdict, found = values_of("data-parallelism-splits-the-batch-model-parallelism-the-model")
    assert verdict == "holds in scope"
    assert found["difference"] <= 1e-12
    count = 784 * 1024 + 1024 + 1024 * 1024 + 1024 + 1024 * 10 + 10
    assert found["fullest"] == pytest.approx((1024 * 1024 + 1024 + 10_250) / count)
    assert found["data_mb"] == pytest.approx(4 * count / 1e6)
    assert found["model_mb"] == pytest.approx(2 * 4 * 256 * 1024 / 1e6)
    assert (found["copies"], found["idle"], found["idle_of_eight"]) == (1, 1 / 2, 1 / 9)


@needs_processes
def test_replicas_hold_everything_and_shards_do_not():
    verdict, found = values_of("every-gpu-gets-all-parameters-in-data-parallelism")
    assert verdict == "holds in scope"
    assert (found["held"], found["apart"]) == (1, 0)
    assert 0.4 < found["sharded"] < 0.6
    assert found["weighted"] < 1e-12 < 1e-6 < found["plain"]


def test_the_network_that_matches_is_where_exchange_and_computation_take_as_long():
    verdict, found = values_of("speed-of-gpus-and-network-must-match")
    assert verdict == "holds in scope"
    exact = 2 * 7 / 8 * 4 * 25_557_032 / (0.1 - 14e-5) / 1e9
    assert exact <= found["knee"] < exact * 10 ** (1 / 40)
    assert found["efficiency_below"] == pytest.approx(0.25, abs=0.02)
    assert found["gpu_below"] == 1
    assert found["gpu_above"] == pytest.approx(2)
    assert found["network_above"] == 1


@pytest.mark.parametrize(
    ("gains", "shares", "ceiling", "verdict"),
    [
        ([0.2, 1.6], [4.0, 0.1], 1.8, "holds in scope"),
        ([1.2, 1.6], [4.0, 0.1], 1.8, "does not hold"),
        ([0.2, 1.0], [4.0, 0.1], 1.8, "does not hold"),
        ([0.2, 1.0], [4.0, 0.1], 1.1, "not decided"),
        ([0.2, 1.6], [0.9, 0.1], 1.8, "not decided"),
        ([0.2, 1.6], [4.0, 0.4], 1.8, "not decided"),
    ],
)
def test_the_verdict_on_what_pays_follows_from_gains_and_shares(gains, shares, ceiling, verdict):
    assert checks.paying(gains, shares, ceiling) == verdict


@needs_processes
def test_steps_are_timed_in_two_processes(monkeypatch):
    asked = []

    def times(work, processes, width, layers, batch, rounds):
        asked.append((work, processes, width, layers, batch, rounds))
        large = batch > 100
        return [{"one": [2.0], "apart": [1.0], "shared": [1.25 if large else 8.0], "exchange": [0.2 if large else 6.0]}]

    monkeypatch.setattr(checks, "in_processes", times)
    verdict, found = values_of("parallelism-pays-where-computation-outlasts-the-exchange", rounds=1)
    assert verdict == "holds in scope"
    assert asked == [(checks.step_seconds, 2, 64, 2, 64, 1), (checks.step_seconds, 2, 256, 2, 8192, 1)]
    assert found == {"large_gain": 1.6, "small_gain": 0.25, "large_share": 0.2, "small_share": 6, "ceiling": 2}
