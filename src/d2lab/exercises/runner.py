"""Checking a learner's file in a process of its own, which is stopped when it takes too long or too much."""

import ast
import contextlib
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from d2lab.core.errors import ConfigError, DataError
from d2lab.exercises import hints
from d2lab.exercises.catalog import Entry, former_ids
from d2lab.exercises.exercise import Text, id_of
from d2lab.exercises.grader import Verdict
from d2lab.exercises.processes import MARK, end, started

SECONDS = 10.0
GIBIBYTES = 2.0
START_SECONDS = 180.0  # importing torch on a slow disk
PAUSE = 0.02
PRINTED = 2**20  # bytes
JOIN_SECONDS = 2.0  # a pipe that a process without the mark keeps open is not waited for
MOST_PRINTED = 800  # characters of the learner's own output that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a learner's code may take.

    Args:
        seconds: from when it starts, by the clock.
        gibibytes: of memory, above what torch itself takes.
    """

    seconds: float | int = SECONDS
    gibibytes: float | int = GIBIBYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check gave.

    Args:
        verdict: of the exercise.
        printed: by the learner's code, the beginning of it.
    """

    verdict: Verdict
    printed: str


def exercises_in(file: Path, exercises: Mapping[str, Entry]) -> list[str]:
    """List the exercises that a file holds: its functions and classes whose names are theirs.

    Args:
        file: of the learner.
        exercises: by id.

    Raises:
        DataError: it can't be read, or is no Python; the line is a hint.
        ConfigError: it holds none.
    """
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as cause:  # no UTF-8, or zero bytes
        raise DataError(f"file {file}", got=str(cause), need="a Python file in UTF-8") from cause
    except (RecursionError, MemoryError) as cause:
        raise DataError(f"file {file}", got="an expression nested too deep", need="Python that can be read") from cause
    except SyntaxError as cause:
        got, fix = f"line {cause.lineno}: {cause.msg}", "Look for a missing bracket, colon or indent there."
        raise DataError(f"file {file}", got=got, need="Python that can be read", fix=fix) from cause
    names = [n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)]
    former = former_ids(exercises)
    ids = [former.get(id_of(name), id_of(name)) for name in names]
    found = [one for one in dict.fromkeys(ids) if one in exercises]
    if not found:
        fix = "See d2lab exercise list; d2lab exercise start ID writes a file to begin with."
        raise ConfigError(f"file {file}", got=f"no exercise among {names}", need="a function named like one", fix=fix)
    return found


def check_file(course: Path, name: str, file: Path, *, seed: int, limits: Limits | None = None) -> Checked:
    """Grade one exercise of a file; the code of the file runs in a process of its own.

    Args:
        course: the folder of the chapters.
        name: of the exercise.
        file: of the learner.
        seed: of the random inputs.
        limits: of time and memory.

    Raises:
        DataError: the checker itself does not start or fails; that is never the learner's fault.
    """
    limits = limits or Limits()
    with tempfile.TemporaryDirectory(prefix="d2lab-exercise-", ignore_cleanup_errors=True) as folder:
        place, mark = Path(folder), secrets.token_hex(16)
        values = (seed, limits.seconds, limits.gibibytes)
        command = [sys.executable, "-P", "-m", "d2lab.exercises.worker", folder, str(course.resolve()), name]
        command += [str(file.resolve()), *map(str, values)]
        # Nothing of the learner's folder shadows a library, and one thread is enough for small tensors.
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8", "MPLBACKEND": "agg"}
        with (place / "complained").open("wb") as err:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**environment, MARK: mark},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=err,
                start_new_session=True,
            )
            begun = started(process)
            try:
                inbox = _Inbox(process)
                hint = _watch(process, inbox, place, file.resolve(), limits)
            finally:
                end(process, mark, begun)
        inbox.close()
        printed = _read(place / "printed", 4 * MOST_PRINTED)[:MOST_PRINTED]
        return Checked(verdict=_verdict(inbox, place, hint, process.returncode), printed=printed)


class _Inbox:
    """What the process sends over the pipe, read by a thread; only lines that begin with the secret count.

    Args:
        process: to send the secret to.
    """

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._secret, self._process = secrets.token_hex(16), process
        self.messages: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        with contextlib.suppress(OSError):  # it ended before it could read
            process.stdin.write(f"{self._secret}\n".encode())  # type: ignore[union-attr]
            process.stdin.close()  # type: ignore[union-attr]

    def close(self) -> None:
        """Wait for the last message of a process that has ended, and close the pipes."""
        self._thread.join(JOIN_SECONDS)
        with contextlib.suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]
        if not self._thread.is_alive():
            self._process.stdout.close()  # type: ignore[union-attr]

    def _read(self) -> None:
        for line in iter(lambda: self._process.stdout.readline(PRINTED), b""):  # type: ignore[union-attr]
            secret, _, message = line.decode("utf-8", "replace").partition(" ")
            if secret == self._secret:
                self.messages |= json.loads(message)


def _watch(
    process: "subprocess.Popen[bytes]", inbox: _Inbox, place: Path, file: Path, limits: Limits
) -> tuple[str, Text] | None:
    """Wait until the process ends; return the kind and the hint of what it was stopped for, or None."""
    begun, before = time.monotonic(), 0
    ready = False
    while process.poll() is None:
        time.sleep(PAUSE)
        if not ready and "ready" in inbox.messages:
            ready, begun, before = True, time.monotonic(), _memory(process)
        elapsed = time.monotonic() - begun
        if not ready and elapsed > START_SECONDS:
            raise DataError("exercise", got=f"no start within {elapsed:.0f} s", need="a machine that imports torch")
        if ready and elapsed > limits.seconds + 0.3:  # by then `stuck` is written
            return "endless", hints.endless(_stuck_line(place / "stuck", file), limits.seconds)
        if ready and _memory(process) - before > limits.gibibytes * 2**30:
            return "too large", hints.too_large(limits.gibibytes)
        if _size(place / "printed") + _size(place / "complained") > PRINTED:
            return "prints", hints.printing()
    return None


def _verdict(inbox: _Inbox, place: Path, stopped: tuple[str, Text] | None, code: int) -> Verdict:
    if stopped is not None:
        return Verdict(passed=False, kind=stopped[0], hint=stopped[1])
    if "verdict" in inbox.messages:
        return Verdict(**inbox.messages["verdict"])
    if "ready" in inbox.messages and "crashed" not in inbox.messages:
        return Verdict(passed=False, kind="died", hint=hints.died(code))
    complaint = inbox.messages.get("crashed") or _read(place / "complained", PRINTED)
    said = complaint.strip().rpartition("\n")[2] or f"exit code {code}"
    need, fix = (
        "a checker that works",
        "This is a fault of d2lab or its installation, not of your code; run d2lab doctor.",
    )
    raise DataError("exercise check", got=hints.one_line(said), need=need, fix=fix)


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _read(file: Path, most: int) -> str:
    """Read the beginning of a file that may not be there."""
    if not file.exists():
        return ""
    with file.open("rb") as lines:
        return lines.read(most).decode("utf-8", "replace")


def _memory(process: "subprocess.Popen[bytes]") -> int:
    try:
        return int(psutil.Process(process.pid).memory_info().rss)
    except psutil.Error:
        return 0


def _stuck_line(dump: Path, file: Path) -> int | None:
    """Find the line of the learner's file that was running; None where it was elsewhere."""
    text = dump.read_text(encoding="utf-8", errors="replace")
    found = re.search(rf'File "{re.escape(str(file))}", line (\d+)', text)
    return int(found[1]) if found else None
