"""Pairs of sentences that say the same in two languages, and reviews: texts of their own lengths, padded with zeros.

The first n pairs cost the reading of n lines: lines are read from the archive as they are asked for.
"""

import hashlib
import io
import lzma
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from d2lab.core.errors import ConfigError, DataError
from d2lab.data.card import Card
from d2lab.data.split import Dataset, Split
from d2lab.data.texts import files_of, read_notes

HELD_OUT = 10  # every tenth sentence of the first language, by its hash, is held out with all its translations
REVIEW_BYTES = 4096  # what is kept of a review; 2.9 % of the training reviews are longer, 2.7 % of the test ones

Padded = tuple[UInt8[Tensor, "text width"], Int64[Tensor, " text"]]


def pad_texts(texts: Sequence[str], width: int) -> Padded:
    """Return texts as rows of UTF-8 bytes, padded with zeros, beside the count of bytes of each; longer ones are cut.

    Raises:
        ConfigError: the width is below 1.
    """
    if width < 1:
        raise ConfigError("width", got=width, need="1 byte or more")
    rows = [text.encode("utf-8")[:width] for text in texts]
    lengths = np.array([len(row) for row in rows], np.int64)
    padded = np.zeros((len(rows), width), np.uint8)
    padded[np.arange(width) < lengths[:, None]] = np.frombuffer(b"".join(rows), np.uint8)
    return torch.from_numpy(padded), torch.from_numpy(lengths)


def unpad_texts(padded: UInt8[Tensor, "text width"], lengths: Int64[Tensor, " text"]) -> list[str]:
    """Return the texts of padded rows; half a character at the end of a cut one is left out."""
    rows = padded.cpu().numpy()
    return [rows[i, :n].tobytes().decode("utf-8", errors="ignore") for i, n in enumerate(lengths.tolist())]


def read_pairs(card: Card, count: int | None = None, *, fetch: bool = True) -> list[tuple[str, str]]:
    """Return the first pairs of a set, in the order of its file: a few of them cost the reading of a few lines.

    Args:
        card: `notes-pairs` or `fra-eng`.
        count: how many; all without it.
        fetch: may use the network when the file is not on disk.

    Raises:
        ConfigError: the count is below 1.
        DataError: the file is missing, or a line has no tab.
    """
    if count is not None and count < 1:
        raise ConfigError("the number of pairs", got=count, need="1 or more")
    return list(islice(_pairs(card, fetch), count))


def _pairs(card: Card, fetch: bool) -> Iterator[tuple[str, str]]:
    """Yield the pairs of a set, one line after another."""
    if card.name == "notes-pairs":
        yield from _split_lines(io.StringIO((read_notes("pairs-train") + read_notes("pairs-test")).decode()), card)
        return
    (place,) = files_of(card, fetch).values()
    with _member(place, "fra-eng/fra.txt") as lines:
        yield from _split_lines(lines, card)


def _member(place: Path, name: str) -> io.TextIOWrapper:
    """Open a file within a zip; the archive stays open as long as it is read."""
    try:
        return io.TextIOWrapper(zipfile.ZipFile(place).open(name), encoding="utf-8", newline="\n")
    except (KeyError, zipfile.BadZipFile) as cause:
        raise DataError(str(place), got=str(cause), need=f"a zip with {name}") from cause


def _split_lines(lines: io.TextIOBase, card: Card) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines, 1):
        first, tab, second = line.rstrip("\n").partition("\t")
        if not tab:
            raise DataError(f"line {number} of {card.name}", got=line.rstrip("\n"), need="two sentences and a tab")
        yield first, second


def is_held_out(sentence: str) -> bool:
    """Return whether a sentence belongs to the held-out part: by its hash, so that all its translations go with it."""
    return hashlib.blake2b(sentence.encode(), digest_size=8).digest()[0] * HELD_OUT < 256


def load(card: Card, *, seed: int = 0, fetch: bool = True) -> Dataset:
    """Return the pairs of this card: inputs and targets are each padded bytes and lengths; `seed` changes nothing.

    Raises:
        DataError: a file is missing or broken.
    """
    found = read_pairs(card, fetch=fetch)
    if card.name == "notes-pairs":
        parts = [found[: card.examples[0]], found[card.examples[0] :]]
    else:
        held = [is_held_out(first) for first, _ in found]
        parts = [[pair for pair, out in zip(found, held, strict=True) if out == part] for part in (False, True)]
    width = max(len(text.encode()) for pair in found for text in pair)
    sides = [[pad_texts(texts, width) for texts in zip(*part, strict=True)] for part in parts]
    train, test = (Split(inputs, targets) for inputs, targets in sides)
    return Dataset(card, train, test)


def load_reviews(card: Card, fetch: bool) -> Dataset:
    """Return film reviews: inputs are padded bytes and lengths, targets the class.

    Raises:
        DataError: a file is missing or broken.
    """
    (place,) = files_of(card, fetch).values()
    texts: dict[str, list[str]] = {"train": [], "test": []}
    kinds: dict[str, list[int]] = {"train": [], "test": []}
    try:
        with tarfile.open(place, "r|xz") as archive:
            for member in archive:
                parts = member.name.split("/")
                if member.isfile() and len(parts) == 4 and parts[1] in texts and parts[2] in card.classes:
                    file = archive.extractfile(member)
                    texts[parts[1]].append(file.read().decode("utf-8") if file else "")
                    kinds[parts[1]].append(card.classes.index(parts[2]))
    except (tarfile.TarError, lzma.LZMAError, UnicodeError, EOFError) as cause:
        raise DataError(str(place), got=str(cause), need="a .tar.xz of reviews in UTF-8") from cause
    train, test = (
        Split(pad_texts(texts[part], REVIEW_BYTES), torch.tensor(kinds[part], dtype=torch.int64)) for part in texts
    )
    return Dataset(card, train, test)
