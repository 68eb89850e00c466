"""Windows: the book's batches, no copies, and parts that share no token."""

import itertools

import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.data import Batches
from d2lab.text import embed_series, random_batches, sequential_batches, split_blocks, windows

STREAM = torch.arange(35)


def book_sequential(corpus, batch_size, steps, offset):
    count = ((len(corpus) - offset - 1) // batch_size) * batch_size
    xs = torch.tensor(corpus[offset : offset + count]).reshape(batch_size, -1)
    ys = torch.tensor(corpus[offset + 1 : offset + 1 + count]).reshape(batch_size, -1)
    for i in range(0, steps * (xs.shape[1] // steps), steps):
        yield xs[:, i : i + steps], ys[:, i : i + steps]


@pytest.mark.parametrize("offset", [0, 1, 4])
def test_sequential_batches_are_the_books_and_views(offset):
    book = list(book_sequential(STREAM.tolist(), 2, 5, offset))
    ours = list(sequential_batches(STREAM, 2, 5, offset=offset))
    assert len(ours) == len(book) == 3
    for batch, (x, y) in zip(ours, book, strict=True):
        assert torch.equal(batch.inputs, x)
        assert torch.equal(batch.targets, y)
        assert batch.inputs.untyped_storage().data_ptr() == STREAM.untyped_storage().data_ptr()
    for before, after in itertools.pairwise(ours):  # a state may be carried
        assert torch.equal(before.targets[:, -1], after.inputs[:, 0])


def test_random_batches_read_each_window_once_from_an_offset_that_varies():
    firsts = set()
    for epoch in range(20):
        seen = torch.cat([batch.inputs for batch in random_batches(STREAM, 2, 5, seed=0, epoch=epoch)])
        assert len(seen) == 6
        assert torch.equal(seen, seen[:, :1] + torch.arange(5))
        assert len(seen.flatten().unique()) == 30
        firsts.add(int(seen.min()))
    assert firsts == {0, 1, 2, 3, 4}
    again = [[b.inputs.tolist() for b in random_batches(STREAM, 2, 5, seed=0, epoch=e)] for e in (1, 1, 2)]
    assert again[0] == again[1] != again[2]


def test_targets_are_the_next_tokens():
    for batch in random_batches(STREAM, 2, 5, seed=3):
        assert torch.equal(batch.targets, batch.inputs + 1)


def test_windows_as_a_split_are_views_that_batches_read():
    split = windows(STREAM, 5).split()
    assert len(split) == 6
    assert split.inputs.untyped_storage().data_ptr() == STREAM.untyped_storage().data_ptr()
    seen = torch.cat([b.inputs for b in Batches(split, batch_size=4, seed=0).epoch(0)])
    assert sorted(seen[:, 0].tolist()) == [0, 5, 10, 15, 20, 25]
    overlapping = windows(STREAM, 5, stride=2, offset=1).split()
    assert overlapping.inputs[:, 0].tolist() == list(range(1, 30, 2))
    pieces = windows(STREAM, 5, spans=[(0, 7), (8, 14), (20, 35)]).split()
    assert pieces.inputs[:, 0].tolist() == [0, 8, 20, 25]
    assert torch.equal(pieces.targets, pieces.inputs + 1)


@pytest.mark.parametrize("blocks", [1, 2, 7, 10])
@pytest.mark.parametrize("seed", range(5))
def test_no_training_window_shares_a_token_with_a_held_out_one(blocks, seed):
    steps = gap = 11
    train, held = split_blocks(1000, share=0.2, blocks=blocks, gap=gap, seed=seed)
    used = [torch.zeros(1000 + gap, dtype=torch.bool) for _ in range(2)]
    for spans, mark in zip((train, held), used, strict=True):
        for start in windows(torch.arange(1000), steps, stride=1, spans=spans).starts.tolist():
            mark[start : start + steps + 1] = True
    near = torch.stack([used[1].roll(shift) for shift in range(-gap, gap + 1)]).any(0)
    assert not (used[0] & near).any()
    assert used[1].sum() >= 0.9 * round(0.2 * blocks if blocks > 1 else 1) * (1000 // blocks if blocks > 1 else 200)
    assert train == sorted(train)


def test_one_block_holds_out_the_end():
    assert split_blocks(100, share=0.1, blocks=1, gap=5) == ([(0, 85)], [(90, 100)])
    assert split_blocks(100, share=0.3, blocks=10, gap=2, seed=1) != split_blocks(100, share=0.3, blocks=10, gap=2)


def test_a_series_is_embedded_as_views():
    series = torch.arange(10.0)
    x, y = embed_series(series, 3)
    assert x.tolist() == [[i, i + 1.0, i + 2.0] for i in range(7)]
    assert y.tolist() == list(range(3, 10))
    assert x.data_ptr() == series.data_ptr()
    assert len(embed_series(series, 9)[1]) == 1


@pytest.mark.parametrize(
    "act",
    [
        lambda: embed_series(torch.arange(10.0), 10),
        lambda: embed_series(torch.arange(10.0), 0),
        lambda: windows(STREAM, 35),
        lambda: windows(STREAM, 0),
        lambda: windows(STREAM, 5, stride=0),
        lambda: windows(STREAM, 5, offset=-1),
        lambda: windows(STREAM, 5, spans=[(0, 5)]),
        lambda: windows(STREAM, 5, spans=[(30, 99)]),
        lambda: windows(STREAM[:0], 1),
        lambda: list(sequential_batches(STREAM, 8, 5)),
        lambda: list(sequential_batches(STREAM, 0, 5)),
        lambda: list(sequential_batches(STREAM, 2, 5, offset=-1)),
        lambda: list(random_batches(STREAM, 9, 5, seed=0)),
        lambda: split_blocks(100, share=0.0, blocks=2, gap=0),
        lambda: split_blocks(100, share=0.5, blocks=0, gap=0),
        lambda: split_blocks(100, share=0.5, blocks=2, gap=-1),
        lambda: split_blocks(100, share=0.5, blocks=2, gap=60),
    ],
)
def test_bad_input_is_refused_in_one_line(act):
    with pytest.raises(ConfigError) as caught:
        act()
    assert "\n" not in str(caught.value)
