"""Checking a learner's file in a process of its own, which is stopped when it takes too long or too much."""

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import psutil

from d2lab.core.errors import ConfigError, DataError
from d2lab.exercises import hints
from d2lab.exercises.exercise import Text, id_of
from d2lab.exercises.grader import Verdict

SECONDS = 10.0
GIBIBYTES = 2.0
START_SECONDS = 180.0  # importing torch on a slow disk
PAUSE = 0.02
PRINTED = 2**20  # bytes
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


def exercises_in(file: Path, known: Collection[str]) -> list[str]:
    """List the exercises that a file holds: its functions and classes whose names are theirs.

    Args:
        file: of the learner.
        known: ids of exercises.

    Raises:
        DataError: it can't be read, or is no Python; the line is a hint.
        ConfigError: it holds none.
    """
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as cause:
        raise DataError(f"file {file}", got=str(cause), need="a Python file in UTF-8") from cause
    except SyntaxError as cause:
        got, fix = f"line {cause.lineno}: {cause.msg}", "Look for a missing bracket, colon or indent there."
        raise DataError(f"file {file}", got=got, need="Python that can be read", fix=fix) from cause
    names = [n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)]
    found = [id_of(name) for name in names if id_of(name) in known]
    if not found:
        fix = "See d2lab exercise list; d2lab exercise start ID writes a file to begin with."
        raise ConfigError(f"file {file}", got=f"no exercise among {names}", need="a function named like one", fix=fix)
    return found


def check_file(course: Path, name: str, file: Path, *, seed: int, limits: Limits | None = None) -> Checked:
    """Judge one exercise of a file; the code of the file runs in a process of its own.

    Args:
        course: the folder of the chapters.
        name: of the exercise.
        file: of the learner.
        seed: of the random inputs.
        limits: of time and memory.
    """
    limits = limits or Limits()
    with tempfile.TemporaryDirectory(prefix="d2lab-exercise-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        values = (seed, limits.seconds, limits.gibibytes)
        command = [sys.executable, "-P", "-m", "d2lab.exercises.worker", folder, str(course.resolve()), name]
        command += [str(file.resolve()), *map(str, values)]
        # Nothing of the learner's folder shadows a library, and one thread is enough for small tensors.
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8", "MPLBACKEND": "agg"}
        with (place / "printed").open("wb") as out, (place / "complained").open("wb") as err:
            process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err
            )
            try:
                hint = _watch(process, place, file.resolve(), limits)
            finally:
                _stop(process)
        printed = (place / "printed").read_bytes()[: 4 * MOST_PRINTED].decode("utf-8", "replace")[:MOST_PRINTED]
        return Checked(verdict=_verdict(place, hint, process.returncode), printed=printed)


def _watch(process: subprocess.Popen[bytes], place: Path, file: Path, limits: Limits) -> tuple[str, Text] | None:
    """Wait until the process ends; return the kind and the hint of what it was stopped for, or None."""
    begun, before = time.monotonic(), 0
    ready = False
    while process.poll() is None:
        time.sleep(PAUSE)
        if not ready and (place / "ready").exists():
            ready, begun, before = True, time.monotonic(), _memory(process)
        elapsed = time.monotonic() - begun
        if not ready and elapsed > START_SECONDS:
            raise DataError("exercise", got=f"no start within {elapsed:.0f} s", need="a machine that imports torch")
        if ready and elapsed > limits.seconds + 0.3:  # by then `stuck` is written
            return "endless", hints.endless(_stuck_line(place / "stuck", file), limits.seconds)
        if ready and _memory(process) - before > limits.gibibytes * 2**30:
            return "too large", hints.too_large(limits.gibibytes)
        if (place / "printed").stat().st_size + (place / "complained").stat().st_size > PRINTED:
            return "prints", hints.printing()
    return None


def _verdict(place: Path, stopped: tuple[str, Text] | None, code: int) -> Verdict:
    if stopped is not None:
        return Verdict(passed=False, kind=stopped[0], hint=stopped[1])
    if not (place / "verdict").exists():
        complaint = (place / "complained").read_text(encoding="utf-8", errors="replace")
        if not (place / "ready").exists():  # ours, not the learner's
            need = "a checker that starts"
            raise DataError("exercise", got=hints.one_line(complaint[-300:]), need=need, fix="Run d2lab doctor.")
        return Verdict(passed=False, kind="died", hint=hints.died(code))
    return Verdict(**json.loads((place / "verdict").read_text(encoding="utf-8")))


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it started."""
    try:
        family = psutil.Process(process.pid).children(recursive=True)
    except psutil.Error:
        family = []
    for child in family:
        try:
            child.kill()
        except psutil.Error:
            continue
    process.kill()
    process.wait()


def _memory(process: subprocess.Popen[bytes]) -> int:
    try:
        return int(psutil.Process(process.pid).memory_info().rss)
    except psutil.Error:
        return 0


def _stuck_line(dump: Path, file: Path) -> int | None:
    """Find the line of the learner's file that was running; None where it was elsewhere."""
    text = dump.read_text(encoding="utf-8", errors="replace")
    found = re.search(rf'File "{re.escape(str(file))}", line (\d+)', text)
    return int(found[1]) if found else None
