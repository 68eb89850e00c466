"""Copies of an image in several parts of a contest's folder."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

from d2lab.data.same_files import same_files

Parts = Mapping[str, Sequence[str]]  # names of files by part
Groups = Sequence[Sequence[str]]  # names of files that have the same bytes


def same_images(root: Path, parts: Parts) -> list[list[str]]:
    """Return the names of images that have the same bytes; those of a size that occurs in one part alone are not read.

    Args:
        root: where names begin.
        parts: names of files by part; each stands in one.

    Raises:
        DataError: a file can't be read.
    """
    listed = [(part, name) for part, names in parts.items() for name in names]
    groups = same_files((part, root / name) for part, name in listed)
    return [[listed[place][1] for place in group] for group in groups]


def find_copies(parts: Parts, groups: Groups) -> dict[tuple[str, str], list[str]]:
    """Return the files of a later part that an earlier one holds too, sorted, by the names of both parts.

    Args:
        parts: names of files by part.
        groups: of files with the same bytes, such as those of `same_images`.
    """
    part_of = {name: part for part, names in parts.items() for name in names}
    found: dict[tuple[str, str], list[str]] = {pair: [] for pair in combinations(parts, 2)}
    for group in groups:
        held = {part_of[name] for name in group if name in part_of}
        for one, other in found:
            if one in held:
                found[one, other] += [name for name in group if part_of.get(name) == other]
    return {pair: sorted(names) for pair, names in found.items() if names}


def describe_copies(parts: Parts, groups: Groups) -> list[str]:
    """Return a line for each two parts that share images: how many, and one of them."""
    lines = []
    for (one, other), names in find_copies(parts, groups).items():
        images = "1 image" if len(names) == 1 else f"{len(names):,} images"
        lines.append(f"{images} of the {other} also in the {one}, such as {names[0]}")
    return lines
