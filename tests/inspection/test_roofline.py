"""The roofline: which of three limits bounds a layer, and limits that are measured."""

import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.inspection.operation_costs import Cost
from d2lab.inspection.roofline import Roof, _best, bounds, measure_roof, operation_seconds

ROOF = Roof(flops_per_s={"float32": 1e11, "bfloat16": 4e11}, bytes_per_s={2**20: 4e10, 2**24: 1e10}, operation_s=1e-5)


@pytest.mark.parametrize(
    ("cost", "regime", "least"),
    [
        (Cost(flops=10**10, bytes=10**7, operations=3, largest=2**24), "compute", 0.1),
        (Cost(flops=10**8, bytes=10**8, operations=3, largest=2**24), "bandwidth", 0.01),
        (Cost(flops=10**4, bytes=10**4, operations=30, largest=10**3), "overhead", 3e-4),
    ],
)
def test_the_limit_that_takes_longest_bounds_a_layer(cost, regime, least):
    found = bounds(cost, ROOF)
    assert found.regime == regime
    assert found.least_s == pytest.approx(least)


def test_each_limit_is_what_it_says():
    found = bounds(Cost(flops=3 * 10**9, bytes=10**8, operations=7, largest=2**30), ROOF)
    assert (found.compute_s, found.bandwidth_s, found.overhead_s) == pytest.approx((0.03, 0.01, 7e-5))
    assert bounds(Cost(flops=3 * 10**9), ROOF, "bfloat16").compute_s == pytest.approx(0.0075)


def test_bandwidth_is_that_of_an_operation_s_size():
    assert ROOF.bandwidth(2**10) == ROOF.bandwidth(2**20) == 4e10
    assert ROOF.bandwidth(2**22) == pytest.approx(2.5e10)  # halfway on the scale of sizes
    assert ROOF.bandwidth(2**30) == ROOF.memory == 1e10
    assert ROOF.ridge("float32") == 10


def test_a_format_that_was_not_measured_is_refused():
    with pytest.raises(ConfigError, match="float32 or bfloat16"):
        ROOF.rate("float16")


def test_a_machine_is_measured():
    roof = measure_roof(torch.device("cpu"), most_bytes=2**20)
    assert {"float32", "float64"} <= set(roof.flops_per_s)
    assert set(roof.bytes_per_s) == {2**19, 2**21}
    assert 1e-7 < roof.operation_s < 1e-2
    assert min(roof.flops_per_s.values()) > 1e7


def test_the_cost_of_an_operation_is_a_share_of_its_chain():
    """With a clock that ticks a second a look, a lap takes one: divided by the operations of the chain."""
    ticks = iter(map(float, range(10**6)))
    found = operation_seconds(torch.device("cpu"), clock=lambda: next(ticks))
    assert 1 / 150 < found < 1 / 60  # ten layers and ten activations, forward and backward


def test_the_best_round_counts():
    assert _best([{"a": 1.0, "b": 5.0}, {"a": 3.0, "b": 4.0}, {"a": 2.0}]) == {"a": 3.0, "b": 5.0}
