"""Comparison of the two languages of a lesson: structure, formulas, roles, links and captions must match."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from d2lab.core.language import LANGUAGES
from d2lab.lessons.lesson import FENCED, Cell, Lesson
from d2lab.lessons.prose import FREE_SECTIONS, formulas, headings, labels, links, roles, symbols

PARTS: dict[str, Callable[[str], Any]] = {
    "labels": labels,
    "depths of headings": lambda text: [depth for depth, _ in headings(text)],
    "displayed formulas": formulas,
    "formulas in lines": symbols,
    "roles": lambda text: {(role.kind, role.content) for role in roles(text)},
    "links": lambda text: set(links(text)),
    "fenced blocks": lambda text: [block[0].splitlines()[0] for block in FENCED.finditer(text)],
}


def differences(lesson: Lesson, *, sections: bool = True) -> list[str]:
    """List where the languages differ: cells, labels, headings, formulas, roles, links and captions.

    Args:
        lesson: or a page like one.
        sections: also ask for those that every lesson ends with.
    """
    pairs, problems = pair(lesson)
    for number, (zh, en) in enumerate(pairs, 1):
        for name, part in PARTS.items():
            if part(zh.source) != part(en.source):
                one, other = _only(part(zh.source), part(en.source))
                problems.append(f"prose cell {number}: {name} differ: zh {one}, en {other}")
    for cell in lesson.code:
        missing = [name for name in ("name", *LANGUAGES) if cell.figure and not str(cell.figure.get(name, "")).strip()]
        if missing:
            problems.append(f"figure {dict(cell.figure)} lacks {', '.join(missing)}")
    return problems + (_standard_sections(lesson) if sections else [])


def pair(lesson: Lesson) -> tuple[list[tuple[Cell, Cell]], list[str]]:
    """Put each Chinese cell beside the English one that follows it, and say where that can't be done."""
    pairs: list[tuple[Cell, Cell]] = []
    prose = [cell for cell in lesson.cells if not cell.is_code]
    runs = [cell.language for cell in lesson.cells]
    for number, (zh, en) in enumerate(zip(prose[::2], prose[1::2], strict=False), 1):
        if (zh.language, en.language) != ("zh", "en"):
            return [], [f"prose cell {number}: {zh.language} is followed by {en.language}; zh, then en, without end"]
        pairs.append((zh, en))
    if len(prose) % 2:
        return [], [f"{len(prose)} prose cells: the last has no other language"]
    split = [i for i, (a, b) in enumerate(pairwise(runs), 1) if a == "zh" and b != "en"]
    return pairs, [f"cell {i}: code stands between Chinese and its English" for i in split]


def _standard_sections(lesson: Lesson) -> list[str]:
    """Exercises and further reading are found by their names, so they have one each language."""
    problems = []
    for start, language in enumerate(LANGUAGES):
        found = [words for cell in lesson.prose(language) for _, words in headings(cell.source)]
        problems += [f"{language}: no section {name!r}" for name in FREE_SECTIONS[start::2] if name not in found]
    return problems


def _only(zh: Any, en: Any) -> tuple[Any, Any]:  # noqa: ANN401 (lists or sets of anything)
    """Show of sets what only one has, of lists all."""
    return (sorted(zh - en), sorted(en - zh)) if isinstance(zh, set) else (zh, en)
