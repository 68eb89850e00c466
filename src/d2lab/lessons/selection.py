"""Which lessons are run again to see whether they still give what is kept: the changed ones, and a share in turn."""

import hashlib
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from d2lab.claims.record import CHECKOUT
from d2lab.lessons.kept import Executed, changed_modules, code_hash, kept, parsed, path_of
from d2lab.lessons.lesson import Lesson

SHARES = 8
BRANCHES = ("origin/main", "main")


@dataclass(frozen=True, slots=True)
class Selection:
    """Lessons to run again.

    Args:
        base: the commit that changes are counted from; None where it is not known.
        code: lessons whose code is not that of the base.
        modules: lessons that use a module that is not that of the base.
        turn: of the rest, those whose turn it is.
        left_out: lessons of these for which there is no time.
    """

    base: str | None
    code: list[Lesson]
    modules: list[Lesson]
    turn: list[Lesson]
    left_out: list[Lesson]

    @property
    def lessons(self) -> list[Lesson]:
        """All that are run, in the order of the course."""
        return sorted([*self.code, *self.modules, *self.turn], key=lambda one: one.name)


def select(lessons: Sequence[Lesson], folder: Path, base: str | None, seconds: float, turn: int) -> Selection:
    """Choose lessons to run again, as far as the time goes: first changed code, then whose turn it is, then the rest.

    Args:
        lessons: of the course.
        folder: of kept outputs.
        base: a commit, or None.
        seconds: of processor time that the lessons may take.
        turn: which of the eight shares it is; any whole number.
    """
    before = {one.name: _at(one, folder, base) for one in lessons} if base else {}
    code = [one for one in lessons if base and _code_changed(one, before[one.name])]
    mine = [one for one in lessons if one not in code and share_of(one.name) == turn % SHARES]
    rest = [one for one in lessons if one not in code and one not in mine]
    modules = [one for one in rest if (known := before.get(one.name)) is not None and changed_modules(known)]
    modules.sort(key=lambda one: ((share_of(one.name) - turn) % SHARES, one.name))  # they take turns too
    left_out = []
    for group in (code, mine, modules):
        for one in list(group):
            seconds -= _seconds(one, folder)
            if seconds < 0:
                group.remove(one)
                left_out.append(one)
    return Selection(base, code, modules, mine, left_out)


def share_of(name: str) -> int:
    """Return the share of a lesson, from 0 to 7: by its name, so that another lesson moves none."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % SHARES


def today() -> int:
    """Return the day of the year, which is the turn of the shares."""
    return datetime.now(UTC).timetuple().tm_yday


def base_commit() -> str | None:
    """Name the commit where this work left the main branch, or else the one before; None where none is known."""
    head = _git("rev-parse", "HEAD")
    for branch in BRANCHES:
        found = _git("merge-base", "HEAD", branch)
        if found and found != head:
            return found[:12]
    return _git("rev-parse", "HEAD~1")[:12] or None


def _code_changed(lesson: Lesson, before: Executed | None) -> bool:
    return before is None or before.code != code_hash(lesson)


def _at(lesson: Lesson, folder: Path, base: str) -> Executed | None:
    """Read the outputs that a commit kept for a lesson."""
    path = path_of(lesson, folder.resolve())
    place = path.relative_to(CHECKOUT) if path.is_relative_to(CHECKOUT) else path
    return parsed(_git("show", f"{base}:{place.as_posix()}"))


def _seconds(lesson: Lesson, folder: Path) -> float:
    made = kept(lesson, folder)
    return made.seconds if made is not None else 0.0


def _git(*words: str) -> str:
    """Ask git about the checkout; empty where it can't answer."""
    try:
        done = subprocess.run(
            ["git", "-C", str(CHECKOUT), *words],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
