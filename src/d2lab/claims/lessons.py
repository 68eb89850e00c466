"""The pages about a claim: those of the checkout's docs and course that name its id."""

import functools
import re
from pathlib import Path

from d2lab.claims.claim import ROOT, Claim

CHECKOUT = ROOT.parents[1]
FOLDERS = ("docs", "course")  # a wheel has neither
LISTS = {"claims.md", "claims.zh.md"}  # name every claim, tell about none


def pages_of(claim: Claim) -> list[Path]:
    """Return the pages that name a claim, by their path in the checkout; none where d2lab is installed.

    Args:
        claim: any.
    """
    return [path for path, ids in _named().items() if claim.id in ids]


@functools.cache
def _named() -> dict[Path, frozenset[str]]:
    """Read the pages once: the words of each that could be an id."""
    if not (CHECKOUT / "pyproject.toml").is_file():
        return {}
    files = sorted(file for folder in FOLDERS for file in (CHECKOUT / folder).rglob("*.md") if file.name not in LISTS)
    words = {file: re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)+", file.read_text(encoding="utf-8")) for file in files}
    return {file.relative_to(CHECKOUT): frozenset(found) for file, found in words.items()}
