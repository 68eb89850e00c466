"""All checks of a lesson, as one list of problems."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from d2lab.core.errors import D2labError
from d2lab.core.language import LANGUAGES
from d2lab.lessons.code_names import unknown_in_code
from d2lab.lessons.export_values import VALUES_MIME
from d2lab.lessons.kept import Executed, kept, state_of, varying
from d2lab.lessons.lesson import Lesson, read_prose
from d2lab.lessons.names import unknown_names
from d2lab.lessons.numbers import numbers_without_source
from d2lab.lessons.parity import differences
from d2lab.lessons.prose import labels, roles
from d2lab.plot.drawing import MIMES, NO_CHINESE, SVG_MIME

SECONDS = 45  # of processor time that a lesson may take
CLOCK = re.compile(r"\b(perf_counter|process_time|monotonic|time_interleaved)\(")
SHOWN = {"text/plain", VALUES_MIME, *MIMES}


def problems_of(lesson: Lesson, verbs: Iterable[str], executed: Executed | None) -> list[str]:
    """List the problems of a lesson, each in a line that begins with its name.

    Args:
        lesson: to check.
        verbs: of the command line.
        executed: outputs of its cells; None checks the source alone.
    """
    try:
        _ = (lesson.label, *(lesson.title(language) for language in LANGUAGES))
    except D2labError as error:
        return [str(error)]
    found = differences(lesson)
    found += unknown_names(lesson, verbs, None if executed is None else executed.values)
    found += unknown_in_code(lesson)
    found += numbers_without_source(lesson, None if executed is None else executed.flat)
    found += _unmarked_clocks(lesson)
    if not any(role.kind == "claim" for cell in lesson.prose("en") for role in roles(cell.source)):
        found.append("names no claim")
    if executed is not None:
        found += _of_outputs(lesson, executed)
    return [f"{lesson.name}: {problem}" for problem in found]


def problems_of_home(path: Path, verbs: Iterable[str]) -> list[str]:
    """List the problems of a page that has two languages, names and links, but no code: the home page is one.

    Args:
        path: of its file.
        verbs: of the command line.

    Raises:
        DataError: it is missing or can't be read.
    """
    page = Lesson(path=path, chapter=0, number=0, slug=path.stem, cells=read_prose(path))
    found = [*differences(page, sections=False), *unknown_names(page, verbs, ())]
    return [f"{path.name}: {problem}" for problem in found]


def problems_of_course(
    lessons: Sequence[Lesson], verbs: Iterable[str], executed: Mapping[str, Executed] | None = None
) -> list[str]:
    """List the problems of all lessons, and the labels that stand more than once.

    Args:
        lessons: of the course.
        verbs: of the command line.
        executed: outputs by lesson name; of a lesson without any, the source alone is checked.
    """
    verbs, executed = list(verbs), executed or {}
    found = [p for one in lessons for p in problems_of(one, verbs, executed.get(one.name))]
    named = Counter(label for one in lessons for cell in one.prose("en") for label in labels(cell.source))
    named += Counter(str(cell.figure["name"]) for one in lessons for cell in one.code if cell.figure.get("name"))
    return found + [f"label {label} stands {times} times in the course" for label, times in named.items() if times > 1]


def _unmarked_clocks(lesson: Lesson) -> list[str]:
    """List the cells that read a clock and do not say so."""
    timed = [number for number, cell in enumerate(lesson.code, 1) if CLOCK.search(cell.source)]
    return [f"code cell {number}: measures time; say varies: true" for number in timed if number not in varying(lesson)]


def _of_outputs(lesson: Lesson, executed: Executed) -> list[str]:
    """List warnings, outputs of a type that no page shows, and figures without captions."""
    found = []
    for number, (cell, outputs) in enumerate(zip(lesson.code, executed.outputs, strict=True), 1):
        where = f"code cell {number}"
        drawn = sum(SVG_MIME in output.get("data", {}) for output in outputs)
        if drawn != (1 if cell.figure else 0):
            found.append(f"{where}: {drawn} figures; one for a cell with a caption, none for others")
        for output in outputs:
            if output.get("name") == "stderr":
                found.append(f"{where}: wrote to stderr: {''.join(output['text']).strip().splitlines()[-1]}")
            if output.get("data", {}).get("text/plain") == NO_CHINESE:
                fix = "install a Chinese font (fonts-noto-cjk), delete matplotlib's fontlist-*.json, and run again"
                found.append(f"{where}: its figure lacks the Chinese version; {fix}")
            unknown = set(output.get("data", {})) - SHOWN
            if unknown:
                found.append(f"{where}: gives {', '.join(sorted(unknown))}, which no page shows")
    return found


def not_kept(lessons: Sequence[Lesson], folder: Path) -> tuple[dict[str, Executed], list[str]]:
    """Return the kept outputs of lessons, and a line for each whose code is not that which gave them.

    Args:
        lessons: of the course.
        folder: of kept outputs.
    """
    found, problems = {}, []
    for one in lessons:
        made = kept(one, folder)
        state = state_of(one, made)
        if made is None or state == "missing":
            problems.append(f"{one.name}: no outputs are kept; d2lab site run {one.slug}")
        elif state == "code changed":
            problems.append(f"{one.name}: its code has changed since its outputs were kept; d2lab site run {one.slug}")
        else:
            found[one.name] = made
    return found, problems


def slow(lessons: Sequence[Lesson], executed: Mapping[str, Executed]) -> list[str]:
    """List the lessons whose code took more than the allowed processor time.

    Args:
        lessons: of the course.
        executed: by name.
    """
    taken = {one.name: executed[one.name].seconds for one in lessons if one.name in executed}
    long = {name: seconds for name, seconds in taken.items() if seconds > SECONDS}
    return [f"{name}: {seconds:.0f} s of processor time, {SECONDS} at most" for name, seconds in long.items()]
