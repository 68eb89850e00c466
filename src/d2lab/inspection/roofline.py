"""Roofline of a machine: how fast it computes, how fast its memory moves bytes, what one operation costs at least.

A layer that does F floating-point operations and moves B bytes can't take less than F / rate and B / bandwidth
seconds; the larger of the two bounds it. A third time is no matter of size: each operation costs Python, torch and a
kernel launch some microseconds, however little it computes.

Source: Williams, Waterman, Patterson 2009, "Roofline: an insightful visual performance model".
Changed: bandwidth by the size of an operation, as caches are faster than memory; the cost of an operation as a third
bound.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from d2lab.core.bandwidth import copy_bandwidths
from d2lab.core.errors import ConfigError
from d2lab.core.matrix_rate import matrix_rate
from d2lab.core.timing import Clock, median_seconds
from d2lab.inspection.layer_costs import count_layers, total
from d2lab.inspection.operation_costs import Cost

Regime = Literal["compute", "bandwidth", "overhead"]
FORMATS = ("float32", "bfloat16", "float16", "float64")
COPIES = (2**18, 2**20, 2**22, 2**24, 2**26)  # bytes of a copy on a processor, whose caches hold some of them
COPIES_ACCELERATOR = (2**22, 2**24, 2**26, 2**28)
ROUNDS = 3
TINY_LAYERS = 10  # few enough that most laps are not interrupted by other programs


@dataclass(frozen=True, kw_only=True, slots=True)
class Roof:
    """Measured limits of a device."""

    flops_per_s: dict[str, float]  # by number format; those that the device multiplies
    bytes_per_s: dict[int, float]  # by the bytes that a copy reads and writes
    operation_s: float  # an operation on next to nothing, its share of Python and autograd included

    def bandwidth(self, size: int) -> float:
        """Return the bytes a second of an operation that moves `size` bytes, between those that were measured."""
        sizes = sorted(self.bytes_per_s)
        rates = [self.bytes_per_s[one] for one in sizes]
        return float(np.interp(np.log(max(1, size)), np.log(sizes), rates))

    @property
    def memory(self) -> float:
        """Return the bandwidth of the largest copy, bytes a second: that of memory where no cache holds it."""
        return self.bytes_per_s[max(self.bytes_per_s)]

    def ridge(self, precision: str) -> float:
        """Return the FLOPs a byte from which arithmetic, not memory, is the limit."""
        return self.rate(precision) / self.memory

    def rate(self, precision: str) -> float:
        """Return the operations a second of a number format.

        Raises:
            ConfigError: the format was not measured.
        """
        if precision not in self.flops_per_s:
            raise ConfigError("precision", got=precision, need=" or ".join(self.flops_per_s))
        return self.flops_per_s[precision]


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """The least seconds of a layer, by each of the three limits."""

    compute_s: float
    bandwidth_s: float
    overhead_s: float

    @property
    def regime(self) -> Regime:
        """Return the limit that takes longest."""
        times: dict[Regime, float] = {
            "compute": self.compute_s,
            "bandwidth": self.bandwidth_s,
            "overhead": self.overhead_s,
        }
        return max(times, key=lambda name: times[name])

    @property
    def least_s(self) -> float:
        """Return the longest of the three times: no layer is faster on this machine."""
        return max(self.compute_s, self.bandwidth_s, self.overhead_s)


def bounds(cost: Cost, roof: Roof, precision: str = "float32") -> Bounds:
    """Return the least time of a layer by each limit of the machine.

    Args:
        cost: of the layer.
        roof: of the machine.
        precision: number format of its matrix products.
    """
    return Bounds(
        compute_s=cost.flops / roof.rate(precision),
        bandwidth_s=cost.bytes / roof.bandwidth(cost.largest),
        overhead_s=cost.operations * roof.operation_s,
    )


def measure_roof(device: torch.device, *, most_bytes: int | None = None, clock: Clock = time.perf_counter) -> Roof:
    """Measure the limits of a device, with as many CPU threads as torch is set to; takes some ten seconds.

    Each is the best of three rounds: what the device can do at most.

    Args:
        device: where.
        most_bytes: size of a copy, where the usual ones do not fit.
        clock: seconds from anywhere.

    Raises:
        RuntimeError: (torch's) the memory does not suffice, or float32 does not work.
    """
    sizes = [size for size in _copies(device) if most_bytes is None or size <= most_bytes] or [2**18]
    rates, copies, operations = [], [], []
    for _ in range(ROUNDS):
        rates.append(_rates(device, clock))
        copies.append({2 * size: copy_bandwidths(device, most_bytes=size, clock=clock)["copy"] for size in sizes})
        operations.append(operation_seconds(device, clock=clock))
    return Roof(flops_per_s=_best(rates), bytes_per_s=_best(copies), operation_s=min(operations))


Key = TypeVar("Key")


def _best(rounds: Sequence[dict[Key, float]]) -> dict[Key, float]:
    """Return the highest rate of all rounds: other programs only ever lower it."""
    return {key: max(found[key] for found in rounds if key in found) for key in rounds[0]}


def _copies(device: torch.device) -> tuple[int, ...]:
    return COPIES if device.type == "cpu" else COPIES_ACCELERATOR


def _rates(device: torch.device, clock: Clock) -> dict[str, float]:
    """Measure every number format that the device multiplies."""
    rates: dict[str, float] = {}
    for name in FORMATS:
        try:
            rates[name] = matrix_rate(device, getattr(torch, name), clock=clock)
        except (RuntimeError, TypeError):  # mps has no float64, old chips no half format
            if name == "float32":
                raise
    return rates


def operation_seconds(device: torch.device, *, clock: Clock = time.perf_counter) -> float:
    """Measure the seconds of one operation on next to nothing: forward and backward of a chain of tiny layers.

    Args:
        device: where.
        clock: seconds from anywhere.
    """
    layers = [layer for _ in range(TINY_LAYERS) for layer in (nn.Linear(2, 2), nn.ReLU())]
    with torch.random.fork_rng(devices=[]):
        chain = nn.Sequential(*layers).to(device)
    example, wanted = torch.ones(2, 2, device=device), list(chain.parameters())

    def forward() -> Tensor:
        loss: Tensor = chain(example).sum()
        return loss

    count = total(layer.both for layer in count_layers(chain, forward)).operations
    return median_seconds(lambda: torch.autograd.grad(forward(), wanted), device, clock=clock) / count
