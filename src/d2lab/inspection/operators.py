"""The operations that take most of a step's time, as `torch.profiler` sees them."""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from d2lab.core.device import synchronize


@dataclass(frozen=True, kw_only=True, slots=True)
class Operator:
    """One operation of torch, all its calls in a step together."""

    name: str
    calls: float  # a step
    seconds: float  # a step, without the operations inside it; of the device where it is an accelerator


def slowest_operators(
    step: Callable[[], object], device: torch.device, *, steps: int = 3, top: int = 8
) -> list[Operator]:
    """Return the operations with the most time of their own, the slowest first.

    Args:
        step: computes one step.
        device: whose time counts.
        steps: computed under the profiler, which slows small operations.
        top: operations returned.
    """
    from torch.profiler import ProfilerActivity, profile

    activities, accelerated = [ProfilerActivity.CPU], device.type in ("cuda", "xpu")
    if accelerated:
        activities.append(getattr(ProfilerActivity, device.type.upper()))
    step()
    with _quiet(), profile(activities=activities) as profiled:
        for _ in range(steps):
            step()
        synchronize(device)
    rows = []
    for event in profiled.key_averages():
        own = event.self_device_time_total if accelerated else event.self_cpu_time_total
        if not event.key.startswith(("autograd::", "Optimizer", "ProfilerStep")) and own > 0:
            rows.append(Operator(name=event.key, calls=event.count / steps, seconds=own * 1e-6 / steps))
    return sorted(rows, key=lambda row: -row.seconds)[:top]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the profiler's own log, which it writes past Python, from standard error."""
    try:
        kept = os.dup(2)
    except OSError:  # closed
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
