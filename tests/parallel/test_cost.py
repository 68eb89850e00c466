"""The alpha-beta model: the syllabus's figures, agreement with counted messages, and the fit."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lab.core.errors import ConfigError
from d2lab.parallel import naive_schedule, ring_schedule, traffic, tree_schedule
from d2lab.parallel.cost import Link, all_reduce_s, all_reduce_steps, busiest_bytes, efficiency, fit_link, step_s

SCHEDULES = {"naive": naive_schedule, "tree": tree_schedule, "ring": ring_schedule}


def test_four_devices_100_megabytes_10_gigabytes_a_second():
    link = Link(0.0, 10e9)
    assert busiest_bytes("ring", 4, 100e6) == 150e6
    assert all_reduce_steps("ring", 4) == 6
    ring = all_reduce_s("ring", 4, 100e6, link)
    assert ring == pytest.approx(0.015, rel=1e-12)
    assert step_s(0.012, ring, overlap=False) == pytest.approx(0.027, rel=1e-12)
    assert efficiency(0.012, ring, overlap=False) == pytest.approx(4 / 9, rel=1e-12)
    assert efficiency(0.012, ring, overlap=True) == pytest.approx(0.8, rel=1e-12)
    assert efficiency(0.020, ring, overlap=True) == 1


@pytest.mark.parametrize("method", SCHEDULES)
@pytest.mark.parametrize("devices", range(1, 10))
def test_the_model_counts_what_the_schedule_sends(method, devices):
    size = 840 * 3  # elements that 1 to 9 devices divide
    found = traffic(SCHEDULES[method](devices), size, 4)
    assert all_reduce_steps(method, devices) == found.steps
    both = zip(found.sent_bytes, found.received_bytes, strict=True)
    assert busiest_bytes(method, devices, 4.0 * size) == max(sent + received for sent, received in both) / 2


@settings(deadline=None)
@given(st.integers(2, 64), st.floats(1e-7, 1e-2), st.floats(1e6, 1e12), st.floats(0, 1e9))
def test_times_are_latency_by_steps_and_bytes_by_bandwidth(devices, latency, bandwidth, size):
    link, doublings = Link(latency, bandwidth), math.ceil(math.log2(devices))
    expected = {
        "naive": 2 * (devices - 1) * (latency + size / bandwidth),
        "tree": 2 * doublings * (latency + size / bandwidth),
        "ring": 2 * (devices - 1) * (latency + size / devices / bandwidth),
    }
    for method, seconds in expected.items():
        assert all_reduce_s(method, devices, size, link) == pytest.approx(seconds, rel=1e-12)


def test_the_ring_wins_on_bytes_and_the_tree_on_latency():
    link = Link(1e-5, 10e9)
    assert all_reduce_s("ring", 16, 100e6, link) < all_reduce_s("tree", 16, 100e6, link)
    assert all_reduce_s("tree", 16, 1e3, link) < all_reduce_s("ring", 16, 1e3, link)
    assert all_reduce_s("ring", 1, 100e6, link) == 0


@settings(deadline=None)
@given(st.floats(1e-7, 1e-2), st.floats(1e6, 1e12), st.booleans())
def test_the_fit_finds_the_link_that_made_the_times(latency, bandwidth, relative):
    sizes = [2.0**power * 1024 for power in range(15)]
    fitted = fit_link(sizes, [latency + size / bandwidth for size in sizes], relative=relative)
    longest = latency + sizes[-1] / bandwidth
    assert fitted.latency_s == pytest.approx(latency, rel=1e-6, abs=1e-10 * longest)
    assert sizes[-1] / fitted.bytes_per_s == pytest.approx(sizes[-1] / bandwidth, rel=1e-6, abs=1e-10 * longest)


SIZES = np.repeat([1e3, 1e4, 1e5, 1e6, 1e7], 4)
NOISE = np.random.default_rng(0).standard_normal(20)
RELATIVE, ABSOLUTE = (2e-5 + SIZES / 1e9) * np.exp(0.2 * NOISE), 2e-5 + SIZES / 1e9 + 1e-6 * NOISE


@pytest.mark.parametrize(("times", "relative"), [(RELATIVE, True), (ABSOLUTE, True), (ABSOLUTE, False)])
def test_the_fit_minimizes_what_it_says(times, relative):
    def errors(latency_s, bytes_per_s):
        left = latency_s + SIZES / bytes_per_s - times
        return float(np.sum((left / times if relative else left) ** 2))

    best = fit_link(SIZES.tolist(), times.tolist(), relative=relative)
    least = errors(best.latency_s, best.bytes_per_s)
    assert best.latency_s == pytest.approx(2e-5, rel=0.2)
    for factor in (0.99, 1.01):
        assert errors(best.latency_s * factor, best.bytes_per_s) > least
        assert errors(best.latency_s, best.bytes_per_s * factor) > least


def test_where_errors_grow_with_time_seconds_alone_find_no_latency():
    with pytest.raises(ConfigError, match=r"the fit of a link: got 'latency -3\.9e-05 s"):
        fit_link(SIZES.tolist(), RELATIVE.tolist(), relative=False)


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (lambda: Link(-1e-6, 1e9), "latency"),
        (lambda: Link(0.0, 0.0), "bandwidth > 0"),
        (lambda: Link(math.nan, 1.0), "latency"),
        (lambda: all_reduce_steps("ring", 0), "the number of devices"),
        (lambda: busiest_bytes("ring", 2, -1.0), "the bytes of a gradient"),
        (lambda: all_reduce_s("tree", 2, math.nan, Link(0.0, 1.0)), "the bytes of a gradient"),
        (lambda: step_s(-1.0, 1.0, overlap=True), "computation and exchange"),
        (lambda: efficiency(0.0, 1.0, overlap=True), "seconds of computation"),
        (lambda: fit_link([1.0, 1.0], [1.0, 2.0]), "at least two different sizes"),
        (lambda: fit_link([1.0, 2.0], [1.0]), "a time for each size"),
        (lambda: fit_link([1.0, 2.0], [1.0, 0.0]), "finite and above 0"),
        (lambda: fit_link([1.0, 2.0], [2.0, 1.0]), "Measure more sizes"),
        (lambda: fit_link([1.0, 2.0], [1.0, 3.0]), "Measure more sizes"),
    ],
)
def test_what_the_model_can_not_mean_is_refused_in_one_line(action, said):
    with pytest.raises(ConfigError, match=said) as caught:
        action()
    assert "\n" not in str(caught.value)
