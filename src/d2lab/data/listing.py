"""Lists of image files with their classes: found in folders, divided into parts, packed with a digest.

No image is opened here, and nothing is known of how a folder is laid out.
"""

import hashlib
import os
import stat
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

from d2lab.core.errors import DataError
from d2lab.data.names import Names

JPEG = {".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".pjpeg", ".pjp"}
SUFFIXES = JPEG | {".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm"}
UNREAD = {  # images, but not of a format that is read here
    *(".heic", ".heif", ".avif", ".jp2", ".j2k", ".jxl", ".svg", ".eps", ".pdf", ".psd", ".tga", ".ico", ".dcm"),
    *(".raw", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".npy", ".mat"),
}


class Entry(NamedTuple):
    """A file: its name from the root on with forward slashes, bytes, class, and times of change in nanoseconds."""

    name: str
    size: int
    number: int
    changed: int = 0  # the content
    touched: int = 0  # the content, or what the system knows of it: nobody can set this time back


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
        times: SHA-256 of the times when the files were changed; with the same digest another one means that files may
            have been redrawn in place.
        stamp: SHA-256 of all that is known of the files unread; what was decoded under another stamp is not used.
        left_out: how many files were not taken, by reason.
    """

    root: Path
    classes: tuple[str, ...]
    train: Part
    test: Part
    digest: str
    times: str
    stamp: str
    left_out: dict[str, int]


def make_listing(
    root: Path,
    classes: tuple[str, ...],
    train: list[Entry],
    test: list[Entry],
    *,
    left_out: Counter[str] | None = None,
) -> Listing:
    """Pack two lists of files; each class must be in the training part.

    Raises:
        DataError: the test part is empty.
    """
    if not test:
        raise DataError(f"the folder {root}", got="nothing to hold out", need="more images of some class")
    digest, times, stamp = hashlib.sha256(), hashlib.sha256(), hashlib.sha256()
    parts = []
    for name, entries in (("train", train), ("test", test)):
        for place, size, number, changed, touched in entries:
            line = f"{name}\0{place}\0{size}\0{classes[number]}\n".encode("utf-8", "surrogateescape")
            digest.update(line)
            times.update(b"%d\n" % changed)
            stamp.update(line + b"%d %d\n" % (changed, touched))
        parts.append(Part(Names(e[0] for e in entries), np.array([e[2] for e in entries], np.int64)))
    return Listing(
        root,
        classes,
        train=parts[0],
        test=parts[1],
        digest=digest.hexdigest(),
        times=times.hexdigest(),
        stamp=stamp.hexdigest(),
        left_out=dict(sorted((left_out or {}).items(), key=lambda item: (-item[1], item[0]))),
    )


def smallest_to_divide(share: float) -> int:
    """Return how many files a class must have for `hold_out` to take one of them away; 0 where none ever is."""
    return next(n for n in count(2) if round(share * n) >= 1) if share > 0 else 0


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


def find_images(
    root: Path,
    folder: str,
    number: int = 0,
    *,
    left_out: Counter[str] | None = None,
    above: tuple[tuple[int, int], ...] = (),
) -> Iterator[Entry]:
    """Yield the images in a folder and the folders inside it.

    Args:
        root: where names begin.
        folder: its place in the root.
        number: of the class that the entries get.
        left_out: is told how many files were not taken, by reason.
        above: folders that are being listed; one that is met again was reached by a link in a circle.

    Raises:
        DataError: a folder can't be read, or a link leads nowhere.
    """
    left = Counter[str]() if left_out is None else left_out
    try:
        here = (root / folder).stat()
        if (here.st_dev, here.st_ino) in above:  # a link led back to where it came from
            return
        with os.scandir(root / folder) as entries:
            for entry in entries:
                place = f"{folder}/{entry.name}"
                reason = why_not(entry.name)
                if reason != "hidden" and entry.is_dir():
                    inside = (*above, (here.st_dev, here.st_ino))
                    yield from find_images(root, place, number, left_out=left, above=inside)
                elif reason:
                    left[reason] += 1
                else:
                    facts = entry.stat()
                    if stat.S_ISREG(facts.st_mode):
                        yield Entry(place, facts.st_size, number, facts.st_mtime_ns, facts.st_ctime_ns)
                    else:
                        left["not a plain file"] += 1
    except OSError as cause:
        got = cause.strerror or str(cause)
        raise DataError(str(cause.filename or folder), got=got, need="a file or folder that can be read") from cause


def why_not(name: str) -> str:
    """Return why a file of this name is not read as an image; "" where it is."""
    if name.startswith("."):
        return "hidden"
    _, dot, suffix = name.rpartition(".")
    suffix = f".{suffix.lower()}" if dot else ""
    if suffix in SUFFIXES:
        return ""
    return f"{suffix}, a format not read here" if suffix in UNREAD else "not an image"


def spoken_name(name: str) -> str:
    """Return a file's name as text: composed as NFC, bytes that are not UTF-8 as escapes."""
    return unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "backslashreplace"))
