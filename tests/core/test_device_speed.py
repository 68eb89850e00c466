"""Copy bandwidth and matrix rate: the arithmetic on a clock of our own, and numbers that a machine can have."""

import pytest
import torch

from d2lab.core import bandwidth, matrix_rate, timing
from d2lab.core.bandwidth import copy_bandwidths
from d2lab.core.matrix_rate import matrix_rates, product_operations
from d2lab.core.timing import median_seconds

CPU = torch.device("cpu")


class Clock:
    """A clock that moves only when an action says how long it took."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_the_median_leaves_out_the_first_call_and_counts_what_the_device_still_does(monkeypatch):
    clock, calls = Clock(), []
    durations = iter([50.0, 1.0, 9.0, 2.0])  # the first loads kernels; the 9 is a hiccup

    def action():
        calls.append(1)
        clock.now += next(durations)

    monkeypatch.setattr(timing, "synchronize", lambda device: setattr(clock, "now", clock.now + 0.5))
    assert median_seconds(action, CPU, budget_s=0.0, clock=clock) == 2.5
    assert len(calls) == 4


@pytest.mark.parametrize(("lasts", "repeats"), [(0.03, 4), (1.0, 3), (1e-5, 50)])
def test_repeats_fill_the_budget_but_are_never_too_few_or_too_many(lasts, repeats):
    clock, calls = Clock(), []

    def action():
        calls.append(1)
        clock.now += lasts

    assert median_seconds(action, CPU, budget_s=0.1, clock=clock) == pytest.approx(lasts)
    assert len(calls) == repeats + 1


class TakesTime:
    """Replaces the timing of one action: its seconds are those that the test says."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __call__(self, action, device, **_):
        return self.seconds


def test_a_copy_within_a_device_counts_bytes_read_and_written(monkeypatch):
    monkeypatch.setattr(bandwidth, "median_seconds", TakesTime(0.5))
    assert copy_bandwidths(CPU, most_bytes=1000) == {"copy": 2 * 1000 / 0.5}


def test_a_copy_across_counts_each_byte_once_and_pinned_memory_where_it_helps(monkeypatch):
    monkeypatch.setattr(bandwidth, "median_seconds", TakesTime(0.25))
    monkeypatch.setattr(bandwidth, "PINNING", ("meta",))
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: tensor)
    found = copy_bandwidths(torch.device("meta"), most_bytes=1000)
    assert found.pop("copy") == 8000
    assert found == dict.fromkeys(("to", "from", "to, pinned", "from, pinned"), 4000)


def test_copies_go_where_their_names_say(monkeypatch):
    ways = []
    monkeypatch.setattr(bandwidth, "_rate", lambda a, b, *_: ways.append((a.device.type, b.device.type)) or 1.0)
    assert list(copy_bandwidths(torch.device("meta"), most_bytes=8)) == ["copy", "to", "from"]
    assert ways == [("meta", "meta"), ("cpu", "meta"), ("meta", "cpu")]


def test_a_product_costs_a_multiplication_and_an_addition_a_term():
    ones = torch.ones(3, 5), torch.ones(5, 7)
    terms = sum(2 for _ in range(3) for _ in range(7) for _ in range(5))
    assert product_operations(3, 7, 5) == terms == 2 * int((ones[0] @ ones[1]).sum())


def test_a_matrix_grows_until_a_product_takes_long_enough(monkeypatch):
    sizes = []

    def seconds(device, dtype, size, budget_s, clock):
        sizes.append((size, budget_s))
        return 1e-12 * size**3 * 2  # a device of 1 TFLOP/s

    monkeypatch.setattr(matrix_rate, "_seconds", seconds)
    assert matrix_rate.matrix_rate(CPU, torch.float32) == pytest.approx(1e12)
    assert sizes == [(256, 0.0), (512, 0.0), (1024, 0.0), (2048, 0.0), (2048, 0.1)]
    monkeypatch.setattr(matrix_rate, "_seconds", lambda *a: 1e-15 * a[2] ** 3 * 2)
    assert matrix_rate.matrix_rate(CPU, torch.float32) == pytest.approx(1e15)  # and stops at the largest


def test_a_format_that_the_device_refuses_is_left_out_but_float32_is_needed(monkeypatch):
    def rate(device, dtype, *, clock):
        if dtype == refused:
            raise RuntimeError("no kernel")
        return 1.0

    monkeypatch.setattr(matrix_rate, "matrix_rate", rate)
    refused = torch.bfloat16
    assert matrix_rates(torch.device("meta")) == {"float32": 1.0, "float16": 1.0}
    refused = torch.float32
    with pytest.raises(RuntimeError, match="no kernel"):
        matrix_rates(torch.device("meta"))


def test_a_measurement_leaves_the_callers_luck_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    matrix_rate._seconds(CPU, torch.float32, 16, 0.0, Clock())
    assert torch.equal(torch.rand(1), expected)


def test_this_processor_has_numbers_that_a_processor_can_have():
    """Plausible and repeatable: between a tenth of an old core and ten times the fastest server, twice alike."""
    first, second = (copy_bandwidths(CPU, most_bytes=1 << 24)["copy"] for _ in range(2))
    assert 1e7 < first < 1e13
    assert 1 / 20 < first / second < 20
    rates = matrix_rates(CPU)
    assert 1e7 < rates["float32"] < 1e15
    assert set(rates) <= {"float32", "bfloat16"}


@pytest.mark.gpu
def test_a_cards_own_memory_is_faster_than_the_way_to_it():
    device = torch.device("cuda")
    found = copy_bandwidths(device)
    assert set(found) == {"copy", "to", "from", "to, pinned", "from, pinned"}
    assert found["copy"] > found["to, pinned"] > 0
    rates = matrix_rates(device)
    assert rates["bfloat16"] > rates["float32"] > 1e11
