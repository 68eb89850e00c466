"""The terms of the field, out of course/glossary.md: their names in both languages, for every search."""

import functools
import re
from collections.abc import Iterator
from pathlib import Path

from d2lab.claims.claim import ROOT
from d2lab.claims.record import CHECKOUT, is_checkout
from d2lab.core.language import LANGUAGES, Language

FILE = "glossary.md"
CELL = re.compile(r'^\+\+\+ \{"lang": "(\w+)"\}$', re.M)
ROW = re.compile(r"^\| (.+) \|$", re.M)
LINK = re.compile(r"\]\(([\w/-]+)\.md\)")
SEPARATOR = {"en": ", ", "zh": "、"}


def course_file(name: str) -> Path:
    """Return the path of a file of the course: in the checkout, or the one that the wheel brings.

    Args:
        name: within the folder of the course.
    """
    return (CHECKOUT if is_checkout() else ROOT) / "course" / name


def cells(name: str) -> list[tuple[Language, str]]:
    """Read a bilingual page of the course without jupytext: its cells in order; none where there is no such page.

    Args:
        name: of the file.
    """
    path = course_file(name)
    parts = CELL.split(path.read_text(encoding="utf-8"))[1:] if path.is_file() else []
    known: dict[str, Language] = {language: language for language in LANGUAGES}
    return [(known[mark], text.strip()) for mark, text in zip(parts[::2], parts[1::2], strict=True) if mark in known]


@functools.cache
def synonyms() -> tuple[tuple[str, ...], ...]:
    """Return the names of each term, English and Chinese: ("pooling", ..., "汇聚", "池化", ...)."""
    groups: dict[str, list[str]] = {}
    for language, names, (abroad, *_) in _rows():
        groups.setdefault(names[0] if language == "en" else abroad, []).extend(names)
    return tuple(tuple(dict.fromkeys(names)) for names in groups.values())


@functools.cache
def terms_of_lessons() -> dict[str, tuple[str, ...]]:
    """Return the names of the terms that each lesson explains: {"15-lenet/02-inside-lenet": ("feature map", ...)}."""
    found: dict[str, list[str]] = {}
    for _, names, rest in _rows():
        for lesson in LINK.findall(rest[-1]):
            found.setdefault(lesson, []).extend(names)
    return {lesson: tuple(dict.fromkeys(names)) for lesson, names in found.items()}


def _rows() -> Iterator[tuple[Language, list[str], list[str]]]:
    """Yield the language of each row, the names of its term, and its other columns."""
    for language, text in cells(FILE):
        for row in ROW.findall(text)[2:]:  # behind the head and its rule
            name, other, *rest = (part.strip() for part in row.split(" | "))
            yield language, [name, *(one for one in other.split(SEPARATOR[language]) if one not in ("", "-"))], rest
