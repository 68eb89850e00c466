"""Copy bandwidth: how many bytes a second move within a device, and between it and main memory."""

import time

import torch
from torch import Tensor

from d2lab.core.timing import Clock, median_seconds

MEBIBYTE = 1 << 20
WITHIN = {"cpu": 64 * MEBIBYTE}  # bytes copied; more than a cache holds, little enough for a small machine
WITHIN_ACCELERATOR = 256 * MEBIBYTE  # takes 0.2 ms where memory moves 3 TB/s: far more than an order costs
ACROSS = 64 * MEBIBYTE  # bytes sent to a device or fetched from it
PINNING = ("cuda", "xpu")  # these read main memory by themselves where its pages can't be moved away


def copy_bandwidths(
    device: torch.device, *, most_bytes: int | None = None, clock: Clock = time.perf_counter
) -> dict[str, float]:
    """Measure bytes a second.

    `copy` moves bytes within the device and counts them twice, read and written. `to` and `from` count a byte
    once, on its way between main memory and an accelerator; a processor has no such way. `pinned` memory is
    memory that the system may not move, so the device fetches it without a stopover.

    Source: the counting of STREAM, McCalpin 1995, "Memory bandwidth and machine balance".

    Args:
        device: where.
        most_bytes: size of a copy, where the usual one does not fit.
        clock: seconds from anywhere.

    Raises:
        RuntimeError: (torch's) the memory does not suffice, or the driver fails.
    """
    within = min(WITHIN.get(device.type, WITHIN_ACCELERATOR), most_bytes or WITHIN_ACCELERATOR)
    found = {"copy": 2 * _rate(_filled(within, device), _filled(within, device), device, clock)}
    if device.type == "cpu":
        return found
    across = min(ACROSS, within)
    there, here = _filled(across, device), _filled(across, torch.device("cpu"))
    found |= {"to": _rate(here, there, device, clock), "from": _rate(there, here, device, clock)}
    if device.type in PINNING:
        pinned = here.pin_memory()
        found |= {"to, pinned": _rate(pinned, there, device, clock)}
        found |= {"from, pinned": _rate(there, pinned, device, clock)}
    return found


def _filled(count: int, device: torch.device) -> Tensor:
    """Return bytes that were written once: pages that never were cost a system nothing to read."""
    return torch.ones(count, dtype=torch.uint8, device=device)


def _rate(source: Tensor, target: Tensor, device: torch.device, clock: Clock) -> float:
    """Return the bytes a second of copying one tensor over another, each byte counted once."""
    return source.nbytes / median_seconds(lambda: target.copy_(source, non_blocking=True), device, clock=clock)
