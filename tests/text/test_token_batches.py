"""Training batches of a text: every window is of the text, strands go on, held-out tokens are predicted once."""

import itertools

import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.text.token_batches import PADDING, TokenBatches, held_out_windows, training_windows

TEXT = torch.arange(100) * 3  # a token tells its place


def epoch(rows, number, *, start=0, count=100, steps=7, size=4):
    split = training_windows(TEXT[:count], steps, rows=rows)
    batches = TokenBatches(split, batch_size=size, seed=3)
    found = list(batches.epoch(number, start=start))
    assert len(found) == batches.steps - start
    return found


@pytest.mark.parametrize("rows", [0, 4])
@pytest.mark.parametrize("count", [35, 36, 60, 61, 67, 100])
def test_windows_are_of_the_text_at_every_offset(rows, count):
    offsets = set()
    for number in range(40):
        batches = epoch(rows, number, count=count)
        for batch in batches:
            assert torch.equal(batch.inputs + 3, batch.targets)
            assert torch.equal(batch.inputs.diff(dim=1), torch.full((len(batch), 6), 3))
        read = torch.cat([batch.inputs.flatten() for batch in batches])
        assert len(read.unique()) == len(read)  # none twice
        offsets.add(int(read.min()) // 3)
    assert offsets == set(range(7))


def test_each_row_goes_on_where_it_ended():
    for number in range(5):
        batches = epoch(4, number)
        for before, after in itertools.pairwise(batches):
            assert torch.equal(after.inputs[:, 0], before.targets[:, -1])


def test_random_windows_come_in_another_order_each_epoch():
    first, second = (torch.cat([batch.inputs[:, 0] for batch in epoch(0, number)]) for number in (0, 1))
    assert first.tolist() != sorted(first.tolist())
    assert (first - first.min()).tolist() != (second - second.min()).tolist()


@pytest.mark.parametrize("rows", [0, 4])
def test_an_epoch_can_be_entered_at_any_batch(rows):
    whole = epoch(rows, 2)
    for start in range(len(whole) + 1):
        for one, other in zip(epoch(rows, 2, start=start), whole[start:], strict=True):
            assert torch.equal(one.inputs, other.inputs)


@pytest.mark.parametrize("rows", [1, 3, 4])
@pytest.mark.parametrize("count", [2, 5, 29, 30, 100])
def test_each_held_out_token_is_predicted_once(rows, count):
    split = held_out_windows(TEXT[:count], 7, rows=rows)
    counted = split.targets != PADDING
    assert sorted(split.targets[counted].tolist()) == TEXT[1:count].tolist()
    assert torch.equal(split.inputs[counted] + 3, split.targets[counted])
    batches = list(split.batches(rows))
    for before, after in itertools.pairwise(batches):
        going = after.targets[:, 0] != PADDING
        assert torch.equal(after.inputs[going, 0], before.targets[going, -1])


def test_a_text_that_is_too_short_is_refused():
    with pytest.raises(ConfigError, match="at least 14 tokens"):
        training_windows(TEXT[:13], 7)
    with pytest.raises(ConfigError, match="at least 35 tokens for 4 strands"):
        training_windows(TEXT[:34], 7, rows=4)
    assert len(training_windows(TEXT[:35], 7, rows=4)) == 4
    with pytest.raises(ConfigError, match="two or more"):
        held_out_windows(TEXT[:1], 7)
