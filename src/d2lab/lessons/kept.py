"""Outputs of lessons that are kept: made once, committed with a hash of what made them, shown without running.

One JSON file a lesson, `evidence/lessons/NN-chapter/MM-lesson.json`. It holds what each code cell gave, a hash of the
cells, and one of every module of d2lab that the kernel had imported at the end. Two runs on one machine write the same
bytes but for `time`.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from d2lab.claims.record import evidence_folder
from d2lab.claims.used import module_hash
from d2lab.core.atomic import write_json
from d2lab.core.json_file import parse_json
from d2lab.core.machine import describe_machine
from d2lab.lessons.export_values import VALUES_MIME
from d2lab.lessons.kernel import Output, Ran
from d2lab.lessons.lesson import Lesson
from d2lab.lessons.recolored import restored, shortened

FORMAT = 2
UNUSED = {"cli", "site", "lessons"}  # rooms that show a lesson; its outputs do not depend on them
MACHINE = ("processor", "architecture", "system", "python", "libraries")

CPUINFO = Path("/proc/cpuinfo")

State = Literal["fresh", "missing", "code changed", "modules changed"]


@dataclass(frozen=True, slots=True)
class Executed:
    """What the cells of a lesson gave.

    Args:
        outputs: a list a code cell, as notebooks write them.
        seconds: of processor time, the imports included.
        code: the hash of the cells that gave it.
        modules: the hash of each module of d2lab that was used, by name.
        machine: processor, system and versions.
        date: of the run, as 2026-11-29.
    """

    outputs: list[list[Output]]
    seconds: float
    code: str = ""
    modules: Mapping[str, str] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=dict)
    date: str = ""

    @property
    def flat(self) -> list[Output]:
        """All outputs in one list."""
        return [output for cell in self.outputs for output in cell]

    @property
    def values(self) -> dict[str, float | int | str]:
        """What the cells exported for the prose."""
        return {k: v for output in self.flat for k, v in output.get("data", {}).get(VALUES_MIME, {}).items()}


def store() -> Path:
    """Return the folder of kept outputs: that of the checkout, or the one that the wheel brings."""
    return evidence_folder().parent / "lessons"


def path_of(lesson: Lesson, folder: Path) -> Path:
    """Return where the outputs of a lesson lie or would lie."""
    return folder / f"{lesson.name}.json"


def code_hash(lesson: Lesson) -> str:
    """Hash the code cells; prose and captions do not count."""
    return hashlib.sha256(json.dumps([cell.source for cell in lesson.code]).encode()).hexdigest()[:16]


def executed(lesson: Lesson, ran: Ran) -> Executed:
    """Put what a kernel gave beside the hashes of what made it.

    Args:
        lesson: that was run.
        ran: what the kernel gave.
    """
    used = [name for name in ran.modules if name.partition(".")[2].partition(".")[0] not in UNUSED]
    machine = {name: value for name, value in describe_machine().items() if name in MACHINE}
    machine["core"] = core_of(CPUINFO.read_text(errors="replace") if CPUINFO.exists() else "")
    today = datetime.now(UTC).date().isoformat()
    modules = {name: module_hash(name) for name in used}
    return Executed(ran.outputs, round(ran.seconds, 1), code_hash(lesson), modules, machine, today)


def core_of(cpuinfo: str) -> str:
    """Return which core a processor has, from what Linux says: names such as "AMD EPYC" stand for several generations.

    Generations have other instructions, so that sums are rounded otherwise.

    Args:
        cpuinfo: content of /proc/cpuinfo; empty where there is none.
    """
    said = [line.partition(":") for line in cpuinfo.splitlines()]
    facts = {name.strip(): value.strip() for name, _, value in reversed(said)}  # the first processor counts
    return " ".join(f"{name} {facts[name]}" for name in ("cpu family", "model", "stepping") if name in facts)


def keep_outputs(lesson: Lesson, made: Executed, folder: Path) -> Path:
    """Write the outputs of a lesson, whole or not at all.

    Args:
        lesson: that was run.
        made: what its cells gave.
        folder: to write into.

    Raises:
        RunError: the folder can't be written.
    """
    content = {
        "format": FORMAT,
        "lesson": lesson.name,
        "code": made.code,
        "time": {"date": made.date, "seconds": made.seconds, "cells": varying(lesson)},
        "machine": made.machine,
        "modules": made.modules,
        "outputs": [[shortened(output) for output in cell] for cell in made.outputs],
    }
    write_json(path_of(lesson, folder), content)
    return path_of(lesson, folder)


def varying(lesson: Lesson) -> list[int]:
    """Number the code cells whose outputs depend on the clock or the machine: those with the option `varies: true`."""
    return [number for number, cell in enumerate(lesson.code, 1) if cell.options.get("varies")]


def kept(lesson: Lesson, folder: Path) -> Executed | None:
    """Read the outputs of a lesson, whatever made them; None where there are none that can be read.

    Args:
        lesson: of the course.
        folder: to read from.
    """
    try:
        return parsed(path_of(lesson, folder).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def parsed(text: str) -> Executed | None:
    """Read the text of a file of outputs; None where it is not one.

    Args:
        text: that `keep_outputs` wrote.
    """
    try:
        content = parse_json(text)
        if content["format"] != FORMAT:
            return None
        time, modules = content["time"], dict(content["modules"])
        cells = [[restored(output) for output in cell] for cell in content["outputs"]]
        code, seconds = str(content["code"]), float(time["seconds"])
        return Executed(cells, seconds, code, modules, dict(content["machine"]), str(time["date"]))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None


def state_of(lesson: Lesson, made: Executed | None) -> State:
    """Return whether outputs are those of the lesson as it stands.

    Args:
        lesson: of the course.
        made: what was kept for it, if anything was.
    """
    if made is None or len(made.outputs) != len(lesson.code):
        return "missing"
    if made.code != code_hash(lesson):
        return "code changed"
    return "modules changed" if changed_modules(made) else "fresh"


def changed_modules(made: Executed) -> list[str]:
    """List the modules that were used and whose code has changed since.

    Args:
        made: outputs that were kept.
    """
    return [name for name, known in made.modules.items() if module_hash(name) != known]


def states(lessons: Sequence[Lesson], folder: Path) -> dict[str, State]:
    """Return the state of each lesson's outputs, by its name.

    Args:
        lessons: of the course.
        folder: of the outputs.
    """
    return {lesson.name: state_of(lesson, kept(lesson, folder)) for lesson in lessons}
