"""Files of the same bytes: found by size first and then by SHA-256."""

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Iterable
from pathlib import Path

from d2lab.core.errors import DataError


def same_files(files: Iterable[tuple[Hashable, Path]]) -> list[list[int]]:
    """Return the groups of files that have the same bytes; files of a size that occurs in one part alone are not read.

    Args:
        files: the part and the path of each.

    Returns:
        The places of each group's files in `files`, in their order; groups in the order of their first.

    Raises:
        DataError: a file can't be read.
    """
    listed = list(files)
    by_size: dict[int, list[int]] = defaultdict(list)
    for place, (_, path) in enumerate(listed):
        by_size[_size(path)].append(place)
    groups: dict[bytes, list[int]] = defaultdict(list)
    for places in by_size.values():
        if len({listed[place][0] for place in places}) > 1:
            for place in places:
                groups[_hash(listed[place][1])].append(place)
    return sorted(group for group in groups.values() if len(group) > 1)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as cause:
        raise _unreadable(path, cause) from cause


def _hash(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as cause:
        raise _unreadable(path, cause) from cause


def _unreadable(path: Path, cause: OSError) -> DataError:
    return DataError(f"image {path}", got=cause.strerror or str(cause), need="a file that can be read")
