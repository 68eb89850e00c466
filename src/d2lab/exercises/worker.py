"""The process that a learner's code runs in: reads the file, judges one exercise, writes the verdict.

Started by `runner`, as `python -m d2lab.exercises.worker FOLDER COURSE ID FILE SEED SECONDS GIBIBYTES`; FOLDER is where
it leaves `ready` (the code of the learner is about to run), `stuck` (where it was when time was up) and `verdict`.
"""

import contextlib
import dataclasses
import faulthandler
import os
import sys
from pathlib import Path

import torch

from d2lab.core.atomic import write_bytes, write_json
from d2lab.exercises import hints
from d2lab.exercises.catalog import find, load_file, read_exercises
from d2lab.exercises.grader import Verdict, grade

GIB = 2**30


def main(folder: str, course: str, name: str, file: str, seed: str, seconds: str, gibibytes: str) -> None:
    """Judge, and leave the verdict.

    Args:
        folder: to leave files in.
        course: the folder of the chapters.
        name: of the exercise.
        file: of the learner.
        seed: of the inputs.
        seconds: that the learner's code may take.
        gibibytes: of memory that it may take.
    """
    place = Path(folder)
    entry = find(read_exercises(Path(course)), name)
    torch.set_num_threads(1)
    _limit_memory(float(gibibytes))
    with (place / "stuck").open("w") as stuck:
        write_bytes(place / "ready", b"")
        faulthandler.dump_traceback_later(float(seconds), file=stuck)
        verdict = _verdict(entry.exercise, entry.solution.candidate, file, int(seed))
        faulthandler.cancel_dump_traceback_later()
    write_json(place / "verdict", dataclasses.asdict(verdict))
    sys.stdout.flush()
    os._exit(0)  # threads that the learner left running are nobody's business now


def _verdict(exercise, solution, file: str, seed: int) -> Verdict:  # type: ignore[no-untyped-def]  # noqa: ANN001
    try:
        candidate = getattr(load_file(Path(file)), exercise.stub.__name__)
    except (Exception, SystemExit) as error:
        return Verdict(passed=False, kind="unreadable", hint=hints.unreadable(error, file))
    return grade(exercise, solution, candidate, seed=seed, file=file)


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
