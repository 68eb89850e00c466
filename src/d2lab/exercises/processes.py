"""Ending a process and all that it started, also what has left its group or its parent."""

import contextlib
import os
import signal
import subprocess

import psutil

MARK = "D2LAB_EXERCISE_CHECK"  # an environment variable; what a process starts inherits it
SLACK = 1.0  # seconds: clocks of the start of processes are coarse
ROUNDS = 20  # of looking again for processes that started others in the meantime
PAUSE = 0.05


def end(process: "subprocess.Popen[bytes]", mark: str, since: float) -> None:
    """Kill a process, its group and every process that carries its mark, and wait for the process.

    Args:
        process: the leader of its own group, on POSIX.
        mark: the value of the environment variable `MARK` with which it was started.
        since: `time.time()` before it was started; older processes are not looked at.
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
        psutil.wait_procs(found, timeout=PAUSE)


def marked(mark: str, since: float) -> list[psutil.Process]:
    """List the living processes that carry a mark.

    Args:
        mark: the value of the environment variable `MARK`.
        since: `time.time()` before the first of them was started.
    """
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            young = process.create_time() >= since - SLACK
            if young and process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark:
                found.append(process)
    return found
