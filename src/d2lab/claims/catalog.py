"""All claims by id, in the order of the notes: chapter by chapter, as they stand in their files."""

import functools
import importlib
import pkgutil
from types import ModuleType

from d2lab.claims import checks
from d2lab.claims.claim import Claim
from d2lab.claims.glossary import synonyms
from d2lab.claims.lessons import pages_of
from d2lab.claims.renamed import OLD_IDS
from d2lab.core.errors import ConfigError
from d2lab.core.names import unknown_name
from d2lab.core.ranking import Entry, Index

FILES: tuple[ModuleType, ...] = tuple(
    importlib.import_module(f"{checks.__name__}.{file.name}")
    for file in sorted(pkgutil.iter_modules(checks.__path__), key=lambda file: file.name)
)


def _gathered() -> dict[str, Claim]:
    found: dict[str, Claim] = {}
    for file in FILES:
        for thing in vars(file).values():
            if isinstance(thing, Claim) and thing.check.__module__ == file.__name__:
                if thing.id in found:
                    raise ConfigError("the id of a claim", got=thing.id, need="one that no other claim has")
                found[thing.id] = thing
    return dict(sorted(found.items(), key=lambda item: item[1].chapter))  # stable: the order of the files stays


CLAIMS: dict[str, Claim] = _gathered()


def find_claim(name: str) -> Claim:
    """Return a claim by its id.

    Raises:
        ConfigError: there is no such claim; the error names its new id, or proposes the nearest.
    """
    if name in OLD_IDS:
        raise ConfigError("claim", got=name, need="the id of today", fix=f"It is {OLD_IDS[name]!r} now.")
    if name not in CLAIMS:
        raise unknown_name("claim", name, CLAIMS)
    return CLAIMS[name]


def search(words: str, chapter: int | None = None) -> list[Claim]:
    """Return the claims that contain every word, the best first.

    Words are looked for in the id, in both languages, in what a claim covers, in the names of what its check uses
    (Dropout, d2lab.layers.dropout), and in the files of its check, its evidence and the pages about it; a term of the
    glossary under all its names.

    Args:
        words: with spaces between; none finds all.
        chapter: only of this one.
    """
    found, whole = nearest(words, chapter)
    return found[:whole]


def nearest(words: str, chapter: int | None = None) -> tuple[list[Claim], int]:
    """Return the claims that contain every word, followed by the nearest where these are few, and how many do.

    Args:
        words: a question, a term, a message; as `search` takes it.
        chapter: only of this one.
    """
    names, whole = _index(chapter).search(words)
    return [CLAIMS[name] for name in names], whole


@functools.cache
def _index(chapter: int | None) -> Index:
    """Return the claims of a chapter, or all, by what they are found by; reading that takes seconds."""
    chosen = [c for c in CLAIMS.values() if chapter in (None, c.chapter)]
    return Index({c.id: Entry(f"{c.id} {c.en} {c.zh}", _text(c)) for c in chosen}, synonyms())


def _text(claim: Claim) -> str:
    """Return everything that a claim is found by, in lower case."""
    pages = (path.as_posix() for path in pages_of(claim))
    files = (
        claim.place,
        f"evidence/claims/{claim.id}.json",
        *(f"{name.replace('.', '/')}.py" for name in claim.modules),
    )
    return " ".join((claim.id, claim.en, claim.zh, claim.scope, *claim.covers, *claim.uses, *files, *pages)).lower()
