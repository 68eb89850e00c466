"""The terms of the field, out of course/glossary.md: their names in both languages, for every search."""

import functools
import re
from pathlib import Path

from d2lab.claims.claim import ROOT
from d2lab.claims.record import CHECKOUT, is_checkout
from d2lab.core.language import LANGUAGES, Language

FILE = "glossary.md"
CELL = re.compile(r'^\+\+\+ \{"lang": "(\w+)"\}$', re.M)
ROW = re.compile(r"^\| (.+) \|$", re.M)
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
    for language, text in cells(FILE):
        for row in ROW.findall(text)[2:]:  # behind the head and its rule
            name, other, abroad, *_ = (part.strip() for part in row.split(" | "))
            key = name if language == "en" else abroad
            mine = [name, *(one for one in other.split(SEPARATOR[language]) if one not in ("", "-"))]
            groups.setdefault(key, []).extend(mine)
    return tuple(tuple(dict.fromkeys(names)) for names in groups.values())
