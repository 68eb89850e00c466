"""Ctrl-C: the first one asks the loop to stop after this step, the second one raises KeyboardInterrupt."""

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

SIGNALS = ("SIGINT", "SIGTERM")


class Interrupt:
    """A context in which Ctrl-C (SIGINT) and SIGTERM set `asked` instead of interrupting a step.

    Outside the main thread, where Python delivers no signals, it only holds the flag.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Callable[..., Any] | int | None] = {}

    def __enter__(self) -> "Interrupt":
        if threading.current_thread() is threading.main_thread():
            for name in SIGNALS:
                number = getattr(signal, name)
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
