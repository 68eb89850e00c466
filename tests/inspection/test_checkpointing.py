"""Activation checkpointing: the best cut by brute force, and what torch holds when a model is checkpointed so."""

import itertools
import random
import weakref

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.checkpoint import checkpoint

from d2lab.inspection.checkpointing import Unit, plan_checkpoints, units_of
from d2lab.inspection.layer_costs import count_layers


def cuts(units):
    for count in range(len(units)):
        for places in itertools.combinations(range(1, len(units)), count):
            ends = [0, *places, len(units)]
            yield [units[a:b] for a, b in itertools.pairwise(ends)]


def peak(groups):
    return sum(g[0].input_bytes for g in groups) + max(sum(u.saved_bytes for u in g) for g in groups)


@pytest.mark.parametrize("seed", range(20))
def test_no_other_cut_has_a_lower_peak(seed):
    rng = random.Random(seed)
    units = [Unit(name=str(n), saved_bytes=rng.randrange(1, 100), input_bytes=rng.randrange(1, 30)) for n in range(7)]
    best = min([sum(u.saved_bytes for u in units), *(peak(groups) for groups in cuts(units))])
    found = plan_checkpoints(units, other_bytes=11)
    assert found.peak_bytes == 11 + best
    assert found.saved_bytes == found.plain_bytes - found.peak_bytes >= 0


def test_equal_layers_are_cut_into_the_root_of_their_number():
    """Chen et al.: n layers that keep a byte more than they read are held best in about sqrt(n) groups."""
    units = [Unit(name=str(n), saved_bytes=10, input_bytes=10, seconds=1.0) for n in range(16)]
    found = plan_checkpoints(units)
    assert len(found.groups) == 4
    assert found.peak_bytes == 2 * 4 * 10
    assert found.extra_s == 12  # the last group is not computed twice


def test_nothing_is_cut_where_nothing_is_gained():
    found = plan_checkpoints(
        [Unit(name="a", saved_bytes=5, input_bytes=5), Unit(name="b", saved_bytes=5, input_bytes=9)]
    )
    assert (found.groups, found.saved_bytes, found.extra_s) == ((), 0, 0)
    assert plan_checkpoints([]).peak_bytes == 0


class Held(TorchDispatchMode):
    """Follows the bytes of all storages that are alive."""

    def __init__(self, there):
        super().__init__()
        self.now, self.known = 0, {tensor.untyped_storage()._cdata for tensor in there}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        results = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(results):
            if isinstance(tensor, torch.Tensor):
                storage = tensor.untyped_storage()
                if storage._cdata not in self.known:
                    self.known.add(storage._cdata)
                    self.now += storage.nbytes()
                    weakref.finalize(storage, self._gone, storage._cdata, storage.nbytes())
        return results

    def _gone(self, address, size):
        self.known.discard(address)
        self.now -= size


def held_after_forward(run, model, inputs):
    with Held([*model.parameters(), inputs]) as held:
        loss = run(inputs).sum()
    return held.now, loss


def test_torch_holds_what_the_plan_says():
    torch.manual_seed(0)
    model = nn.Sequential(
        *(nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh()) for _ in range(9))
    )
    inputs = torch.randn(512, 64)
    units = units_of(count_layers(model, lambda: model(inputs).sum()))
    assert [unit.name for unit in units] == [str(n) for n in range(9)]
    plan = plan_checkpoints(units)
    assert len(plan.groups) >= 3
    parts = [nn.Sequential(*(model[int(name)] for name in group)) for group in plan.groups]

    def checkpointed(x):
        for part in parts[:-1]:
            x = checkpoint(part, x, use_reentrant=False)
        return parts[-1](x)

    one = 512 * 64 * 4
    plain, _ = held_after_forward(model, model, inputs)
    fewer, _ = held_after_forward(checkpointed, model, inputs)
    last = sum(unit.saved_bytes for unit in units if unit.name in plan.groups[-1])
    kept = sum(unit.input_bytes for unit in units if unit.name in [group[0] for group in plan.groups])
    assert plain == pytest.approx(plan.plain_bytes - one, abs=1000)  # the input was there before
    assert fewer == pytest.approx(kept + last - one, abs=1000)
    assert plan.peak_bytes < 0.6 * plan.plain_bytes


def test_a_model_of_one_block_is_cut_inside_it():
    inner = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4))
    model = nn.Sequential(nn.Sequential(inner))
    found = units_of(count_layers(model, lambda: model(torch.randn(2, 4)).sum()))
    assert [unit.name for unit in found] == ["0.0.0", "0.0.1", "0.0.2"]
