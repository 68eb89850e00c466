"""A folder of pictures as a list: its classes, what to learn from, what to be judged by. No picture is opened here.

    PATH/train/CLASS/*.jpg and PATH/test/CLASS/*.jpg   (or val, valid, validation instead of test)
    PATH/CLASS/*.jpg                                    a share of each class is held out as the test part
    PATH/train/ID.png and PATH/trainLabels.csv          Kaggle's layout: see kaggle.py

Classes are numbered in the order of their names. Hidden files and files of other kinds (notes, Thumbs.db) are not
seen; folders inside a class are; a link that leads back to a folder it lies in is not followed.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from d2lab.core.errors import DataError
from d2lab.data.names import Names

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"}
TEST_FOLDERS = ("test", "val", "valid", "validation")
HOLDOUT = 0.2  # share of each class that judges, where no folder is set apart for it
NOT_CLASSES = {"__macosx"}  # what unpacking on another system leaves behind
LAYOUT = "PATH/train/CLASS/*.jpg with PATH/test/CLASS/*.jpg, or PATH/CLASS/*.jpg"
Entry = tuple[str, int, int]  # name from the root on with forward slashes, bytes, class


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """Files and the class of each."""

    names: Names
    targets: Int64[np.ndarray, " file"]


@dataclass(frozen=True, eq=False, slots=True)
class Listing:
    """What a folder of pictures holds.

    Args:
        root: the folder.
        classes: their names, by number.
        train: what to learn from.
        test: what to be judged by.
        digest: SHA-256 of names, sizes and parts; another one means other files.
    """

    root: Path
    classes: tuple[str, ...]
    train: Part
    test: Part
    digest: str


def scan(root: Path) -> Listing:
    """List a folder of pictures.

    Raises:
        DataError: no folder, none of the layouts above, fewer than two classes, or a class without pictures.
    """
    if not root.is_dir():
        got = "a file" if root.exists() else "nothing there"
        raise DataError(f"the folder {root}", got=got, need=f"a folder of pictures: {LAYOUT}")
    if (root / "trainLabels.csv").is_file():
        from d2lab.data.kaggle import entries

        return listed(root, *entries(root))
    if not (root / "train").is_dir():
        classes = class_names(root)
        return listed(root, classes, *held_out(_labelled(root, "", classes), HOLDOUT))
    classes = class_names(root / "train")
    train = _labelled(root, "train", classes)
    for name in TEST_FOLDERS:
        if set(_folders(root / name)) == set(classes):
            return listed(root, classes, train, _labelled(root, name, classes))
    there = [name for name in TEST_FOLDERS if (root / name).is_dir()]
    if any(set(_folders(root / name)) & set(classes) for name in there):
        got = f"{', '.join(there)} with other classes than train"
        raise DataError(f"the folder {root}", got=got, need=f"the same classes in both: {', '.join(classes)}")
    return listed(root, classes, *held_out(train, HOLDOUT))


def class_names(folder: Path) -> tuple[str, ...]:
    """The classes of a folder, in the order of their numbers.

    Raises:
        DataError: there are fewer than two.
    """
    classes = tuple(_folders(folder))
    if len(classes) < 2:
        got = "no folders in it" if not classes else f"one class, {classes[0]}"
        raise DataError(f"the folder {folder}", got=got, need=f"a folder for each of two classes or more: {LAYOUT}")
    return classes


def listed(root: Path, classes: tuple[str, ...], train: list[Entry], test: list[Entry]) -> Listing:
    """Pack two lists of files; each class must be in the training part."""
    digest = hashlib.sha256()
    parts = []
    for name, entries in (("train", train), ("test", test)):
        for place, size, number in entries:
            digest.update(f"{name}\0{place}\0{size}\0{classes[number]}\n".encode("utf-8", "surrogateescape"))
        parts.append(Part(Names(e[0] for e in entries), np.array([e[2] for e in entries], np.int64)))
    if not test:
        raise DataError(f"the folder {root}", got="nothing to hold out", need="two pictures or more of some class")
    return Listing(root, classes, parts[0], parts[1], digest.hexdigest())


def held_out(entries: list[Entry], share: float, seed: int = 0) -> tuple[list[Entry], list[Entry]]:
    """Two parts of a list, both in its order: of every class the same share goes to the second, rounded.

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


def _labelled(root: Path, part: str, classes: Iterable[str]) -> list[Entry]:
    """The pictures of each class under `part`, class by class, sorted by name.

    Raises:
        DataError: a class has none.
    """
    found: list[Entry] = []
    for number, name in enumerate(classes):
        folder = f"{part}/{name}" if part else name
        mine = sorted((place, size, number) for place, size in pictures(root, folder))
        if not mine:
            need = f"pictures ({', '.join(sorted(SUFFIXES))}) of each class"
            raise DataError(f"the class folder {root / folder}", got="no picture", need=need)
        found += mine
    return found


def pictures(root: Path, folder: str, above: tuple[tuple[int, int], ...] = ()) -> Iterator[tuple[str, int]]:
    """Yield names (from the root on) and sizes of the pictures in a folder and the folders inside it.

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
                    yield from pictures(root, place, (*above, (here.st_dev, here.st_ino)))
                elif Path(entry.name).suffix.lower() in SUFFIXES:
                    yield place, entry.stat().st_size
    except OSError as cause:
        got = cause.strerror or str(cause)
        raise DataError(str(cause.filename or folder), got=got, need="a file or folder that can be read") from cause


def _folders(folder: Path) -> list[str]:
    """The names of the folders in a folder, sorted; none where there is no such folder."""
    if not folder.is_dir():
        return []
    names = (p.name for p in folder.iterdir() if p.is_dir())
    return sorted(name for name in names if not name.startswith(".") and name.lower() not in NOT_CLASSES)
