"""Linear fits against scikit-learn, against closed forms, and against their conditions of optimality."""

import importlib

import numpy as np
import pytest
import torch
from sklearn.linear_model import Lasso, LinearRegression, Ridge

from d2lab import tables
from d2lab.core.errors import ConfigError

PASSES = 2000  # the slowest of these fits takes 861; a wrong one, which never ends, need not take 100,000


@pytest.fixture(autouse=True)
def few_passes(monkeypatch):
    """A fit that does not get there fails soon: mistakes planted in it are caught in seconds."""
    monkeypatch.setattr(importlib.import_module("d2lab.tables.lasso"), "MAX_PASSES", PASSES)


@pytest.fixture
def examples():
    draw = torch.Generator().manual_seed(0)
    features = torch.randn(40, 6, generator=draw, dtype=torch.float64) * torch.arange(1.0, 7.0) + 5
    truth = torch.tensor([1.0, 0, -2, 0, 0.5, 0], dtype=torch.float64)
    noise = torch.randn(40, generator=draw, dtype=torch.float64)
    return features, features @ truth + 100 + noise


def test_powers_and_factorials():
    x = torch.tensor([2.0, -1.0], dtype=torch.float64)
    assert tables.polynomial_features(x, 3).tolist() == [[2, 4, 8], [-1, 1, -1]]
    scaled = tables.polynomial_features(x, 3, factorial=True)
    torch.testing.assert_close(scaled[0], torch.tensor([2, 2, 8 / 6], dtype=torch.float64))


def test_a_polynomial_is_found_again_from_its_values():
    x = torch.linspace(-2, 2, 30, dtype=torch.float64)
    fit = tables.least_squares(tables.polynomial_features(x, 3), 4 + 3 * x - x**3)
    torch.testing.assert_close(fit.weights, torch.tensor([3, 0, -1], dtype=torch.float64), rtol=1e-10, atol=1e-10)
    assert float(fit.bias) == pytest.approx(4)


def test_least_squares_is_scikit_learns_and_takes_the_smallest_norm_of_many(examples):
    features, targets = examples
    reference = LinearRegression().fit(features, targets)
    fit = tables.least_squares(features, targets)
    np.testing.assert_allclose(fit.weights, reference.coef_, rtol=1e-9)
    assert float(fit.bias) == pytest.approx(reference.intercept_)
    few = tables.least_squares(features[:3], targets[:3])
    assert float((few.predict(features[:3]) - targets[:3]).abs().max()) < 1e-9
    np.testing.assert_allclose(few.weights, LinearRegression().fit(features[:3], targets[:3]).coef_, rtol=1e-8)


@pytest.mark.parametrize("penalty", [0.01, 1.0, 300.0])
def test_ridge_is_scikit_learns_and_does_not_penalize_the_bias(examples, penalty):
    features, targets = examples
    reference = Ridge(alpha=penalty, solver="cholesky").fit(features, targets)
    fit = tables.ridge(features, targets, penalty)
    np.testing.assert_allclose(fit.weights, reference.coef_, rtol=1e-9)
    assert float(fit.bias) == pytest.approx(reference.intercept_, rel=1e-10)


def test_ridge_without_penalty_is_least_squares_and_its_path_its_fits(examples):
    torch.testing.assert_close(tables.ridge(*examples, 0.0), tables.least_squares(*examples))
    penalties = [0.1, 10.0, 1e4]
    path = tables.ridge_path(*examples, penalties)
    for weights, penalty in zip(path, penalties, strict=True):
        torch.testing.assert_close(weights, tables.ridge(*examples, penalty).weights, rtol=1e-9, atol=1e-12)
    assert path.norm(dim=1).tolist() == sorted(path.norm(dim=1).tolist(), reverse=True)


@pytest.mark.parametrize("solve", [tables.lasso, tables.lasso_by_proximal_steps])
@pytest.mark.parametrize("penalty", [0.05, 1.0, 5.0])
def test_both_algorithms_reach_scikit_learns_lasso(examples, solve, penalty):
    reference = Lasso(alpha=penalty, tol=1e-12, max_iter=100_000).fit(*examples)
    fit = solve(*examples, penalty)
    np.testing.assert_allclose(fit.weights, reference.coef_, rtol=1e-4, atol=1e-6)
    assert float(fit.bias) == pytest.approx(reference.intercept_, rel=1e-5)


def test_the_lasso_is_optimal(examples):
    """A feature whose weight is not 0 correlates with the residual exactly as much as the penalty, the others less."""
    features, targets = examples
    fit = tables.lasso(features, targets, 1.0)
    residual = targets - fit.predict(features)
    correlation = (features - features.mean(0)).T @ residual / len(residual)
    active = fit.weights != 0
    assert 0 < int(active.sum()) < len(active)
    torch.testing.assert_close(correlation[active], fit.weights[active].sign(), rtol=1e-5, atol=1e-6)
    assert (correlation[~active].abs() < 1).all()


def test_all_weights_are_zero_from_the_largest_penalty_on(examples):
    last = tables.penalty_max(*examples)
    path = tables.lasso_path(*examples, [last * 1.0001, last * 0.99, 0.01])
    assert path.count_nonzero(1).tolist() == [0, 1, 6]


@pytest.mark.parametrize(
    ("mistake", "sentence"),
    [
        (lambda: tables.polynomial_features(torch.ones(2), 0), "the degree: got 0, need 1 or more."),
        (lambda: tables.ridge(torch.ones(3, 1), torch.ones(3), -1.0), "the penalty: got -1.0, need 0 or more."),
        (
            lambda: tables.ridge_path(torch.ones(3, 1), torch.ones(3), [1.0, 0.0]),
            "the penalties: got [1.0, 0.0], need numbers above 0.",
        ),
        (
            lambda: tables.lasso(torch.ones(3, 1), torch.ones(3), 0.0),
            "the penalty: got 0.0, need a number above 0. For 0 use least_squares.",
        ),
        (
            lambda: tables.least_squares(torch.ones(3, 1), torch.ones(2)),
            "the targets: got 2, need one for each of 3 examples.",
        ),
    ],
)
def test_bad_input_is_refused_with_the_whole_sentence(mistake, sentence):
    with pytest.raises(ConfigError) as caught:
        mistake()
    assert str(caught.value) == sentence
