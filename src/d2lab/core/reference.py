"""Comparison with a reference implementation: an idea of ours beside the library's, and how far apart the two are.

"Twin" is this project's word for such a pair, as in `d2lab twins`: our implementation and the library's, built from
the same arguments. A row of a table of twins says how to build both, what to feed them and how close they must be.
Tests, `to_scratch`, `d2lab twins` and the course all read the same rows.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any, Protocol

import torch
from torch import Generator, Tensor, nn

from d2lab.core.tensor_tree import Tree, map_tensors, tensors_of
from d2lab.core.timing import Clock, time_interleaved

Inputs = Callable[[Generator, int], tuple[Tree, ...]]  # what forward takes: tensors, or tuples of them
CLOSE = 1e-9  # relative, in float64: a thousand roundings of 2e-16 leave five digits of room
EXAMPLES = 4  # of a comparison
TIMED_EXAMPLES = 256  # of a timing: the course's batch


class Row(Protocol):
    """What every table of twins offers, whatever it compares."""

    @property
    def name(self) -> str:
        """The idea, and its variant."""

    @property
    def source(self) -> str:
        """The paper or definition."""

    @property
    def rtol(self) -> float:
        """Return the largest relative difference allowed."""

    @property
    def why(self) -> str:
        """Explain a tolerance above 1e-9, or a form slower than others; empty elsewhere."""

    def difference(self) -> float:
        """Measure the largest relative difference in float64."""

    def slowdown(self) -> float:
        """Measure our time over the library's, a ratio."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Twin:
    """A layer of ours and torch's, built from the same arguments.

    `inputs(draw, batch)` gives what forward takes, drawn in float64; floating inputs get gradients too.
    """

    name: str
    source: str
    ours: Callable[[], nn.Module]
    theirs: Callable[[], nn.Module]
    inputs: Inputs
    rtol: float = CLOSE
    why: str = ""
    rounds: int = 5  # of a timing

    def difference(self) -> float:
        """Compare outputs, gradients and buffers, training and evaluating, from the same weights and RNG state."""
        ours, theirs = alike(self)
        given = self.inputs(torch.Generator().manual_seed(1), EXAMPLES)
        largest = 0.0
        for training in (True, False):
            results = [passed(layer.train(training), given) for layer in (ours, theirs)]
            if results[0].keys() != results[1].keys():
                return float("inf")
            pairs = [(results[0][name], results[1][name]) for name in results[1]]
            largest = max([largest, *(relative_difference(mine, reference) for mine, reference in pairs)])
        return largest

    def slowdown(self) -> float:
        """Time forward and backward on a batch of 256 in float32, interleaved; the ratio of the medians."""
        ours, theirs = (layer.float().train() for layer in alike(self))
        drawn = self.inputs(torch.Generator(), TIMED_EXAMPLES)
        given = map_tensors(lambda x: x.float() if x.is_floating_point() else x, drawn)
        return slowdown(lambda: passed(ours, given), lambda: passed(theirs, given), self.rounds)


def alike(twin: Twin) -> tuple[nn.Module, nn.Module]:
    """Build both in float64 with the same weights, none of which is the 0 or 1 that hides a forgotten one."""
    ours, theirs = twin.ours().double(), twin.theirs().double()
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in theirs.parameters():
            weight.copy_(torch.randn(weight.shape, generator=draw, dtype=weight.dtype))
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def passed(layer: nn.Module, given: tuple[Tree, ...]) -> dict[str, Tensor]:
    """Run forward and backward once; return outputs, gradients and buffers by name."""
    leaves = map_tensors(lambda x: x.clone().requires_grad_() if x.is_floating_point() else x, given)
    torch.manual_seed(0)
    output = tensors_of(layer(*leaves))
    flat = torch.cat([part.flatten() for part in output])
    marks = torch.cos(torch.arange(len(flat), dtype=flat.dtype))  # tells elements apart: a plain sum would not
    wanted = {f"gradient of input {number}": x for number, x in enumerate(tensors_of(leaves)) if x.requires_grad}
    wanted |= {f"gradient of {name}": weight for name, weight in layer.named_parameters()}
    gradients = torch.autograd.grad((flat * marks).sum(), list(wanted.values()), allow_unused=True)
    results = {name: g for name, g in zip(wanted, gradients, strict=True) if g is not None}
    buffers = {f"buffer {name}": value.clone() for name, value in layer.named_buffers()}
    outputs = {f"output {number}" if number else "output": part.detach() for number, part in enumerate(output)}
    return {**outputs, **results, **buffers}


def relative_difference(mine: Tensor, reference: Tensor) -> float:
    """Return the largest |mine - reference| over the largest |reference|; infinite where shape or NaNs differ."""
    if mine.shape != reference.shape or mine.dtype != reference.dtype:
        return float("inf")
    if not reference.numel():
        return 0.0
    mine, reference = mine.double(), reference.double()
    finite = reference.isfinite()
    odd, expected = mine[~finite].nan_to_num(), reference[~finite].nan_to_num()  # NaN is not equal to itself
    if not torch.equal(finite, mine.isfinite()) or not torch.equal(odd, expected):
        return float("inf")
    apart = (mine[finite] - reference[finite]).abs()
    scale = reference[finite].abs()
    if not len(apart):
        return 0.0
    return float(apart.max() / scale.max()) if scale.max() > 0 else float(apart.max())


def slowdown(
    ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int = 5, *, clock: Clock = time.perf_counter
) -> float:
    """Time two actions interleaved, after one warm-up each; return ours over theirs, of median times."""
    laps = time_interleaved({"ours": ours, "theirs": theirs}, rounds, clock=clock)
    return median(laps["ours"]) / median(laps["theirs"])
