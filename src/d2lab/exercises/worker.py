"""The process that a learner's code runs in: reads the file, grades one exercise, sends the verdict.

Started by `runner`, as `python -m d2lab.exercises.worker FOLDER COURSE ID FILE SEED SECONDS GIBIBYTES`. Standard input
holds a secret, and standard output is the pipe that the verdict travels on: both are taken away before the learner's
code runs, so that what it prints goes to FOLDER/printed, and a verdict without the secret is not believed. FOLDER/stuck
says where the code was when its time was up.
"""

import contextlib
import dataclasses
import faulthandler
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from d2lab.exercises import hints
from d2lab.exercises.catalog import Entry, find, load_file, read_exercises
from d2lab.exercises.grader import Verdict, grade

GIB = 2**30
Send = Callable[[dict[str, Any]], None]


def main(folder: str, course: str, name: str, file: str, seed: str, seconds: str, gibibytes: str) -> None:
    """Grade a file and send the verdict.

    Args:
        folder: for `printed` and `stuck`.
        course: the folder of the chapters.
        name: of the exercise.
        file: of the learner.
        seed: of the random inputs.
        seconds: that the learner's code may take.
        gibibytes: of memory that it may take.
    """
    place = Path(folder)
    send = _private_pipe(place / "printed")
    entry = find(read_exercises(Path(course)), name)
    torch.set_num_threads(1)
    _limit_memory(float(gibibytes))
    with (place / "stuck").open("w") as stuck:
        send({"ready": True})
        faulthandler.dump_traceback_later(float(seconds), file=stuck)
        message = _graded(entry, file, int(seed), float(gibibytes))
        faulthandler.cancel_dump_traceback_later()
    send(message)
    sys.stdout.flush()
    os._exit(0)  # threads that the learner left running are nobody's business now


def _private_pipe(printed: Path) -> Send:
    """Take the secret from standard input and the pipe from standard output, which becomes the file `printed`."""
    secret = sys.stdin.readline().strip()
    pipe = os.dup(sys.stdout.fileno())
    with printed.open("wb") as out:
        os.dup2(out.fileno(), sys.stdout.fileno())

    def send(message: dict[str, Any]) -> None:
        os.write(pipe, f"{secret} {json.dumps(message)}\n".encode())

    return send


def _graded(entry: Entry, file: str, seed: int, gibibytes: float) -> dict[str, Any]:
    """Return the message about a file: the verdict, or where the checker itself failed."""
    names = {module: dict(vars(sys.modules[module])) for module in _ours()}
    grading, ours = grade, _ours  # names that the learner's code can't put others in place of
    try:
        verdict = _candidate_verdict(entry, file, seed, grading)
        changed = [
            f"{module.removeprefix('d2lab.exercises.')}.{name}"
            for module in ours()
            for name, value in names.get(module, {}).items()
            if vars(sys.modules[module]).get(name) is not value
        ]
        if changed:
            verdict = Verdict(passed=False, kind="changes the checker", hint=hints.changes_checker(changed[0]))
    except MemoryError:
        verdict = Verdict(passed=False, kind="too large", hint=hints.too_large(gibibytes))
    except BaseException:
        return {"crashed": traceback.format_exc()[-2000:]}
    return {"verdict": dataclasses.asdict(verdict)}


def _candidate_verdict(entry: Entry, file: str, seed: int, grading: Callable[..., Verdict]) -> Verdict:
    try:
        module = load_file(Path(file))
        candidate = next(getattr(module, name) for name in entry.names if hasattr(module, name))
    except StopIteration:
        return Verdict(passed=False, kind="missing", hint=hints.missing(entry.names[0]))
    except BaseException as error:
        return Verdict(passed=False, kind="unreadable", hint=hints.unreadable(error, file))
    return grading(entry.exercise, entry.solution.candidate, candidate, seed=seed, file=file)


def _ours() -> list[str]:
    """List the modules that grade: this one, and those of the room."""
    return [name for name in sys.modules if name == "__main__" or name.startswith("d2lab.exercises")]


def _limit_memory(gibibytes: float) -> None:
    """Let this process reserve so much more than it holds now; where the system can't, `runner` watches it."""
    if sys.platform != "linux":
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + int(gibibytes * GIB)
    with contextlib.suppress(ValueError):  # a lower limit stands already
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))


if __name__ == "__main__":
    main(*sys.argv[1:])
