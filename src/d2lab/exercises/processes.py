"""Ending a process and all that it started, also what has left its group or its parent."""

import contextlib
import os
import signal
import subprocess
import time

import psutil

MARK = "D2LAB_EXERCISE_CHECK"  # an environment variable; what a process starts inherits it
ROUNDS = 20  # of looking again for processes that started others in the meantime
GONE_SECONDS = 5.0  # a killed process takes a moment to go on a busy machine
PAUSE = 0.01


def started(process: "subprocess.Popen[bytes]") -> float:
    """Return when a process started, by the clock that `psutil` tells all processes' starts by; 0 if it is gone.

    Args:
        process: just started.
    """
    try:
        return float(psutil.Process(process.pid).create_time())
    except psutil.Error:
        return 0.0


def end(process: "subprocess.Popen[bytes]", mark: str, since: float) -> None:
    """Kill a process, its group and every process that carries its mark, and wait for the process.

    Args:
        process: the leader of its own group, on POSIX.
        mark: the value of the environment variable `MARK` with which it was started.
        since: when it started; older processes are not looked at.
    """
    if process.poll() is None:
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
    process.wait()
    for _ in range(ROUNDS):
        found = marked(mark, since)
        if not found:
            return
        for one in found:
            with contextlib.suppress(psutil.Error):
                one.kill()
        before = time.monotonic()
        while not all(map(_is_gone, found)) and time.monotonic() - before < GONE_SECONDS:
            time.sleep(PAUSE)


def marked(mark: str, since: float) -> list[psutil.Process]:
    """List the living processes that carry a mark.

    Args:
        mark: the value of the environment variable `MARK`.
        since: when the first of them started.
    """
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.create_time() >= since and not _is_gone(process) and process.environ().get(MARK) == mark:
                found.append(process)
    return found


def _is_gone(process: psutil.Process) -> bool:
    """Say whether a process has ended; a zombie has, whether or not its parent has read how."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True
