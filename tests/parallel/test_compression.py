"""Top-k with error feedback: nothing is lost, and descent arrives where it stops without the memory."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lab.core.errors import ConfigError
from d2lab.parallel.compression import TopK, compressed_descent, top_k

CENTERS = torch.tensor([[10.0, 1.0], [-10.0, 1.0]], dtype=torch.float64)  # of two workers; the minimum is (0, 1)
WORKERS = [lambda x, center=center: x - center for center in CENTERS]  # gradients of |x - center|^2 / 2
MINIMUM = CENTERS.mean(0)
START = torch.zeros(2, dtype=torch.float64)


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 8), st.integers(0, 1000))
def test_what_was_sent_and_what_is_left_are_the_sum_of_the_gradients(size, count, steps, seed):
    rng = torch.Generator().manual_seed(seed)
    compressor, count = TopK(min(count, size)), min(count, size)
    total, sent = (torch.zeros(size, dtype=torch.float64) for _ in range(2))
    for _ in range(steps):
        gradient = torch.randn(size, generator=rng, dtype=torch.float64)
        kept = gradient.clone()
        sparse = compressor.compress(gradient)
        assert torch.equal(gradient, kept)
        assert len(sparse.values) == count
        total += gradient
        sent += sparse.dense()
    if steps:
        torch.testing.assert_close(sent + compressor.memory, total, rtol=0, atol=1e-12)


def test_the_largest_magnitudes_are_sent_and_of_equal_ones_the_first(rng):
    sparse = top_k(torch.tensor([3.0, -5.0, 0.5, 5.0, -3.0, 3.0]), 3)
    assert sparse.indices.tolist() == [0, 1, 3]
    assert sparse.values.tolist() == [3.0, -5.0, 5.0]
    vector = torch.randn(50, generator=rng)
    dense = top_k(vector, 7).dense()
    assert (dense != 0).sum() == 7
    assert vector[dense == 0].abs().max() <= vector[dense != 0].abs().min()
    assert torch.equal(top_k(vector, 50).dense(), vector)


def test_bytes_are_values_and_indices():
    vector = torch.zeros(1_000_000)
    assert top_k(vector, 10_000).sent_bytes() == 80_000  # 1 % of the entries, 2 % of the 4 MB
    assert top_k(vector.double(), 3).sent_bytes() == 36
    assert top_k(vector, 3).sent_bytes(index_bytes=8) == 36


def test_without_feedback_two_workers_send_what_cancels_and_never_move():
    """Closed form: both send entry 0, +10 and -10; their mean is 0, so every point is the start."""
    points = compressed_descent(WORKERS, START, [0.1] * 200, 1, feedback=False)
    assert torch.equal(points, START.expand(201, 2))


def test_with_feedback_the_same_workers_arrive():
    rates = [1 / (step + 10) for step in range(1500)]
    points = compressed_descent(WORKERS, START, rates, 1)
    assert (points[-1] - MINIMUM).norm() < 0.01
    assert (points[40] - MINIMUM).norm() > 10 * (points[-1] - MINIMUM).norm()


def test_the_memory_is_the_lag_behind_a_descent_that_loses_nothing():
    """As in the proof of Stich et al.: x minus the mean memory moves by the whole gradients, taken at x."""
    compressors, rate, point, ghost = [TopK(1), TopK(1)], 0.1, START, START
    for _ in range(50):
        gradients = [rate * worker(point) for worker in WORKERS]
        sent = [c.compress(g).dense() for c, g in zip(compressors, gradients, strict=True)]
        point, ghost = point - torch.stack(sent).mean(0), ghost - torch.stack(gradients).mean(0)
        lag = torch.stack([c.memory for c in compressors]).mean(0)
        torch.testing.assert_close(point - lag, ghost, rtol=0, atol=1e-12)


def test_with_all_entries_it_is_gradient_descent():
    points = compressed_descent(WORKERS, START, [0.1] * 30, 2)
    powers = 0.9 ** torch.arange(31, dtype=torch.float64)[:, None]
    torch.testing.assert_close(points, MINIMUM + powers * (START - MINIMUM), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (lambda: top_k(torch.ones(3), 0), "got 0, need 1 to 3"),
        (lambda: top_k(torch.ones(3), 4), "got 4, need 1 to 3"),
        (lambda: top_k(torch.tensor([1.0, torch.nan]), 1), "finite entries"),
        (lambda: TopK(0), "need at least 1"),
        (lambda: compressed_descent([], START, [0.1], 1), "the number of workers"),
        (lambda: compressed_descent(WORKERS, START, [0.1, 0.0], 1), "the learning rates"),
    ],
)
def test_bad_settings_are_refused_in_one_line(action, said):
    with pytest.raises(ConfigError, match=said) as caught:
        action()
    assert "\n" not in str(caught.value)


def test_a_gradient_of_another_size_is_refused():
    compressor = TopK(1)
    compressor.compress(torch.ones(3))
    with pytest.raises(ConfigError, match="got 4, need 3, as before"):
        compressor.compress(torch.ones(4))
