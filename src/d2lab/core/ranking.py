"""Texts found by a reader's words, in English and in Chinese: those that hold all of them, else the nearest.

Chinese has no blanks between words, so a run of its characters is compared by pairs. A term that the glossary knows is
found under all its names. Words count by how rare they are, and more in a title than in a text.
Source: K. Sparck Jones 1972, J. Documentation 28(1) (inverse document frequency).
"""

import difflib
import functools
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

TOKEN = re.compile(r"\d+(?:\.\d+)?(?!\w)|[a-z0-9_]+|[\u3400-\u9fff]+")
HAN = re.compile(r"[\u3400-\u9fff]")
ENDING = re.compile(r"(?<=\w{4})(?:ations?|ing|ed|es|(?<!s)s)$")
TITLE_WEIGHT = 8.0  # falls with the root of the title's words: in a short one each says more
TERM_WEIGHT = 2.0  # of the glossary, against any other word
SHARE = 0.35  # of the best score, below which a text is no longer near
MOST = 12  # of the nearest
FEW = 5  # below which the nearest are added
STOP_EN = (
    "a an and are as at be but by can do does for from get gets has have how i if in is it its me my of on or so "
    "than that the then there this to too was what when where which while why will with you your "
    "become becomes go goes happen happens make makes need should use used using am after not no"
)
STOP = frozenset(STOP_EN.split())
STOP_ZH = re.compile(
    r"为什么|怎么办|怎么回事|怎么|怎样|如何|什么|一直|总是|我的|这个|那个|的|了|吗|呢|是|在|我|有|和|与|会|就|都"
)
Unit = tuple[str, ...]  # what counts as the same word


class Entry(NamedTuple):
    """A text that can be found.

    Args:
        title: counts more than the text.
        text: everything else.
    """

    title: str
    text: str


class Found(NamedTuple):
    """The answer to a query.

    Args:
        names: of the entries: those that hold every word, then, where these are few, the nearest; each the best first.
        whole: how many hold every word.
    """

    names: list[str]
    whole: int


class Index:
    """Entries that are searched by words.

    Args:
        entries: by name.
        synonyms: names of one thing, group by group.
    """

    def __init__(self, entries: Mapping[str, Entry], synonyms: Sequence[Sequence[str]] = ()) -> None:
        self.groups = [tuple(_joined(name) for name in group) for group in synonyms]
        self.titles = {name: _joined(entry.title) for name, entry in entries.items()}
        self.texts = {name: _joined(f"{entry.title} {entry.text}") for name, entry in entries.items()}
        self.raw = {name: f"{entry.title} {entry.text}".lower() for name, entry in entries.items()}

    def search(self, words: str) -> Found:
        """Find the entries that hold every word, or, where none does, the nearest; the best first.

        Args:
            words: a question, a term, the line of an error; none finds all.
        """
        units = [self._spelled(unit) for unit in units_of(words, self.groups)]
        scores = self._scores(units)
        plain = words.lower().split()
        whole = {name for name, text in self.raw.items() if all(word in text for word in plain)}
        whole |= {name for name, text in self.texts.items() if units and all(_hit(unit, text) for unit in units)}
        ranked = sorted(scores, key=lambda name: -scores[name])  # stable: equals keep their order
        first = [name for name in ranked if name in whole]
        least = SHARE * max(scores.values(), default=0.0)
        near = [name for name in ranked if name not in whole and scores[name] > least] if len(whole) < FEW else []
        return Found(first + near[: MOST - len(first)], len(first))

    def _scores(self, units: Sequence[Unit]) -> dict[str, float]:
        """Add up the weights of the words that each entry holds."""
        scores = dict.fromkeys(self.texts, 0.0)
        for unit in units:
            hits = [name for name, text in self.texts.items() if _hit(unit, text)]
            weight = math.log((len(scores) + 1) / (len(hits) + 0.5)) * (TERM_WEIGHT if len(unit) > 1 else 1.0)
            for name in hits:
                title = self.titles[name]
                scores[name] += weight * (1 + (TITLE_WEIGHT / len(title.split()) ** 0.5 if _hit(unit, title) else 0))
        return scores

    def _spelled(self, unit: Unit) -> Unit:
        """Replace a word that no entry holds by the nearest that one does: a typing mistake."""
        word = unit[0].strip()
        if len(unit) > 1 or HAN.search(word) or len(word) < 5 or any(_hit(unit, text) for text in self.texts.values()):
            return unit
        return tuple(f" {near}" for near in difflib.get_close_matches(word, self._vocabulary, n=1, cutoff=0.75)) or unit

    @functools.cached_property
    def _vocabulary(self) -> list[str]:
        """The words of the entries."""
        return sorted({word for text in self.texts.values() for word in text.split() if not HAN.search(word)})


def units_of(words: str, groups: Sequence[Unit] = ()) -> list[Unit]:
    """Split a query into what is looked for: terms with their other names, words, pairs of Chinese characters.

    Args:
        words: the query.
        groups: of names of one thing, as `Index` keeps them.
    """
    rest = _joined(words)
    units: list[Unit] = []
    single: list[Unit] = []  # characters that stand alone say little beside anything else
    for name, group in sorted(((n, g) for g in groups for n in g), key=lambda pair: -len(pair[0])):
        if _whole(name, rest):
            units.append(group)
            rest = rest.replace(name.strip() if HAN.search(name) else name, " ")
    for token in STOP_ZH.sub(" ", rest).split():
        if not HAN.search(token):
            if token not in STOP:
                units.append((f" {ENDING.sub('', token)}",))
        elif len(token) == 1:
            single.append((token,))
        else:
            units += [(token[i : i + 2],) for i in range(len(token) - 1)]
    return list(dict.fromkeys(units or single))


def other_names(text: str, synonyms: Sequence[Sequence[str]]) -> list[str]:
    """List the names of the things that a text names, without those that it uses itself.

    Args:
        text: to look through.
        synonyms: names of one thing, group by group.
    """
    joined = _joined(text)
    named = [[(name, _whole(_joined(name), joined)) for name in group] for group in synonyms]
    return [name for group in named if any(hit for _, hit in group) for name, hit in group if not hit]


def _joined(text: str) -> str:
    """Return the words of a text with a blank around each, in lower case, full-width letters made plain."""
    return f" {' '.join(TOKEN.findall(unicodedata.normalize('NFKC', text).lower()))} "


def _whole(name: str, joined: str) -> bool:
    """Return whether a term stands in a text: a Chinese one anywhere, another as whole words."""
    if HAN.search(name):
        return name.strip() in joined
    return name in joined or (name[-1] == " " and f"{name[:-1]}s " in joined)


def _hit(unit: Unit, joined: str) -> bool:
    """Return whether a text holds a word from its beginning, or a term under one of its names."""
    return any(_whole(name, joined) for name in unit)
