"""Running the code of lessons: those whose outputs are not kept, several at a time, with the time that is left."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from d2lab.core.errors import RunError
from d2lab.lessons.kept import Executed, executed, keep_outputs, kept, state_of
from d2lab.lessons.kernel import run_cells
from d2lab.lessons.lesson import Lesson

SECONDS = 20.0  # that a lesson is guessed to take before it has been run once
Tell = Callable[[str], None]


def silent(line: str) -> None:
    """Ignore a line of progress."""


def execute(lesson: Lesson) -> Executed:
    """Run a lesson's code in a fresh kernel.

    Args:
        lesson: to run; its code sees an empty folder, one thread, and no window.

    Raises:
        RunError: a cell failed.
        MissingExtraError: nbclient or ipykernel is not installed.
    """
    return executed(lesson, run_cells([cell.source for cell in lesson.code], lesson.name))


def execute_all(
    lessons: Sequence[Lesson], folder: Path | None, jobs: int = 2, tell: Tell = silent, known: Path | None = None
) -> dict[str, Executed]:
    """Run lessons and keep what each gave as soon as it ends; return the outputs by the lessons' names.

    Args:
        lessons: to run.
        folder: to keep the outputs in; None keeps nothing.
        jobs: kernels at a time, of one thread each.
        tell: is told of each lesson that has ended, with the time that is left.
        known: a folder of earlier outputs, which say how long each lesson takes; `folder` unless given.

    Raises:
        RunError: a cell failed; the line names the lesson, the cell and the error. The other lessons are run and kept.
        MissingExtraError: nbclient or ipykernel is not installed.
    """
    known = known or folder
    guessed = {one.name: _seconds(one, known) for one in lessons}
    made: dict[str, Executed] = {}
    failed: list[RunError] = []
    started = time.monotonic()
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        running = {pool.submit(execute, lesson): lesson for lesson in lessons}
        for ended, future in enumerate(as_completed(running), 1):
            lesson = running[future]
            try:
                made[lesson.name] = future.result()
            except RunError as error:
                failed.append(error)
                tell(f"[{ended}/{len(lessons)}] {error}")
                continue
            if folder is not None:
                keep_outputs(lesson, made[lesson.name], folder)
            left = _left(guessed, made, time.monotonic() - started, ended, len(lessons))
            tell(f"[{ended}/{len(lessons)}] {lesson.name}: {made[lesson.name].seconds:.0f} s{left}")
    if failed:
        raise failed[0] if len(failed) == 1 else RunError("lessons", got=f"{len(failed)} failed", need="none")
    return made


def outputs_of(
    lessons: Sequence[Lesson], folder: Path, cache: Path, jobs: int = 2, tell: Tell = silent
) -> dict[str, Executed]:
    """Return the outputs of lessons by their names: those that are kept, and a run of those whose are not.

    Outputs are taken where the lesson's code is that which gave them; a module that has changed since is told only.
    What has to be run is kept in the cache, not among the evidence.

    Args:
        lessons: of the course.
        folder: of kept outputs.
        cache: for outputs of lessons that are not kept.
        jobs: kernels at a time.
        tell: is told what is run and what is stale.

    Raises:
        RunError: a cell failed.
        MissingExtraError: nbclient or ipykernel is not installed, and a lesson has to be run.
    """
    found: dict[str, Executed] = {}
    stale, todo = [], []
    for lesson in lessons:
        made, state = _kept(lesson, folder)
        if made is not None and state in ("fresh", "modules changed"):
            found[lesson.name] = made
            stale += [lesson.name] if state == "modules changed" else []
            continue
        again, state = _kept(lesson, cache)
        if again is not None and state == "fresh":
            found[lesson.name] = again
        else:
            todo.append(lesson)
    if stale:
        tell(f"{len(stale)} lessons are shown as an earlier version of d2lab ran them: d2lab site run --stale")
    if todo:
        tell(f"running {len(todo)} of {len(lessons)} lessons, whose outputs are not kept")
        found |= execute_all(todo, cache, jobs, tell)
    return found


def _kept(lesson: Lesson, folder: Path) -> tuple[Executed | None, str]:
    made = kept(lesson, folder)
    return made, state_of(lesson, made)


def _seconds(lesson: Lesson, folder: Path | None) -> float:
    """Return how long a lesson took last time, or a guess."""
    made = kept(lesson, folder) if folder is not None else None
    return made.seconds if made is not None else SECONDS


def _left(guessed: Mapping[str, float], made: Mapping[str, Executed], passed: float, ended: int, count: int) -> str:
    """Return how much time is left, from what the ended lessons were guessed to take and took."""
    if ended == count:
        return ""
    share = sum(guessed[name] for name in made) / sum(guessed.values())
    seconds = passed * (1 - share) / share
    return f", about {seconds / 60:.0f} min left" if seconds >= 90 else f", about {seconds:.0f} s left"
