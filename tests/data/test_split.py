"""A split is what it says, and its parts are disjoint, complete and fair."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lab.core.errors import ConfigError, DataError
from d2lab.data.split import Dataset, Split, holdout, limit


def numbered(targets):
    """Inputs that carry their own place."""
    return Split(torch.arange(len(targets), dtype=torch.float64).unsqueeze(1), targets)


def places(split):
    return split.inputs.flatten().long().tolist()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 4), min_size=2, max_size=200), st.floats(0.01, 0.99), st.integers(0, 5), st.booleans())
def test_holdout_covers_the_split_once_and_shares_every_class_fairly(labels, share, seed, real):
    targets = torch.tensor(labels)
    split = numbered(targets.double().unsqueeze(1) if real else targets)
    count = round(share * len(labels))
    if count in (0, len(labels)):
        with pytest.raises(ConfigError):
            holdout(split, share, seed=seed)
        return
    train, validation = holdout(split, share, seed=seed)
    assert sorted(places(train) + places(validation)) == list(range(len(labels)))
    assert len(validation) == count
    assert places(train) == sorted(places(train))
    for part in (train, validation):
        assert torch.equal(part.targets, split.targets[places(part)])
    if not real:
        fair = targets.bincount(minlength=5) * count / len(labels)
        assert ((validation.targets.bincount(minlength=5) - fair).abs() < 1).all()


def test_holdout_is_random_and_follows_the_seed():
    split = numbered(torch.zeros(1000, dtype=torch.int64))
    first, again, other = (places(holdout(split, 0.1, seed=seed)[1]) for seed in (1, 1, 2))
    assert first == again != other
    gaps = torch.tensor(first).diff()
    assert gaps.float().std() > 3  # every tenth example would give 0; a random choice about 9
    chosen = torch.zeros(1000)
    for seed in range(200):
        chosen[places(holdout(split, 0.1, seed=seed)[1])] += 1
    assert chosen.std() < 6  # a fair coin gives 4.2
    assert chosen.min() > 3


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan"), 0.001])
def test_holdout_refuses_a_share_that_leaves_nothing(share):
    with pytest.raises(ConfigError, match="share"):
        holdout(numbered(torch.zeros(10, dtype=torch.int64)), float(share), seed=0)


def test_limit_keeps_a_random_part_and_smaller_ones_lie_within_larger_ones():
    split = numbered(torch.zeros(100, dtype=torch.int64))
    ten, twenty = (places(limit(split, count, seed=3)) for count in (10, 20))
    assert twenty[:10] == ten != list(range(10))
    assert limit(split, 100, seed=3) is split
    assert limit(split, 500, seed=3) is split
    with pytest.raises(ConfigError, match="at least 1"):
        limit(split, 0, seed=3)


def test_subset_takes_the_order_of_the_indices_and_refuses_others():
    split = numbered(torch.arange(5))
    assert places(split.subset(torch.tensor([4, 0, 0]))) == [4, 0, 0]
    for wrong in ([5], [-1], []):
        with pytest.raises(DataError):
            split.subset(torch.tensor(wrong, dtype=torch.int64))


@pytest.mark.parametrize(
    ("inputs", "targets", "match"),
    [
        (torch.zeros(3, 2), torch.zeros(2, 1), "3 inputs and 2 targets"),
        (torch.zeros(0, 2), torch.zeros(0, 1), "at least one"),
        (torch.zeros(2, 2, dtype=torch.int16), torch.zeros(2, 1), "uint8, int64, bool or floating"),
        (torch.zeros(2, 2), torch.zeros(2, dtype=torch.int32), "uint8, int64, bool or floating"),
        (torch.tensor(1.0), torch.zeros(1), "a first axis"),
    ],
)
def test_split_refuses_tensors_that_do_not_fit(inputs, targets, match):
    with pytest.raises(DataError, match=match):
        Split(inputs, targets)


def test_dataset_refuses_what_contradicts_its_card(a_card):
    card = a_card()  # inputs of shape (1,), one class
    good = Split(torch.zeros(2, 1), torch.zeros(2, dtype=torch.int64))
    assert Dataset(card, good, good).train is good
    for bad in (
        Split(torch.zeros(2, 3), torch.zeros(2, dtype=torch.int64)),
        Split(torch.zeros(2, 1), torch.ones(2, dtype=torch.int64)),
        Split(torch.zeros(2, 1), -torch.ones(2, dtype=torch.int64)),
        Split(torch.zeros(2, 1), torch.zeros(2, 1)),
        Split(torch.zeros(2, 1), torch.zeros(2, 1, dtype=torch.int64)),
    ):
        with pytest.raises(DataError, match="toy"):
            Dataset(card, good, bad)
