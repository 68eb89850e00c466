"""A timeline of marks: which part of a program ran for how long, on the processor or on an accelerator.

On an accelerator a mark is an event in its queue of work: nothing waits for it, and times are read once at the end.
A part's time then is what lies between two events on the device, with the pauses in which it had nothing to do.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Hashable
from typing import Any

import torch

from d2lab.core.device import synchronize


class Timeline:
    """Marks in the order of time; from a mark to the next all time belongs to its key.

    Args:
        device: whose time is measured.
        clock: seconds from anywhere, where the device is a processor.
    """

    def __init__(self, device: torch.device, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self.device, self.clock = device, clock
        self.marks: list[tuple[Hashable, Any]] = []
        self._events = device.type in ("cuda", "xpu", "mps")

    def mark(self, key: Hashable) -> None:
        """Begin the time of a key and end that of the one before."""
        self.marks.append((key, self._event() if self._events else self.clock()))

    def laps(self, first: Hashable) -> list[dict[Hashable, float]]:
        """Return the seconds of every key, lap by lap; those of the last mark are not known.

        Args:
            first: the key that begins a lap; what lies before it is left out.
        """
        synchronize(self.device)
        found: list[dict[Hashable, float]] = []
        for (key, begin), (_, end) in zip(self.marks, self.marks[1:], strict=False):
            if key == first:
                found.append(defaultdict(float))
            if found:
                found[-1][key] += begin.elapsed_time(end) / 1000 if self._events else end - begin
        return found

    def _event(self) -> Any:  # noqa: ANN401
        event = getattr(torch, self.device.type).Event(enable_timing=True)
        event.record()
        return event
