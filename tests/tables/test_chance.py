"""Shifted distributions whose truth is known, and Bayes' rule against counting."""

import itertools

import pytest
import torch

from d2lab import tables
from d2lab.core.errors import ConfigError


def normal(count, mean, seed):
    return mean + torch.randn(count, 1, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_domain_weights_are_the_ratio_of_densities():
    """For N(1, 1) against N(0, 1) the ratio is exp(x - 1/2)."""
    train, use = normal(20_000, 0.0, 1), normal(10_000, 1.0, 2)
    weights = tables.domain_weights(train, use)
    near = train.flatten().abs() < 2
    truth = (train.flatten() - 0.5).exp()
    assert float((weights / truth)[near].log().abs().max()) < 0.15
    assert float(weights.mean()) == pytest.approx(1, abs=0.05)


def test_weighting_moves_the_mean_to_the_distribution_of_use():
    train, use = normal(20_000, 0.0, 3), normal(20_000, 0.7, 4)
    weights = tables.domain_weights(train, use)
    loss = lambda x: (x.flatten() ** 2).mean()  # noqa: E731
    truth = 1 + 0.7**2
    weighted = float((weights * train.flatten() ** 2).mean())
    assert abs(weighted - truth) < 0.15 < abs(float(loss(train)) - truth)
    assert float(loss(use)) == pytest.approx(truth, abs=0.05)


def test_equal_weights_count_fully_and_a_single_one_alone():
    assert tables.effective_size(torch.full((7,), 0.3)) == pytest.approx(7)
    assert tables.effective_size(torch.tensor([1.0, 0, 0])) == 1
    assert tables.effective_size(torch.tensor([3.0, 1.0])) == pytest.approx(16 / 10)


def test_label_shift_is_undone_exactly_where_the_shares_are_exact():
    called = torch.tensor(
        [[0.9, 0.2, 0.1], [0.05, 0.7, 0.2], [0.05, 0.1, 0.7]], dtype=torch.float64
    )  # P(called | class)
    before = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
    after = torch.tensor([0.1, 0.3, 0.6], dtype=torch.float64)
    weights = tables.label_shift_weights(called * before, called @ after)
    torch.testing.assert_close(weights, after / before, rtol=1e-12, atol=0)


def raises(*_):
    raise torch.linalg.LinAlgError("the factorization could not be completed")


@pytest.mark.parametrize(
    ("function", "stands_in"),
    [
        ("cond", lambda _: torch.tensor(2e10)),
        ("cond", lambda _: torch.tensor(torch.inf)),
        ("cond", lambda _: torch.tensor(torch.nan)),
        ("cond", raises),
        ("solve", raises),
        ("solve", lambda _, predicted: predicted / 0),
    ],
)
def test_a_matrix_that_cannot_be_inverted_is_refused_however_the_processor_shows_it(monkeypatch, function, stands_in):
    table, shares = torch.tensor([[0.4, 0.1], [0.1, 0.4]]), torch.tensor([0.5, 0.5])
    torch.testing.assert_close(tables.label_shift_weights(table, shares), torch.ones(2))  # fine in itself
    monkeypatch.setattr(torch.linalg, function, stands_in)
    with pytest.raises(ConfigError) as caught:
        tables.label_shift_weights(table, shares)
    sentence = "the confusion matrix: got 'classes that get the same predictions', need an invertible one. "
    assert str(caught.value) == sentence + "Use a better classifier, or merge the classes."


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [2, 3, 10])
def test_a_singular_matrix_is_refused_at_every_size(dtype, size):
    shares = torch.full((size,), 1 / size, dtype=dtype)
    with pytest.raises(ConfigError, match="the confusion matrix"):
        tables.label_shift_weights(torch.outer(shares, shares), shares)


def test_bayes_rule_is_counting():
    prior = torch.tensor([0.25, 0.75], dtype=torch.float64)
    likelihood = torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]], dtype=torch.float64)
    joint = tables.posterior(prior, likelihood)
    worlds = [(cause, effect) for cause in (0, 1) for effect in (0, 1, 2)]
    weights = {(c, e): float(prior[c] * likelihood[c, e]) for c, e in worlds}
    for cause, effect in worlds:
        seen = sum(weights[other, effect] for other in (0, 1))
        assert float(joint.cause_given_effect()[cause, effect]) == pytest.approx(weights[cause, effect] / seen)
    torch.testing.assert_close(joint.causes(), prior)
    torch.testing.assert_close(joint.effect_given_cause(), likelihood)
    assert float(joint.effects().sum()) == pytest.approx(1)
    assert not joint.independent()
    assert tables.posterior(prior, likelihood[:1].repeat(2, 1)).independent()


@pytest.mark.parametrize("positives", [0, 1, 2, 3])
def test_the_medical_test_is_its_table(positives):
    prevalence, sensitivity, false = 0.0015, 0.98, 0.03
    ill = healthy = 0.0
    for results in itertools.product([True, False], repeat=3):  # all runs of three tests; the first ones count
        if not all(results[:positives]):
            continue
        chance_ill, chance_healthy = prevalence, 1 - prevalence
        for positive in results:
            chance_ill *= sensitivity if positive else 1 - sensitivity
            chance_healthy *= false if positive else 1 - false
        ill, healthy = ill + chance_ill, healthy + chance_healthy
    assert tables.medical_test(prevalence, sensitivity, false, positives) == pytest.approx(ill / (ill + healthy))


def test_a_good_test_for_a_rare_disease_is_mostly_wrong_when_positive():
    assert tables.medical_test(0.0015, 1.0, 0.01) == pytest.approx(0.13, abs=0.002)
    assert tables.medical_test(0.0015, 1.0, 0.01, 2) > 0.9


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (lambda: tables.domain_weights(torch.ones(3, 2), torch.ones(3, 1)), "need examples in both"),
        (lambda: tables.effective_size(torch.zeros(3)), "the weights: got 'a negative one or only zeros'"),
        (lambda: tables.label_shift_weights(torch.eye(2), torch.tensor([0.5, 0.5])), "each of sum 1"),
        (
            lambda: tables.label_shift_weights(torch.full((2, 2), 0.25), torch.tensor([0.5, 0.5])),
            "Use a better classifier, or merge the classes.",
        ),
        (lambda: tables.posterior(torch.tensor([0.5, 0.6]), torch.eye(2)), "sums of 1"),
        (lambda: tables.medical_test(1.2, 0.9, 0.1), "shares from 0 to 1"),
        (lambda: tables.medical_test(0.0, 0.9, 0.0), "a positive test that can happen"),
    ],
)
def test_bad_input_is_refused(mistake, words):
    with pytest.raises(ConfigError) as caught:
        mistake()
    assert words in str(caught.value)
