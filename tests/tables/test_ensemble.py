"""Predictions out of fold, and greedy means of models."""

import itertools

import numpy as np
import pytest

from d2lab.core.errors import ConfigError
from d2lab.data.folds import k_fold
from d2lab.tables.ensemble import greedy_ensemble, out_of_fold, score


def squared(wanted):
    return lambda one: float(((one[:, 0] - wanted) ** 2).mean())


def test_two_opposite_errors_cancel():
    """Errors (2, -1) and (-1, 2): a mean squared error of 2.5 each, and of .25 for their mean."""
    truth, errors = np.array([10.0, 20.0]), (np.array([2.0, -1.0]), np.array([-1.0, 2.0]))
    models = [(truth + error)[:, None] for error in errors]
    loss = squared(truth)
    assert [loss(one) for one in models] == [2.5, 2.5]
    weights = greedy_ensemble(models, loss, rounds=3)  # the third can only harm, and does not count
    np.testing.assert_allclose(weights, [0.5, 0.5])
    assert loss(sum(w * m for w, m in zip(weights, models, strict=True))) == 0.25


def test_it_is_never_worse_than_the_best_and_near_the_best_of_all_weights():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=200)
    models = [(truth + rng.normal(size=200) * size)[:, None] for size in (0.5, 0.8, 3.0)]
    loss = squared(truth)
    weights = greedy_ensemble(models, loss)
    grid = [np.array(w) / 50 for w in itertools.product(range(51), repeat=3) if sum(w) == 50]
    best = min(loss(sum(w * m for w, m in zip(one, models, strict=True))) for one in grid)
    found = loss(sum(w * m for w, m in zip(weights, models, strict=True)))
    assert weights.sum() == pytest.approx(1)
    assert best <= found < best * 1.01
    assert found < min(map(loss, models))
    assert weights[0] > weights[1] > weights[2]


def test_a_model_that_only_harms_gets_no_weight():
    truth = np.arange(10.0)
    assert greedy_ensemble([truth[:, None] + 5, truth[:, None]], squared(truth)).tolist() == [0, 1]


@pytest.mark.parametrize(("models", "rounds"), [([], 5), ([np.zeros((2, 1))], 0)])
def test_an_ensemble_of_nothing_is_refused(models, rounds):
    with pytest.raises(ConfigError, match="an ensemble"):
        greedy_ensemble(models, squared(0), rounds=rounds)


def test_every_row_is_predicted_by_a_model_that_has_not_seen_it():
    folds = [(train.numpy(), out.numpy()) for train, out in k_fold(23, 4, seed=1)]

    def predict(train, out):
        assert not set(train) & set(out)
        return np.stack([out, np.full(len(out), train.sum())], axis=1).astype(float)

    found = out_of_fold(23, folds, predict)
    np.testing.assert_array_equal(found[:, 0], np.arange(23))
    for train, out in folds:
        np.testing.assert_array_equal(found[out, 1], train.sum())


@pytest.mark.parametrize(
    ("folds", "said"),
    [
        ([], "0 rows held out"),
        ([([0, 1], [2]), ([2], [1])], "2 rows held out"),
        ([([0], [1, 2]), ([0, 1], [2])], "3 rows held out"),
        ([([0, 1], [1, 2]), ([1, 2], [0])], "trained on and held out"),
    ],
)
def test_folds_that_leak_or_lack_rows_are_refused(folds, said):
    pairs = [(np.array(train), np.array(out)) for train, out in folds]
    with pytest.raises(ConfigError, match=said):
        out_of_fold(3, pairs, lambda _, out: np.zeros((len(out), 1)))


def test_the_interval_of_a_mean_covers_as_often_as_it_says():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(1000):
        mean, half = score(rng.exponential(2.0, size=200))
        inside += abs(mean - 2.0) <= half
    assert 0.92 < inside / 1000 < 0.97
    assert score(np.array([3.0])) == (3.0, float("inf"))
