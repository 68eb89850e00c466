"""Seconds of an action on a device: warmed up, waited for, the median of repeats.

An accelerator takes an order and answers at once; the work is done later. A clock that is read without waiting
times the order, not the work.
"""

import time
from collections.abc import Callable, Mapping
from statistics import median

import torch

from d2lab.core.device import synchronize

LEAST, MOST = 3, 50  # repeats

Clock = Callable[[], float]


def median_seconds(
    action: Callable[[], object],
    device: torch.device,
    *,
    budget_s: float = 0.1,
    clock: Clock = time.perf_counter,
) -> float:
    """Return the median time of an action, its work on the device included.

    The first call is not counted: it may load kernels, ask for memory and wake a sleeping chip.

    Args:
        action: what is timed.
        device: where its work is done.
        budget_s: seconds after which no further repeat begins, once there were three.
        clock: seconds from anywhere.
    """
    laps: list[float] = []
    action()
    synchronize(device)
    begin = clock()
    while len(laps) < LEAST or (len(laps) < MOST and clock() - begin < budget_s):
        start = clock()
        action()
        synchronize(device)
        laps.append(clock() - start)
    return median(laps)


def time_interleaved(
    actions: Mapping[str, Callable[[], object]], rounds: int = 9, *, clock: Clock = time.perf_counter
) -> dict[str, list[float]]:
    """Time actions of the processor interleaved, A B A B: what slows the machine for a while slows them all.

    Args:
        actions: what is timed, by name; each is called once before the first round, uncounted.
        rounds: how often each is timed.
        clock: seconds from anywhere.
    """
    laps: dict[str, list[float]] = {name: [] for name in actions}
    for turn in range(rounds + 1):
        for name, action in actions.items():
            begin = clock()
            action()
            if turn:
                laps[name].append(clock() - begin)
    return laps
