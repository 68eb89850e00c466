"""What the processes of `test_ring.py` do: all-reduce between themselves."""

import torch
import torch.distributed as dist

from d2lab.parallel.ring import ring_all_reduce, scheduled_all_reduce
from d2lab.parallel.schedules import naive_schedule, ring_schedule, tree_schedule

WORLDS = 2, 3, 4
SHAPES = (0,), (1,), (2,), (3,), (5, 2), (4, 8), (257,)
KINDS = "float32", "float64", "int64", "whole"  # whole: float32 without fractions, whose sums are exact
SCHEDULES = {"naive": naive_schedule, "tree": tree_schedule, "ring": ring_schedule}


def part(kind, shape, rank):
    """The tensor of one rank: the same in every process, of mixed magnitudes, not contiguous where it is a matrix."""
    rng = torch.Generator().manual_seed(100 * sum(shape) + rank)
    if kind in ("int64", "whole"):
        return torch.randint(-1000, 1000, shape, generator=rng).to(torch.int64 if kind == "int64" else torch.float32)
    drawn = torch.randn(shape[::-1], generator=rng, dtype=torch.float64)
    scales = 10 ** (torch.rand(shape[::-1], generator=rng, dtype=torch.float64) * 4 - 2)
    return (
        (drawn * scales).to(getattr(torch, kind)).mT if len(shape) == 2 else (drawn * scales).to(getattr(torch, kind))
    )


def results(rank, world):
    """All sums of this process, by kind, shape and method."""
    sums = {}
    for kind in KINDS:
        for shape in SHAPES:
            mine = part(kind, shape, rank)
            kept = mine.clone()
            sums[kind, shape, "direct"] = ring_all_reduce(mine)
            for name, schedule in SCHEDULES.items():
                sums[kind, shape, name] = scheduled_all_reduce(mine, schedule(world))
            sums[kind, shape, "unchanged"] = torch.tensor(torch.equal(mine, kept))
            theirs = mine.clone(memory_format=torch.contiguous_format)
            dist.all_reduce(theirs)
            sums[kind, shape, "gloo"] = theirs
    return sums
