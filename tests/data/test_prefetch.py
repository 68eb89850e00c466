"""Items made ahead come in order, errors in their turn, and nobody works for a consumer that left."""

import threading

import pytest
import torch

from d2lab.data.batches import Batches, prefetch
from d2lab.data.split import Split


def working():
    return [t for t in threading.enumerate() if t.name == "d2lab-prefetch"]


@pytest.mark.parametrize("depth", [1, 2, 50])
def test_keeps_the_order_and_ends(depth):
    assert list(prefetch(iter(range(20)), depth)) == list(range(20))
    assert not working()


def test_raises_an_error_after_the_items_before_it():
    def items():
        yield 1
        raise OSError("disk gone")

    got = prefetch(items())
    assert next(got) == 1
    with pytest.raises(OSError, match="disk gone"):
        next(got)
    assert not working()


def test_stops_working_when_the_consumer_leaves():
    made = []

    def items():
        for number in range(1000):
            made.append(number)
            yield number

    got = prefetch(items(), depth=2)
    next(got)
    got.close()
    assert not working()
    assert len(made) < 10


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("start", [0, 3])
def test_batches_made_ahead_are_the_same_batches(drop_last, start):
    split = Split(torch.arange(50 * 4).reshape(50, 1, 2, 2).to(torch.uint8), torch.arange(50))
    shared = {"batch_size": 8, "seed": 3, "device": torch.device("cpu"), "drop_last": drop_last}
    half = {"prepare": lambda images: images.float() / 2}
    plain, early = Batches(split, **shared, **half), Batches(split, **shared, **half, prefetch=True)
    assert early.group > 1
    for epoch in range(2):
        pairs = zip(plain.epoch(epoch, start=start), early.epoch(epoch, start=start), strict=True)
        for one, two in pairs:
            assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
