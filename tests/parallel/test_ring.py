"""All-reduce between real processes (gloo, loopback): the simulation to the bit, the library's where orders allow."""

import math

import pytest
import torch
from tests.parallel.groups import results_of_groups
from tests.parallel.ring_processes import KINDS, SCHEDULES, SHAPES, WORLDS, part, results

from d2lab.core.errors import ConfigError
from d2lab.parallel import ring_all_reduce, ring_schedule, scheduled_all_reduce, simulate

pytestmark = pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch has no torch.distributed")
each_world = pytest.mark.parametrize("world", WORLDS)
each_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def sums(tmp_path_factory):
    """sums[world][rank][kind, shape, method], from four processes in groups of 2, 3 and 4."""
    return results_of_groups(results, WORLDS, tmp_path_factory.mktemp("ring"))


def same(a, b):
    return a.dtype == b.dtype and torch.equal(a, b)


@each_kind
@each_world
def test_all_ranks_hold_the_same_bits(sums, world, kind):
    for shape in SHAPES:
        for method in ("direct", *SCHEDULES):
            first, *others = (of_rank[kind, shape, method] for of_rank in sums[world])
            assert first.shape == shape
            assert all(same(first, other) for other in others), (shape, method)


@each_kind
@each_world
def test_messages_between_processes_are_those_of_the_simulation_to_the_bit(sums, world, kind):
    for shape in SHAPES:
        parts = [part(kind, shape, rank) for rank in range(world)]
        for method, schedule in SCHEDULES.items():
            expected = simulate(parts, schedule(world))[-1]
            for rank in range(world):
                assert same(sums[world][rank][kind, shape, method], expected[rank]), (shape, method)
        for rank, expected in enumerate(simulate(parts, ring_schedule(world))[-1]):
            assert same(sums[world][rank][kind, shape, "direct"], expected), shape


@each_world
def test_float64_is_the_exact_sum(sums, world):
    for shape in SHAPES:
        parts = torch.stack([part("float64", shape, rank).flatten() for rank in range(world)])
        exact = torch.tensor([math.fsum(column) for column in parts.T.tolist()], dtype=torch.float64)
        for method in ("direct", *SCHEDULES):
            found = sums[world][0]["float64", shape, method].flatten()
            torch.testing.assert_close(found, exact, rtol=1e-12, atol=1e-12)


@each_world
def test_the_tensor_of_a_process_is_left_as_it_is(sums, world):
    assert all(of_rank[kind, shape, "unchanged"] for of_rank in sums[world] for kind in KINDS for shape in SHAPES)


@pytest.mark.parametrize(("world", "kinds"), [(2, KINDS), (3, ("int64", "whole")), (4, ("int64", "whole"))])
def test_it_is_the_sum_of_gloo_to_the_bit_for_two_processes_and_where_nothing_is_rounded(sums, world, kinds):
    for kind in kinds:
        for shape in SHAPES:
            for method in ("direct", *SCHEDULES):
                assert same(sums[world][0][kind, shape, method], sums[world][0][kind, shape, "gloo"])


def descending_ring(parts):
    """The order measured with gloo: the other way round the ring, chunk c from rank c - 1, in pairs of segments."""
    ranks, flat = len(parts), [part.flatten() for part in parts]
    length = 2 * math.ceil(len(flat[0]) / (2 * ranks))
    total = torch.empty_like(flat[0])
    for chunk in range(ranks):
        place = slice(chunk * length, (chunk + 1) * length)
        first, *others = [flat[(chunk - 1 - time) % ranks][place] for time in range(ranks)]
        total[place] = sum(others, start=first)
    return total


@pytest.mark.skipif(not torch.__version__.startswith("2.15"), reason="gloo may sum in another order there")
@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("world", [3, 4])
def test_gloo_goes_the_other_way_round_so_its_roundings_differ(sums, world, kind):
    differing = 0
    for shape in SHAPES:
        parts = [part(kind, shape, rank) for rank in range(world)]
        theirs, ours = sums[world][0][kind, shape, "gloo"], sums[world][0][kind, shape, "direct"]
        assert same(theirs.flatten(), descending_ring(parts))
        spacing = torch.finfo(ours.dtype).eps * sum(part.abs() for part in parts)
        assert ((theirs - ours).abs() <= world * spacing).all()
        differing += int((theirs != ours).sum())
    assert differing > 50  # of 319 elements


def test_without_processes_there_is_nothing_to_sum():
    for action in (
        lambda: ring_all_reduce(torch.zeros(3)),
        lambda: scheduled_all_reduce(torch.zeros(3), ring_schedule(2)),
    ):
        with pytest.raises(
            ConfigError, match=r"^the process group: got None, need one that is initialized\. Call .*\.$"
        ):
            action()


def test_one_process_alone_has_the_sum_and_a_schedule_for_two_is_refused(tmp_path):
    store = torch.distributed.FileStore(str(tmp_path / "store"), 1)
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        alone = torch.randn(2, 3)
        total = ring_all_reduce(alone)
        assert torch.equal(total, alone)
        assert total.data_ptr() != alone.data_ptr()
        with pytest.raises(ConfigError, match=r"^the ranks of a schedule: got 2, need 1, the number of processes\.$"):
            scheduled_all_reduce(alone, ring_schedule(2))
    finally:
        torch.distributed.destroy_process_group()
