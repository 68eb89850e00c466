"""Rendering of the roles {claim}, {value}, {d2lab} and others as Markdown, for a page or a notebook."""

import re
from collections.abc import Mapping
from typing import Protocol

from d2lab.claims.catalog import find_claim
from d2lab.claims.page import evidence_of
from d2lab.core.errors import ConfigError
from d2lab.core.language import Language
from d2lab.lessons.lesson import FENCED
from d2lab.lessons.prose import ROLE

CLAIMS_ALONE = re.compile(r"^(?:\{claim\}`[\w-]+`[ \t]*\n?)+$", re.M)


class Target(Protocol):
    """How each role is rendered in one output format."""

    def claim(self, name: str, language: Language) -> str:
        """Show a claim within a sentence: its verdict and what was measured first."""

    def claim_card(self, name: str, language: Language) -> str:
        """Show a claim as a block: statement, verdict, and why."""

    def measured(self, name: str, number: str, language: Language) -> str:
        """Show a number out of a claim's evidence."""

    def source(self, name: str) -> str:
        """Show the name of a function of ours, leading to its source."""

    def recipe(self, name: str) -> str:
        """Show the name of a recipe, leading to its settings."""

    def explorer(self, name: str, language: Language) -> str:
        """Show an explorer, as a block."""


def render(text: str, language: Language, target: Target, values: Mapping[str, float | int | str]) -> str:
    """Render the roles of d2lab; those of Sphinx ({ref}, {eq}, {numref}) and fenced blocks stay.

    Args:
        text: of a cell of prose.
        language: it is written in.
        target: of the output format.
        values: exported by the lesson's code.

    Raises:
        ConfigError: a name or a format can't be used; nothing is guessed.
    """
    parts, last = [], 0
    for fence in FENCED.finditer(text):
        parts += [_rendered(text[last : fence.start()], language, target, values), fence[0]]
        last = fence.end()
    return "".join([*parts, _rendered(text[last:], language, target, values)])


def _rendered(text: str, language: Language, target: Target, values: Mapping[str, float | int | str]) -> str:
    def cards(found: re.Match[str]) -> str:
        names = re.findall(r"`([\w-]+)`", found[0])
        return "\n\n".join(target.claim_card(name, language) for name in names) + "\n"

    def inline(found: re.Match[str]) -> str:
        kind, content = found.groups()
        if kind == "claim":
            return target.claim(content, language)
        if kind == "measured":
            name, _, rest = content.partition(" ")
            key, _, spec = rest.strip().partition(":")
            return target.measured(name, formatted(evidence_of(find_claim(name)).value, key, spec), language)
        if kind == "value":
            return formatted(values, *content.partition(":")[::2])
        if kind == "d2lab":
            return target.source(content)
        if kind == "explore":
            return target.explorer(content, language)
        return target.recipe(content) if kind == "recipe" else found[0]

    return ROLE.sub(inline, CLAIMS_ALONE.sub(cards, text))


def formatted(values: Mapping[str, float | int | str], key: str, spec: str) -> str:
    """Write a value as a sentence shows it.

    Args:
        values: by name.
        key: of one of them.
        spec: as `format` takes it: .1%, .3f; empty writes the value as it is.

    Raises:
        ConfigError: there is no such value, or the format does not fit it.
    """
    if key not in values:
        need = f"one of {', '.join(values)}" if values else "none: no cell keeps any"
        raise ConfigError("value in the prose", got=key, need=need)
    try:
        return format(values[key], spec)
    except (ValueError, TypeError) as cause:
        raise ConfigError(f"format of {key}", got=spec, need=f"one that fits {values[key]!r}") from cause
