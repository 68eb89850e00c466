"""How many threads an action keeps busy, by the processor time of each: load of other programs does not distort it."""

import time
from collections.abc import Callable

import psutil

SETTLE_S = 0.3  # threads of the action before may go on waiting in a loop for a while


def threads_used(action: Callable[[], object], seconds: float | int = 0.5) -> float:
    """Return the processor time of all threads over that of the busiest: 1 for one alone, n where n share evenly.

    What another program takes is missing from all threads alike, so the ratio stays, where a speedup would not.

    Args:
        action: is repeated.
        seconds: for how long; systems count in hundredths.
    """
    action()
    time.sleep(SETTLE_S)
    before = _seconds()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        action()
    spent = [now - before.get(thread, 0.0) for thread, now in _seconds().items()]
    return sum(spent) / max(spent) if max(spent) > 0 else 1.0


def _seconds() -> dict[int, float]:
    """Return the processor seconds of each thread, by its number."""
    return {one.id: one.user_time + one.system_time for one in psutil.Process().threads()}
