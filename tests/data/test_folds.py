"""Folds take turns, keep shares, and leak nothing."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lab.core.errors import ConfigError
from d2lab.data.folds import cross_validate, k_fold, train_validation_test
from d2lab.data.split import Split


@given(count=st.integers(2, 60), k=st.integers(2, 12), seed=st.integers(0, 99), classes=st.integers(0, 4))
@settings(deadline=None, max_examples=100)
def test_every_example_validates_once_and_never_where_it_trains(count, k, seed, classes):
    if k > count:
        return
    numbers = torch.arange(count) % classes if classes else None
    folds = k_fold(count, k, seed=seed, classes=numbers)
    assert len(folds) == k
    assert torch.cat([validation for _, validation in folds]).sort().values.tolist() == list(range(count))
    for train, validation in folds:
        assert not set(train.tolist()) & set(validation.tolist())
        assert len(train) + len(validation) == count
    sizes = [len(validation) for _, validation in folds]
    assert max(sizes) - min(sizes) <= 1
    if classes:
        for number in range(classes):
            shares = [int((numbers[validation] == number).sum()) for _, validation in folds]
            assert max(shares) - min(shares) <= 1


def test_folds_are_shuffled_by_their_seed():
    parts = [k_fold(50, 5, seed=seed)[0][1].tolist() for seed in (0, 0, 1)]
    assert parts[0] == parts[1] != parts[2]
    assert parts[0] != list(range(0, 50, 5))


def numbered(count):
    return Split(torch.arange(float(count))[:, None], torch.arange(count) % 2)


def test_three_parts_are_the_whole_and_keep_the_shares():
    parts = train_validation_test(numbered(100), 0.2, 0.3, seed=0)
    assert [len(part) for part in parts] == [50, 20, 30]
    assert torch.cat([part.inputs for part in parts]).flatten().sort().values.tolist() == list(range(100))
    assert all(float(part.targets.double().mean()) == 0.5 for part in parts)


def test_cross_validation_scores_what_was_not_fitted():
    seen = []

    def fit(train):
        seen.append(set(train.inputs.flatten().tolist()))
        return train.targets.double().mean()

    def score(model, validation):
        assert not seen[-1] & set(validation.inputs.flatten().tolist())
        return float(len(validation))

    scores = cross_validate(fit, score, numbered(23), 4, seed=0)
    assert sorted(scores.tolist()) == [5, 6, 6, 6]


def test_the_mean_of_the_others_errs_as_the_formula_says():
    """Leaving one out, the squared error of the mean is (n / (n - 1))^2 times the variance."""
    values = torch.tensor([1.0, 4.0, 7.0, -2.0], dtype=torch.float64)
    split = Split(torch.zeros(4, 1), values[:, None])
    scores = cross_validate(
        lambda train: train.targets.mean(), lambda mean, part: float((part.targets - mean) ** 2), split, 4, seed=0
    )
    assert float(scores.mean()) == pytest.approx(float(values.var(correction=0)) * (4 / 3) ** 2)


@pytest.mark.parametrize(
    ("mistake", "sentence"),
    [
        (lambda: k_fold(5, 1, seed=0), "k: got 1, need 2 to 5, the number of examples."),
        (lambda: k_fold(5, 6, seed=0), "k: got 6, need 2 to 5, the number of examples."),
        (
            lambda: k_fold(5, 2, seed=0, classes=torch.zeros(4).long()),
            "the classes: got 4, need one for each of 5 examples.",
        ),
        (
            lambda: train_validation_test(numbered(10), 0.5, 0.5, seed=0),
            "the shares: got (0.5, 0.5), need two numbers above 0, below 1 together.",
        ),
    ],
)
def test_bad_input_is_refused_with_the_whole_sentence(mistake, sentence):
    with pytest.raises(ConfigError) as caught:
        mistake()
    assert str(caught.value) == sentence
