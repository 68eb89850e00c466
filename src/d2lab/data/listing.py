"""Lists of image files with their classes: found in folders, divided into parts, packed with a digest.

No image is opened here, and nothing is known of how a folder is laid out.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from d2lab.core.errors import DataError
from d2lab.data.names import Names

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"}
Entry = tuple[str, int, int]  # name from the root on with forward slashes, bytes, class


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """Files and the class of each."""

    names: Names
    targets: Int64[np.ndarray, " file"]


@dataclass(frozen=True, eq=False, slots=True)
class Listing:
    """List of the images in a folder, by part and class.

    Args:
        root: the folder.
        classes: their names, by number.
        train: training files.
        test: test files.
        digest: SHA-256 of names, sizes and parts; another one means other files.
    """

    root: Path
    classes: tuple[str, ...]
    train: Part
    test: Part
    digest: str


def make_listing(root: Path, classes: tuple[str, ...], train: list[Entry], test: list[Entry]) -> Listing:
    """Pack two lists of files; each class must be in the training part."""
    digest = hashlib.sha256()
    parts = []
    for name, entries in (("train", train), ("test", test)):
        for place, size, number in entries:
            digest.update(f"{name}\0{place}\0{size}\0{classes[number]}\n".encode("utf-8", "surrogateescape"))
        parts.append(Part(Names(e[0] for e in entries), np.array([e[2] for e in entries], np.int64)))
    if not test:
        raise DataError(f"the folder {root}", got="nothing to hold out", need="two images or more of some class")
    return Listing(root, classes, parts[0], parts[1], digest.hexdigest())


def hold_out(entries: list[Entry], share: float, seed: int = 0) -> tuple[list[Entry], list[Entry]]:
    """Divide a list into two parts, both in its order: of every class the same share, rounded, goes to the second.

    Which files go is decided by a hash of seed and name alone: the same on every system, and a file that is added
    moves at most one other of its class.
    """
    keys = [hashlib.sha256(f"{seed}\0{e[0]}".encode("utf-8", "surrogateescape")).digest() for e in entries]
    away = np.zeros(len(entries), bool)
    numbers = np.array([e[2] for e in entries])
    for number in np.unique(numbers):
        members = sorted(np.flatnonzero(numbers == number), key=lambda row: keys[row])
        away[members[: min(round(share * len(members)), len(members) - 1)]] = True
    rest = [e for e, gone in zip(entries, away, strict=True) if not gone]
    return rest, [e for e, gone in zip(entries, away, strict=True) if gone]


def find_images(root: Path, folder: str, above: tuple[tuple[int, int], ...] = ()) -> Iterator[tuple[str, int]]:
    """Yield names (from the root on) and sizes of the images in a folder and the folders inside it.

    Raises:
        DataError: a folder can't be read, or a link leads nowhere.
    """
    try:
        here = (root / folder).stat()
        if (here.st_dev, here.st_ino) in above:  # a link led back to where it came from
            return
        with os.scandir(root / folder) as entries:
            for entry in entries:
                place = f"{folder}/{entry.name}"
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    yield from find_images(root, place, (*above, (here.st_dev, here.st_ino)))
                elif Path(entry.name).suffix.lower() in SUFFIXES:
                    yield place, entry.stat().st_size
    except OSError as cause:
        got = cause.strerror or str(cause)
        raise DataError(str(cause.filename or folder), got=got, need="a file or folder that can be read") from cause
