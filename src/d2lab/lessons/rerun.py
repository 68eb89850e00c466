"""Lessons run again beside what is kept of them: what was chosen, and where a run gives something else."""

from collections.abc import Sequence
from pathlib import Path

from d2lab.core.errors import RunError
from d2lab.lessons.check import not_kept
from d2lab.lessons.compare import differences, same_processor
from d2lab.lessons.kept import Executed, changed_modules
from d2lab.lessons.lesson import Lesson
from d2lab.lessons.run import Tell, execute_all
from d2lab.lessons.selection import SHARES, base_commit, select, today


def rerun(lessons: Sequence[Lesson], folder: Path, jobs: int, minutes: float | None, tell: Tell) -> list[str]:
    """Run lessons again, keep nothing, and return the differences that another processor or other libraries explain.

    Args:
        lessons: of the course; those whose outputs are not kept are left aside.
        folder: of kept outputs.
        jobs: kernels at a time.
        minutes: to choose for: the changed lessons and a share in turn; None runs all that are given.
        tell: is told what is chosen, of each lesson that has ended, and of each difference.

    Raises:
        RunError: a cell failed, or outputs differ though processor and libraries are those that made them.
    """
    known, _ = not_kept(lessons, folder)
    chosen = [one for one in lessons if one.name in known]
    if minutes is not None:
        chosen = selected(chosen, folder, minutes * 60 * jobs, tell)
    fresh = execute_all(chosen, None, jobs, tell, known=folder)
    here, elsewhere = _differences(chosen, known, fresh)
    for line in here:
        tell(line)
    for line in elsewhere:
        tell(f"{line} (made on another processor or with other libraries)")
    if here:
        fix = "If the new outputs are right: d2lab site run --stale."
        raise RunError("lessons", got=f"{len(here)} differences from what is kept", need="none", fix=fix)
    tell(f"{len(chosen)} lessons were run again; {len(elsewhere)} differences from what is kept")
    return elsewhere


def selected(lessons: Sequence[Lesson], folder: Path, seconds: float, tell: Tell) -> list[Lesson]:
    """Choose what is run again, and say why each is.

    Args:
        lessons: of the course, all with kept outputs.
        folder: of kept outputs.
        seconds: of processor time that they may take.
        tell: is told of each group.
    """
    turn, base = today(), base_commit()
    chosen = select(lessons, folder, base, seconds, turn)
    since = f"since {base}" if base else "(no earlier commit is known here)"
    groups = {
        f"code changed {since}": chosen.code,
        f"share {turn % SHARES + 1} of {SHARES}, by the day of the year": chosen.turn,
        f"modules changed {since}": chosen.modules,
        f"left out, beyond {seconds:.0f} s of processor time": chosen.left_out,
    }
    for reason, group in groups.items():
        tell(f"{reason}: {', '.join(one.name for one in group) or 'none'}")
    return chosen.lessons


def stale_lines(lessons: Sequence[Lesson], folder: Path) -> list[str]:
    """List the lessons that used a module that has changed since, and which modules.

    Args:
        lessons: of the course.
        folder: of kept outputs.
    """
    lines = []
    for name, made in not_kept(lessons, folder)[0].items():
        modules = changed_modules(made)
        if modules:
            shown = ", ".join(modules[:3]) + (" ..." if len(modules) > 3 else "")
            lines.append(f"stale: {name}: {len(modules)} modules changed ({shown}); d2lab site run --stale")
    return lines


def _differences(
    lessons: Sequence[Lesson], known: dict[str, Executed], fresh: dict[str, Executed]
) -> tuple[list[str], list[str]]:
    """Return the differences of lessons run where their outputs were made, and those of the others."""
    here: list[str] = []
    elsewhere: list[str] = []
    for one in lessons:
        before, after = known[one.name], fresh[one.name]
        found = here if same_processor(before, after) else elsewhere
        found += differences(one, before, after)
    return here, elsewhere
