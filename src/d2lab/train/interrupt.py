"""Ctrl-C: the first one asks the loop to stop after this step, a later one raises KeyboardInterrupt.

Signals right after the first are the same wish; while the last checkpoint is being written, none breaks in.
"""

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

SIGNALS = ("SIGINT", "SIGTERM")
PATIENCE_S = 1.0  # signals within this time after the first are the same wish: a key pressed again and again


class Interrupt:
    """A context in which Ctrl-C (SIGINT) and SIGTERM set `asked` instead of interrupting a step.

    Outside the main thread, where Python delivers no signals, it only holds the flag.
    """

    def __init__(self) -> None:
        self.asked = False
        self._asked_at = 0.0
        self._saving = False
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

    def save_in_peace(self) -> None:
        """From here on let no signal break in: what is left to do is to write the last checkpoint."""
        self._saving = True

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self._saving:
            return
        if self.asked and time.monotonic() - self._asked_at >= PATIENCE_S:
            raise KeyboardInterrupt
        if not self.asked:
            self.asked, self._asked_at = True, time.monotonic()
