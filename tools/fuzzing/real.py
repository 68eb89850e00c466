"""A share of the cases once more, by a command line in a process of its own: it must do as the forked child does."""

import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.fuzzing.case import LIMIT_S, Outcome, Watch, end_group, places, run_case

ROOT = Path(__file__).resolve().parents[2]
AT_HOME = ("tmp", "cache", ".cache", ".config")  # what matplotlib leaves is not of the case
PASSING = re.compile(r"\d+(\.\d+)?([eE][-+]?\d+)?|0x[0-9a-f]+")  # dates, seconds, process ids


@dataclass(frozen=True)
class Result:
    """What two processes must have in common: exit code, words but no numbers, names of files, tensors."""

    code: int | None
    out: str
    err: str
    files: tuple[str, ...]
    tensors: tuple[str, ...]


def can_run(step: Sequence[str]) -> bool:
    """Say whether the arguments can stand on a real command line at all."""
    try:
        return max(len(os.fsencode(word)) for word in step) < 2**17
    except UnicodeEncodeError:  # half of a pair of surrogates
        return False


def by_fork(step: Sequence[str], place: Path) -> Result:
    """Run a command line as the cases do."""
    case = run_case([step], place, programs=True)
    done = case.steps[0] if case.steps else Outcome("", err="; ".join(case.faults))
    return _result(done.code, done.out, done.err, place)


def by_program(step: Sequence[str], place: Path) -> Result:
    """Run `python -m d2lab` with the same folders, output into files, and the same time."""
    environment = {**os.environ, **places(place), "PYTHONPATH": str(ROOT / "src"), "MPLBACKEND": "Agg"}
    environment.pop("D2LAB_DATA", None)
    out, err = place.parent / "stdout", place.parent / "stderr"
    with out.open("wb") as to, err.open("wb") as wrong:
        child = subprocess.Popen(
            [sys.executable, "-m", "d2lab", *step],
            cwd=place,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=to,
            stderr=wrong,
            start_new_session=True,
        )
        watch = Watch(child.pid, 3 * LIMIT_S)  # it also imports torch
        while child.poll() is None and not watch.is_over():
            time.sleep(0.05)
        end_group(child.pid)
        code = child.wait()
    return _result(code, *(path.read_text("utf-8", "replace") for path in (out, err)), place)


def difference(mine: Result, theirs: Result) -> str:
    """Name the first thing in which the program differs from the forked child; empty where they agree."""
    for name in ("code", "out", "err", "files", "tensors"):
        one, other = getattr(mine, name), getattr(theirs, name)
        if one != other:
            return f"{name} of a child and of the program: {str(one)[-500:]!r} and {str(other)[-500:]!r}"
    return ""


def _result(code: int | None, out: str, err: str, place: Path) -> Result:
    files = sorted(path for path in place.rglob("*") if path.relative_to(place).parts[0] not in AT_HOME)
    tensors = [
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.suffix == ".safetensors" and path.is_file() and path.stat().st_size < 2**30
    ]
    names = {PASSING.sub("N", str(path.relative_to(place))) for path in files}
    words = (PASSING.sub("N", re.sub(r"\s+", " ", text)) for text in (out, err))
    return Result(code, *words, tuple(sorted(names)), tuple(sorted(tensors)))
