"""Lines of `d2lab doctor` about devices: name, memory, measured copy bandwidth and matrix rate."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from d2lab.cli.finding import Line

if TYPE_CHECKING:
    import torch


def device_lines(*, measure: bool) -> Iterator[Line]:
    """Yield the lines of every device; an error becomes a line that says what to do.

    Args:
        measure: also time copies and matrix products, about a second per device.
    """
    try:
        from d2lab.core.device import devices
    except ImportError:  # no torch: another line says so
        return
    for device in devices():
        try:
            yield from _lines(device, measure=measure)
        except (RuntimeError, MemoryError) as error:  # torch's errors of drivers and of memory
            yield _broken(device, error)


def _lines(device: "torch.device", *, measure: bool) -> Iterator[Line]:
    from d2lab.core.device_card import describe_device

    card = describe_device(device)
    yield "ok", str(device), card.describe()
    if measure:
        from d2lab.core.bandwidth import copy_bandwidths
        from d2lab.core.matrix_rate import matrix_rates

        most = None if card.free_bytes is None else max(1 << 20, card.free_bytes // 8)
        threads = _threads() if device.type == "cpu" else ""
        copies = [f"{name} {rate / 1e9:.1f}" for name, rate in copy_bandwidths(device, most_bytes=most).items()]
        yield "ok", f"{device} copy", f"{'  '.join(copies).removeprefix('copy ')} GB/s{threads}"
        rates = [f"{name} {_tera(rate)}" for name, rate in matrix_rates(device).items()]
        yield "ok", f"{device} matrix", f"{'  '.join(rates)} TFLOP/s{threads}"
        if device.type == "cpu":
            yield from _busy()


def _busy() -> Iterator[Line]:
    """Yield a note when other programs keep the CPU busy, which lowers measured rates."""
    from d2lab.core.machine import usable_cores

    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if load > 1.5 * usable_cores():
        yield (
            "note",
            "cpu load",
            f"{load:.1f} on {usable_cores()} cores: the machine is busy, measured rates are too low",
        )


def _broken(device: "torch.device", error: Exception) -> Line:
    """Return the line of a device that raised an error."""
    words = str(error).strip().partition("\n")[0] or type(error).__name__
    if "memory" in words:
        return "note", str(device), f"{words[:120]}: close what else uses this device"
    return "fix", str(device), f"{words[:120]}: update its driver, or train with --device cpu"


def _tera(rate: float) -> str:
    """Return operations per second in TFLOP/s, with three digits."""
    return f"{rate / 1e12:#.3g}".rstrip(".")


def _threads() -> str:
    import torch

    count = torch.get_num_threads()
    return f" ({count} thread{'s' if count > 1 else ''})"
