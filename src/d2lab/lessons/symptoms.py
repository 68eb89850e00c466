"""Symptoms of a training run and their causes, out of course/symptoms.md: one source for the page and the terminal."""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from d2lab.claims.glossary import cells, synonyms
from d2lab.core.errors import DataError
from d2lab.core.language import LANGUAGES, Language
from d2lab.core.names import unknown_name
from d2lab.core.ranking import Entry, Found, Index

FILE = "symptoms.md"
SECTION = re.compile(r"^\(symptom-([\w-]+)\)=\n## (.+)\n", re.M)
SAID = re.compile(r"^> (.+)$", re.M)
LESSON = re.compile(r"\[([^\]]+)\]\((?:[\w-]+/)?\d\d-([\w-]+)\.md\)")
CLAIM = re.compile(r"\{claim\}`([\w-]+)`")
COMMAND = re.compile(r"^- `(d2lab [^`]+)`(?:：|: )(.+)$", re.M)
FENCE = re.compile(r"^```\w*\n", re.M)
PARTS = 3  # of a section: its name, its title, its text


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """Something that a run shows, with its causes and the commands that tell them apart.

    Args:
        id: its name on the command line.
        titles: by language.
        bodies: everything below the title, as on the page, by language.
    """

    id: str
    titles: Mapping[Language, str]
    bodies: Mapping[Language, str]

    def said(self, language: Language) -> str:
        """Return how learners put it: the line below the title."""
        found = SAID.search(self.bodies[language])
        return found[1] if found else ""

    def plain(self, language: Language) -> str:
        """Return the text for a terminal: links and roles become commands that can be typed."""
        text = FENCE.sub("", COMMAND.sub(r"  \1  # \2", self.bodies[language])).replace("```\n", "")
        text = CLAIM.sub(r"`d2lab claims \1`", LESSON.sub(r"\1 (`d2lab learn \2`)", text))
        return f"{self.titles[language]}\n\n{text.replace('**', '').replace('`', '')}"


@functools.cache
def symptoms() -> dict[str, Symptom]:
    """Return all symptoms by name, in the order of the page.

    Raises:
        DataError: the file is missing, or the two languages differ.
    """
    titles: dict[Language, dict[str, str]] = {language: {} for language in LANGUAGES}
    bodies: dict[Language, dict[str, str]] = {language: {} for language in LANGUAGES}
    for language, text in cells(FILE):
        parts = SECTION.split(text)[1:]
        for at in range(0, len(parts), PARTS):
            name, title, body = parts[at : at + PARTS]
            titles[language][name], bodies[language][name] = title.strip(), body.strip()
    if not titles["en"] or list(titles["en"]) != list(titles["zh"]):
        need = "the same symptoms in both languages"
        raise DataError(f"course/{FILE}", got=str({k: len(v) for k, v in titles.items()}), need=need)
    return {
        name: Symptom(
            id=name,
            titles={language: titles[language][name] for language in LANGUAGES},
            bodies={language: bodies[language][name] for language in LANGUAGES},
        )
        for name in titles["en"]
    }


def find_symptom(name: str) -> Symptom:
    """Return a symptom by its name.

    Raises:
        ConfigError: there is none; the error proposes the nearest.
    """
    if name not in symptoms():
        raise unknown_name("symptom", name, symptoms())
    return symptoms()[name]


def search_symptoms(words: str) -> Found:
    """Return the names of the symptoms that fit some words, or the nearest, the best first.

    Args:
        words: what one sees, in either language: "loss stuck at 2.303".
    """
    return _index().search(words)


@functools.cache
def _index() -> Index:
    def entry(one: Symptom) -> Entry:
        heads = [f"{one.titles[language]} {one.said(language)}" for language in LANGUAGES]
        return Entry(" ".join((one.id, *heads)), " ".join(one.bodies.values()))

    return Index({name: entry(one) for name, one in symptoms().items()}, synonyms())
