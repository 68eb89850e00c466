"""Peak memory of a worker and its children, sampled from outside while it works."""

import threading
from typing import Any

import psutil

EVERY_S = 0.05  # a peak shorter than this may be missed


class PeakMemory:
    """A context that watches a process and its children; afterwards `peak` holds MiB, in two ways of counting.

    `rss` adds up what each process has in memory, so pages that a parent and its children share count for each;
    `pss` (Linux only) divides shared pages among those who share them, and is the fairer one.
    """

    def __init__(self, pid: int) -> None:
        self.root, self.done = psutil.Process(pid), threading.Event()
        self.peak: dict[str, float] = {}
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self.done.wait(EVERY_S):
            for name, value in self._sample().items():
                self.peak[name] = max(self.peak.get(name, 0.0), round(value / 2**20, 1))

    def _sample(self) -> dict[str, float]:
        sums: dict[str, float] = {}
        for process in [self.root, *_children(self.root)]:
            try:
                info = _memory(process)
            except psutil.NoSuchProcess:  # it has just ended
                continue
            for name in ("rss", "pss"):
                if hasattr(info, name):
                    sums[name] = sums.get(name, 0.0) + getattr(info, name)
        return sums

    def __enter__(self) -> "PeakMemory":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.thread.join()


def _memory(process: psutil.Process) -> Any:
    try:
        return process.memory_full_info()
    except psutil.AccessDenied:  # some systems tell only the plain sum
        return process.memory_info()


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []
