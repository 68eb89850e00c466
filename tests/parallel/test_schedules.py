"""Simulated all-reduce: sums, their order, what is held on the way, messages and bytes."""

import doctest
import importlib
from functools import reduce

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lab.core.errors import ConfigError
from d2lab.parallel import naive_schedule, ring_schedule, simulate, traffic, tree_schedule
from d2lab.parallel.simulation import chunk_sizes

SCHEDULES = naive_schedule, tree_schedule, ring_schedule
each_schedule = pytest.mark.parametrize("schedule", SCHEDULES)


@pytest.mark.parametrize("name", ["simulation", "cost", "compression", "local_sgd"])
def test_examples_in_docstrings_are_true(name):
    result = doctest.testmod(importlib.import_module(f"d2lab.parallel.{name}"))
    assert result.failed == 0
    assert result.attempted > 0


@each_schedule
@settings(deadline=None)
@given(ranks=st.integers(1, 9), size=st.integers(0, 20))
def test_every_rank_ends_with_every_value_once(schedule, ranks, size):
    parts = [torch.full((size,), 10**rank) for rank in range(ranks)]  # a digit for each rank
    states = simulate(parts, schedule(ranks))
    assert all(torch.equal(held, torch.full((size,), int("1" * ranks))) for held in states[-1])
    assert len(states) == len(schedule(ranks).steps) + 1
    assert all(torch.equal(a, b) for a, b in zip(states[0], parts, strict=True))


@each_schedule
@pytest.mark.parametrize("ranks", range(1, 10))
def test_in_a_step_a_rank_sends_one_message_and_receives_one(schedule, ranks):
    for step in schedule(ranks).steps:
        assert len({message.sender for message in step}) == len(step)
        assert len({message.receiver for message in step}) == len(step)
        assert all(message.sender != message.receiver for message in step)


def added(tensors):
    return reduce(torch.add, tensors)


def test_the_order_of_the_sums_is_the_one_stated(rng):
    parts = [torch.randn(40, generator=rng) * 10 ** (4 * torch.rand(40, generator=rng)) for _ in range(4)]
    naive, tree, ring = (simulate(parts, schedule(4))[-1][0] for schedule in SCHEDULES)
    assert torch.equal(naive, added(parts))
    assert torch.equal(tree, (parts[0] + parts[1]) + (parts[2] + parts[3]))
    for chunk in range(4):
        place = slice(10 * chunk, 10 * chunk + 10)
        assert torch.equal(ring[place], added(parts[chunk:] + parts[:chunk])[place])
    assert not torch.equal(naive, ring)
    assert not torch.equal(naive, tree)


def test_after_half_of_a_ring_each_rank_holds_one_whole_sum():
    parts = [torch.full((4,), 10**rank) for rank in range(4)]
    half = simulate(parts, ring_schedule(4))[3]
    assert [[chunk for chunk in range(4) if held[chunk] == 1111] for held in half] == [[1], [2], [3], [0]]


def test_states_and_parts_share_no_memory(rng):
    parts = [torch.randn(2, 3, generator=rng) for _ in range(3)]
    kept = [part.clone() for part in parts]
    states = simulate(parts, ring_schedule(3))
    places = [held.data_ptr() for state in states for held in state] + [part.data_ptr() for part in parts]
    assert len(set(places)) == len(places)
    assert all(torch.equal(a, b) for a, b in zip(parts, kept, strict=True))
    assert states[-1][0].shape == (2, 3)


MB = 1_000_000
FOUR = 25 * MB  # elements of 4 bytes: the syllabus's 100 MB


@pytest.mark.parametrize(
    ("schedule", "steps", "messages", "sent", "received"),
    [
        (naive_schedule, 6, 6, (300, 100, 100, 100), (300, 100, 100, 100)),
        (tree_schedule, 4, 6, (200, 100, 200, 100), (200, 100, 200, 100)),
        (ring_schedule, 6, 24, (150, 150, 150, 150), (150, 150, 150, 150)),
    ],
)
def test_four_devices_with_100_megabytes_each(schedule, steps, messages, sent, received):
    found = traffic(schedule(4), FOUR)
    assert (found.steps, found.messages) == (steps, messages)
    assert tuple(count / MB for count in found.sent_bytes) == sent
    assert tuple(count / MB for count in found.received_bytes) == received


@settings(deadline=None)
@given(ranks=st.integers(1, 9), size=st.integers(0, 50), item=st.sampled_from([1, 2, 4, 8]))
def test_a_ring_sends_2_n_minus_1_tensors_in_all(ranks, size, item):
    found = traffic(ring_schedule(ranks), size, item)
    assert sum(found.sent_bytes) == sum(found.received_bytes) == 2 * (ranks - 1) * size * item
    assert found.messages == 2 * (ranks - 1) * min(ranks, size)  # an empty chunk is not sent
    assert found.steps == (2 * (ranks - 1) if size else 0)


def test_a_tree_needs_two_steps_for_each_doubling():
    assert [len(tree_schedule(ranks).steps) for ranks in (1, 2, 3, 4, 5, 8, 9)] == [0, 2, 4, 4, 6, 6, 8]


@settings(deadline=None)
@given(size=st.integers(0, 40), chunks=st.integers(1, 9))
def test_chunks_are_those_of_tensor_split(size, chunks):
    assert chunk_sizes(size, chunks) == [len(chunk) for chunk in torch.zeros(size).tensor_split(chunks)]


@each_schedule
def test_no_rank_is_refused(schedule):
    with pytest.raises(ConfigError, match=r"^the number of ranks: got 0, need at least 1\.$"):
        schedule(0)


def test_parts_that_do_not_fit_are_refused():
    ring = ring_schedule(2)
    with pytest.raises(ConfigError, match=r"^the number of parts: got 3, need 2, one for each rank\.$"):
        simulate([torch.zeros(2)] * 3, ring)
    for other in (torch.zeros(3), torch.zeros(2).double()):
        with pytest.raises(ConfigError, match="need one shape and one type"):
            simulate([torch.zeros(2), other], ring)
    for wrong in ((-1, 4), (3, 0)):
        with pytest.raises(ConfigError, match="size and bytes of an element"):
            traffic(ring, *wrong)
