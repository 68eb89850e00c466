"""Mini-batches: every example once an epoch, in an order that seed and epoch alone decide."""

from itertools import chain

import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.data.batches import Batches, epoch_order, steps_per_epoch
from d2lab.data.split import Split

CPU = torch.device("cpu")


def numbered(count):
    """Examples that know their own number."""
    numbers = torch.arange(count)
    return Split((numbers % 251).to(torch.uint8).view(-1, 1, 1, 1), numbers)


def targets_of(batches, epoch, start=0):
    return [targets.tolist() for _, targets in batches.epoch(epoch, start=start)]


@pytest.mark.parametrize("batch_size", [1, 7, 10, 99, 100, 1000])
def test_each_epoch_visits_every_example_once(batch_size):
    batches = Batches(numbered(100), batch_size=batch_size, seed=0, device=CPU)
    for epoch in range(3):
        given = targets_of(batches, epoch)
        assert sorted(chain(*given)) == list(range(100))
        assert len(given) == batches.steps


def test_inputs_stay_beside_their_targets():
    for inputs, targets in Batches(numbered(600), batch_size=64, seed=1, device=CPU).epoch(0):
        assert torch.equal(inputs.flatten(), (targets % 251).to(torch.uint8))


def test_the_last_batch_is_ragged_or_dropped():
    assert [len(b) for b in targets_of(Batches(numbered(10), batch_size=4, seed=0, device=CPU), 0)] == [4, 4, 2]
    dropping = Batches(numbered(10), batch_size=4, seed=0, device=CPU, drop_last=True)
    assert [len(b) for b in targets_of(dropping, 0)] == [4, 4]
    assert dropping.steps == 2


def test_a_different_tenth_is_dropped_each_epoch():
    batches = Batches(numbered(10), batch_size=9, seed=0, device=CPU, drop_last=True)
    left_out = {(set(range(10)) - set(targets_of(batches, epoch)[0])).pop() for epoch in range(40)}
    assert len(left_out) > 5


def test_the_order_depends_on_seed_and_epoch_and_on_nothing_else():
    torch.manual_seed(1)
    first = Batches(numbered(50), batch_size=8, seed=3, device=CPU)
    torch.manual_seed(2)
    list(first.epoch(7))  # what was trained before
    second = Batches(numbered(50), batch_size=8, seed=3, device=CPU)
    assert targets_of(first, 4) == targets_of(second, 4)
    assert targets_of(first, 4) != targets_of(first, 5)
    assert targets_of(first, 4) != targets_of(Batches(numbered(50), batch_size=8, seed=4, device=CPU), 4)


def test_the_batch_size_cuts_the_order_but_does_not_change_it():
    cuts = [Batches(numbered(50), batch_size=size, seed=3, device=CPU) for size in (1, 7, 50)]
    orders = [list(chain(*targets_of(batches, 2))) for batches in cuts]
    assert orders[0] == orders[1] == orders[2] == epoch_order(50, seed=3, epoch=2).tolist()


@pytest.mark.parametrize("start", [0, 1, 5, 6, 7])
def test_an_epoch_can_be_entered_midway(start):
    batches = Batches(numbered(50), batch_size=8, seed=3, device=CPU)
    assert targets_of(batches, 2, start) == targets_of(batches, 2)[start:]


def test_every_place_is_equally_likely_for_an_example():
    places = torch.stack([epoch_order(10, seed=s, epoch=0).argsort() for s in range(2000)])
    counts = torch.stack([torch.bincount(places[:, example], minlength=10) for example in range(10)]).double()
    chi_square = ((counts - 200) ** 2 / 200).sum(1)
    assert chi_square.max() < 33  # 9 degrees of freedom: beyond it once in 7,000


@pytest.mark.parametrize(("count", "size", "drop", "steps"), [(10, 4, False, 3), (10, 4, True, 2), (8, 4, False, 2)])
def test_steps_count_the_ragged_batch_unless_it_is_dropped(count, size, drop, steps):
    assert steps_per_epoch(count, size, drop_last=drop) == steps


def test_impossible_sizes_are_refused():
    with pytest.raises(ConfigError, match=r"batch_size: got 0, need 1 or more\."):
        steps_per_epoch(10, 0)
    with pytest.raises(ConfigError, match=r"batch_size: got 11, need at most 10.*drop_last=false"):
        steps_per_epoch(10, 11, drop_last=True)
