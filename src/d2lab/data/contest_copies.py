"""Copies of an image in several parts of a set: files of the same bytes, found by size first and then by SHA-256."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

from d2lab.core.errors import DataError


def find_copies(root: Path, parts: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], list[str]]:
    """Return the files of a later part that an earlier one holds too, by the names of both parts.

    Args:
        root: where names begin.
        parts: names of files by part.

    Raises:
        DataError: a file can't be read.
    """
    sizes: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for part, names in parts.items():
        for name in names:
            sizes[_size(root / name)].append((part, name))
    hashes: dict[str, dict[bytes, list[str]]] = {part: defaultdict(list) for part in parts}
    for files in sizes.values():
        if len({part for part, _ in files}) > 1:
            for part, name in files:
                hashes[part][_hash(root / name)].append(name)
    found = {}
    for one, other in combinations(parts, 2):
        shared = [name for key, names in hashes[other].items() if key in hashes[one] for name in names]
        if shared:
            found[one, other] = sorted(shared)
    return found


def describe_copies(root: Path, parts: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a line for each two parts that share images: how many, and one of them."""
    lines = []
    for (one, other), names in find_copies(root, parts).items():
        images = "1 image" if len(names) == 1 else f"{len(names):,} images"
        lines.append(f"{images} of the {other} also in the {one}, such as {names[0]}")
    return lines


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as cause:
        raise DataError(f"image {path}", got=cause.strerror or str(cause), need="a file that can be read") from cause


def _hash(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as cause:
        raise DataError(f"image {path}", got=cause.strerror or str(cause), need="a file that can be read") from cause
