"""Activation checkpointing: which groups of layers to compute anew in the backward pass, and what that saves.

A checkpointed group keeps only its input; in the backward pass its forward pass is run once more, and its
activations are held for that long. At the peak there are the inputs of all groups and the activations of one. The
last group is not checkpointed: its backward pass begins as soon as its forward pass has ended.

Source: Chen, Xu, Zhang, Guestrin 2016, arXiv 1604.06174.
Changed: groups are of unequal layers; the best cut is found by dynamic programming for every bound of a group's size.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from d2lab.inspection.layer_costs import LayerCost
from d2lab.inspection.owners import CLIPPING, OUTSIDE


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """Layers that are checkpointed together or not at all, such as a residual block."""

    name: str
    saved_bytes: int  # activations that its forward pass keeps
    input_bytes: int  # what is kept of it when it begins a checkpointed group
    seconds: float = 0.0  # of its forward pass


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckpointPlan:
    """Groups of units, all but the last of which are checkpointed, and the price."""

    groups: tuple[tuple[str, ...], ...]  # empty where nothing is gained
    plain_bytes: int  # activations without checkpointing
    peak_bytes: int  # activations with it, at the worst moment of the backward pass
    extra_s: float  # seconds of the forward passes that run twice

    @property
    def saved_bytes(self) -> int:
        """Return the bytes that the plan saves; 0 where nothing is gained."""
        return max(0, self.plain_bytes - self.peak_bytes)


def units_of(layers: Sequence[LayerCost], seconds: dict[str, float] | None = None) -> list[Unit]:
    """Sum the layers of a model up into the model's own children: the parts that can be checkpointed whole.

    Where the model has a single child, that child's children are taken. The loss and what the model computes
    between its children are no units: nothing is gained there.

    Args:
        layers: in the order of computation.
        seconds: of the forward pass of each layer, by name.
    """
    named = [layer for layer in layers if layer.name not in ("", OUTSIDE, CLIPPING)]
    depth = 1
    while named and len({_part(layer.name, depth) for layer in named}) == 1 and depth < 8:
        depth += 1
    units: dict[str, Unit] = {}
    for layer in named:
        name = _part(layer.name, depth)
        old = units.get(name, Unit(name=name, saved_bytes=0, input_bytes=layer.input_bytes))
        took = (seconds or {}).get(layer.name, 0.0)
        units[name] = Unit(
            name=name,
            saved_bytes=old.saved_bytes + layer.saved_bytes,
            input_bytes=old.input_bytes,
            seconds=old.seconds + took,
        )
    return list(units.values())


def _part(name: str, depth: int) -> str:
    return ".".join(name.split(".")[:depth])


def plan_checkpoints(units: Sequence[Unit], other_bytes: int = 0) -> CheckpointPlan:
    """Cut a chain of units into the consecutive groups whose peak of activations is smallest.

    Args:
        units: in the order of computation, each reading what the one before returns.
        other_bytes: activations outside the units, which stay whatever is checkpointed.
    """
    plain = other_bytes + sum(unit.saved_bytes for unit in units)
    best: tuple[int, list[list[Unit]]] = (plain, [])
    prefix = [0, *itertools.accumulate(unit.saved_bytes for unit in units)]
    for most in sorted({high - low for low, high in itertools.combinations(prefix, 2)}):
        groups = _cheapest(units, prefix, most)
        if groups:
            peak = other_bytes + sum(group[0].input_bytes for group in groups)
            peak += max(sum(unit.saved_bytes for unit in group) for group in groups)
            best = min(best, (peak, groups), key=lambda one: one[0])
    peak, groups = best
    return CheckpointPlan(
        groups=tuple(tuple(unit.name for unit in group) for group in groups),
        plain_bytes=plain,
        peak_bytes=peak,
        extra_s=sum((unit.seconds for group in groups[:-1] for unit in group), 0.0),
    )


def _cheapest(units: Sequence[Unit], prefix: Sequence[int], most: int) -> list[list[Unit]]:
    """Cut into groups of at most `most` bytes whose inputs together are smallest; empty where a unit is larger."""
    least = [0.0] + [math.inf] * len(units)  # bytes of the inputs of the groups before each place
    begin = [0] * (len(units) + 1)  # where the last group before it begins
    for end in range(1, len(units) + 1):
        for first in range(end - 1, -1, -1):
            if prefix[end] - prefix[first] > most:
                break
            price = least[first] + units[first].input_bytes
            if price < least[end]:
                least[end], begin[end] = price, first
    groups: list[list[Unit]] = []
    end = len(units) if least[-1] < math.inf else 0
    while end:
        groups.insert(0, list(units[begin[end] : end]))
        end = begin[end]
    return groups
