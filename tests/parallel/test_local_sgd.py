"""Local SGD and parameter servers against closed forms on quadratic losses a (x - c)^2 / 2."""

import math
from itertools import pairwise

import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.parallel.local_sgd import (
    Arrival,
    arrivals_of,
    asynchronous_server,
    largest_stable_rate,
    local_sgd,
    synchronous_server,
)

CURVATURES, CENTERS = torch.tensor([[1.0, 3.0, 0.5], [2.0, 0.0, -4.0]], dtype=torch.float64)
WORKERS = [lambda x, a=a, c=c: a * (x - c) for a, c in zip(CURVATURES, CENTERS, strict=True)]
MINIMUM = (CURVATURES * CENTERS).sum() / CURVATURES.sum()
START = torch.tensor([5.0, -1.0], dtype=torch.float64)
RATE = 0.1


def close(found, expected):
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("local_steps", [1, 2, 5])
def test_local_sgd_contracts_to_its_own_limit(local_steps):
    points = local_sgd(WORKERS, START, RATE, 60, local_steps)
    kept = (1 - RATE * CURVATURES) ** local_steps  # of a worker's distance to its center
    limit = ((1 - kept) * CENTERS).sum() / (1 - kept).sum()
    powers = kept.mean() ** torch.arange(61, dtype=torch.float64)[:, None]
    close(points, limit + powers * (START - limit))
    assert (abs(limit - MINIMUM) < 1e-12) == (local_steps == 1)  # with more steps another point


def test_one_local_step_is_the_synchronous_server():
    close(local_sgd(WORKERS, START, RATE, 20, 1), synchronous_server(WORKERS, START, RATE, 20))


def test_the_synchronous_server_descends_on_the_mean_loss():
    points = synchronous_server(WORKERS, START, RATE, 30)
    powers = (1 - RATE * CURVATURES.mean()) ** torch.arange(31, dtype=torch.float64)[:, None]
    close(points, MINIMUM + powers * (START - MINIMUM))


def test_without_staleness_each_gradient_is_a_step():
    arrivals = [Arrival(worker, 0) for worker in (0, 2, 1, 1, 0)]
    points = asynchronous_server(WORKERS, START, RATE, arrivals)
    expected = START
    for (worker, _), point in zip(arrivals, points[1:], strict=True):
        expected = CENTERS[worker] + (1 - RATE * CURVATURES[worker]) * (expected - CENTERS[worker])
        close(point, expected)


def test_a_staleness_of_one_follows_the_roots_of_its_recurrence():
    """x_{t+1} = x_t - b x_{t-1}: the roots of z^2 - z + b, through x_0 = 1 and x_1 = 1 - b (the first is fresh)."""
    b = 0.2
    points = asynchronous_server(
        [lambda x: x], torch.ones(1, dtype=torch.float64), b, [Arrival(0, min(t, 1)) for t in range(40)]
    )
    low, high = (1 - math.sqrt(1 - 4 * b)) / 2, (1 + math.sqrt(1 - 4 * b)) / 2
    weight = (1 - b - low) / (high - low)
    times = torch.arange(41, dtype=torch.float64)
    close(points[:, 0], weight * high**times + (1 - weight) * low**times)


@pytest.mark.parametrize("staleness", [0, 1, 2, 5])
def test_staleness_bounds_the_rate(staleness):
    bound = largest_stable_rate(4.0, staleness)
    assert bound == pytest.approx({0: 2, 1: 1, 2: (math.sqrt(5) - 1) / 2}.get(staleness, 4 * bound) / 4, rel=1e-12)
    arrivals = [Arrival(0, min(number, staleness)) for number in range(6000)]
    ends = []
    for factor in (0.98, 1.02):
        points = asynchronous_server([lambda x: 4 * x], torch.ones((), dtype=torch.float64), factor * bound, arrivals)
        ends.append(points[-12:].abs().max().item())
    assert ends[0] < 1e-3
    assert ends[1] > 1e3


def test_equally_fast_workers_are_stale_by_all_others():
    arrivals = arrivals_of([0.1, 0.1, 0.1], 9)
    assert arrivals == [Arrival(number % 3, min(number, 2)) for number in range(9)]
    assert arrivals_of([0.7], 4) == [Arrival(0, 0)] * 4


def test_a_slow_worker_is_stale_and_rare():
    arrivals = arrivals_of([1.0, 1.0, 10.0], 210)
    slow = [staleness for worker, staleness in arrivals if worker == 2]
    assert slow == [20] * 10
    assert max(staleness for worker, staleness in arrivals if worker != 2) == 2


def test_staleness_is_the_number_of_updates_since_the_last_reading():
    arrivals = arrivals_of([1.0, 1.7, 2.3], 60)
    for worker in range(3):
        places = [-1] + [place for place, arrival in enumerate(arrivals) if arrival.worker == worker]
        expected = [after - before - 1 for before, after in pairwise(places)]
        assert [arrivals[place].staleness for place in places[1:]] == expected


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (lambda: local_sgd([], START, 0.1, 1, 1), "the number of workers"),
        (lambda: local_sgd(WORKERS, START, 0.0, 1, 1), "the learning rate"),
        (lambda: local_sgd(WORKERS, START, math.nan, 1, 1), "the learning rate"),
        (lambda: local_sgd(WORKERS, START, 0.1, 1, 0), "rounds and local steps"),
        (lambda: local_sgd([lambda x: x.sum()], START, 0.1, 1, 1), "the shape of a gradient"),
        (lambda: synchronous_server(WORKERS, START, 0.1, -1), "the number of updates"),
        (lambda: asynchronous_server(WORKERS, START, 0.1, [Arrival(3, 0)]), "a worker from 0 to 2"),
        (lambda: asynchronous_server(WORKERS, START, 0.1, [Arrival(0, 0), Arrival(0, 2)]), "arrival 1: got"),
        (lambda: arrivals_of([], 1), "the durations"),
        (lambda: arrivals_of([1.0, 0.0], 1), "above 0 s"),
        (lambda: largest_stable_rate(0.0, 1), "curvature"),
        (lambda: largest_stable_rate(1.0, -1), "staleness"),
    ],
)
def test_bad_settings_are_refused_in_one_line(action, said):
    with pytest.raises(ConfigError, match=said) as caught:
        action()
    assert "\n" not in str(caught.value)
