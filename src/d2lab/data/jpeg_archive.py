"""CIFAR-10 as 60,000 small JPEG files in one tar: decoded once, straight from the archive, into the cache.

The files never touch the disk one by one: 60,000 of them would take longer to write than to decode.
"""

import io
import re
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch

from d2lab.core.errors import DataError
from d2lab.core.machine import usable_cores
from d2lab.data import source
from d2lab.data.archive import BROKEN
from d2lab.data.card import Card
from d2lab.data.decoded import PARTS, Decoded, Rows
from d2lab.data.image import decoder_version, quiet_pillow, read_square
from d2lab.data.places import cache_folder
from d2lab.data.split import Dataset, Split

CHUNK = 512  # images decoded together
LIMIT_BYTES = 1_000_000  # of one file; the real ones have about 1 kB


def load(card: Card, *, seed: int = 0, fetch: bool = True) -> Dataset:
    """Load the set of this card, class by class in the order of the file names; `seed` changes nothing here.

    Raises:
        DataError: the archive is missing, broken or not what the card says.
    """
    file = card.files[0]
    archive = (source.fetch(card) if fetch else source.need(card))[file.path]
    shapes = {part: (count, *card.shape) for part, count in zip(PARTS, card.examples, strict=True)}
    folder = cache_folder() / card.name / f"decoded-{file.sha256[:12]}"
    store = Decoded(folder, card.name, {"archive": file.sha256, "decoder": decoder_version()}, shapes)
    store.make(lambda train, test: _decode(archive, card, {"train": train, "test": test}))
    return Dataset(card, *(Split(store.open(part), _targets(card, part)) for part in PARTS))


def _targets(card: Card, part: str) -> torch.Tensor:
    """Return as many targets of each class, class by class."""
    return torch.arange(len(card.classes)).repeat_interleave(_each(card, part))


def _each(card: Card, part: str) -> int:
    return card.examples[PARTS.index(part)] // len(card.classes)


def _decode(archive: Path, card: Card, rows: dict[str, Rows]) -> None:
    """Write every image of the archive, which has them in the order of their names, to its part."""
    with quiet_pillow(), ThreadPoolExecutor(usable_cores()) as pool:
        for part, chunk in _chunks(_files(archive, card)):
            rows[part].append(np.stack(list(pool.map(partial(_pixels, card), chunk))))


def _pixels(card: Card, file: tuple[str, bytes]) -> np.ndarray:
    """Decode one file, given as name and content."""
    channels, side = card.shape[:2]
    return read_square(io.BytesIO(file[1]), file[0], side=side, channels=channels)


def _chunks(files: Iterator[tuple[str, str, bytes]]) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Collect files of one part, a few hundred at a time."""
    part, chunk = "", list[tuple[str, bytes]]()
    for mine, name, content in files:
        if chunk and (mine != part or len(chunk) == CHUNK):
            yield part, chunk
            chunk = []
        part = mine
        chunk.append((name, content))
    if chunk:
        yield part, chunk


def _files(archive: Path, card: Card) -> Iterator[tuple[str, str, bytes]]:
    """Yield part, name and content of each file, once each and in the order in which the targets count them."""
    expected = {part: _names(card, part) for part in PARTS}
    try:
        with archive.open("rb") as f, tarfile.open(fileobj=f, mode="r:gz") as content:
            while (entry := content.next()) is not None:
                content.members.clear()  # type: ignore[attr-defined]  # else tarfile keeps a note of all 60,000
                if entry.isdir():
                    continue
                name = re.sub(r"^[^/]+/", "", entry.name)
                part = name.partition("/")[0]
                wanted = next(expected.get(part, iter(())), "nothing more")
                if name != wanted or not entry.isreg() or entry.size > LIMIT_BYTES:
                    got = f"{entry.name}, {entry.size} bytes"
                    raise DataError(f"a file in {archive}", got=got, need=f"the file {wanted}")
                yield part, f"{archive}: {entry.name}", _read(content, entry)
    except DataError:
        raise
    except (*BROKEN, OSError) as cause:
        raise DataError(str(archive), got=str(cause), need="a whole tar.gz archive") from cause


def _names(card: Card, part: str) -> Iterator[str]:
    """Name the files of a part in their order."""
    return (f"{part}/{name}/{number:04}.jpg" for name in card.classes for number in range(_each(card, part)))


def _read(content: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    opened = content.extractfile(entry)
    f: BinaryIO = opened if opened is not None else io.BytesIO()  # type: ignore[assignment]
    return f.read()
