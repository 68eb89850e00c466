"""Images decoded once: bytes in .npy files in the cache, mapped into memory, whole or not there.

A set is a folder that gets its name when everything is in it, so that a process that is killed on the way leaves
nothing that could be taken for whole; the next one removes what it left. Another process waits.
"""

import dataclasses
import hashlib
import os
import secrets
import shutil
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from d2lab.core.atomic import write_json
from d2lab.core.errors import ConfigError, DataError
from d2lab.core.json_file import read_json
from d2lab.core.machine import usable_cores
from d2lab.data.card import Card
from d2lab.data.image import decoder_version, quiet_pillow
from d2lab.data.image_files import HELD_BYTES
from d2lab.data.image_fit import scaled_frame
from d2lab.data.places import cache_folder
from d2lab.data.source import locked

CHUNK = 64  # images decoded together
FORMAT = 1
MANIFEST = "manifest.json"
PARTS = ("train", "test")

Known = Literal["size", "changed", "stamp"]


@dataclass(frozen=True, slots=True)
class Decoded:
    """Place of a decoded set, and what it was made from.

    Args:
        folder: its place in the cache.
        name: of the set, for the terminal.
        origin: what it was made from and how: a checksum, a side. Another origin is another set.
        shapes: of the inputs of each part, examples first: "train", "test", and "valid" where a set has it; masks too.
    """

    folder: Path
    name: str
    origin: dict[str, Any]
    shapes: dict[str, tuple[int, ...]]

    @property
    def manifest(self) -> dict[str, Any]:
        """What the manifest of the whole set says."""
        shapes = {part: list(shape) for part, shape in self.shapes.items()}
        return {"format": FORMAT, "origin": self.origin, "shapes": shapes}

    def is_whole(self) -> bool:
        """Whether the set is here, made from this origin, with every file of the right size."""
        try:
            found = read_json(self.folder / MANIFEST, "manifest", links=True, error=DataError)
            sizes = {part: (self.folder / f"{part}.npy").stat().st_size for part in self.shapes}
        except (OSError, ValueError):
            return False
        headers = {part: len(_header(shape)) for part, shape in self.shapes.items()}
        wanted = {part: headers[part] + int(np.prod(shape, dtype=np.int64)) for part, shape in self.shapes.items()}
        return bool(found == self.manifest and sizes == wanted)

    def make(self, write: Callable[..., None]) -> None:
        """Make the set unless it is here.

        Args:
            write: fills the `Rows` of each part, in the order of `shapes`, each from its first row to its last.

        Raises:
            DataError: the images are not what they should be, or the cache can't be written.
        """
        if self.is_whole():
            return
        with locked(self.folder.parent, self.name):
            if self.is_whole():  # another process made it while this one waited
                return
            for leftover in self.folder.parent.glob(f".{self.folder.name}.*.part"):
                shutil.rmtree(leftover, ignore_errors=True)
            growing = self.folder.with_name(f".{self.folder.name}.{secrets.token_hex(4)}.part")
            try:
                self._fill(growing, write)
                shutil.rmtree(self.folder, ignore_errors=True)
                growing.rename(self.folder)
            except OSError as cause:
                fix = "Free some space, or name another folder with D2LAB_CACHE."
                got = cause.strerror or str(cause)
                raise DataError(str(self.folder), got=got, need="a place that can be written", fix=fix) from cause
            finally:
                shutil.rmtree(growing, ignore_errors=True)

    def _fill(self, growing: Path, write: Callable[..., None]) -> None:
        growing.mkdir(parents=True)
        parts = [Rows(growing / f"{part}.npy", shape) for part, shape in self.shapes.items()]
        try:
            write(*parts)
        finally:
            for rows in parts:
                rows.close()
        for rows in parts:
            if rows.done != rows.shape[0]:
                raise DataError(self.name, got=f"{rows.done} images", need=f"{rows.shape[0]}")
        write_json(growing / MANIFEST, self.manifest, DataError)

    def open(self, part: str) -> Tensor:
        """The inputs of a part, mapped: a page is read when it is touched and given back when memory is short."""
        return torch.from_numpy(np.lib.format.open_memmap(self.folder / f"{part}.npy", mode="c"))


def _header(shape: tuple[int, ...]) -> bytes:
    """Return the head of a .npy file of bytes."""
    import io

    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return head.getvalue()


class Rows:
    """A .npy file that grows row by row; what was written needs no memory."""

    def __init__(self, path: Path, shape: tuple[int, ...]) -> None:
        self.shape, self.done = shape, 0
        self._file = path.open("xb")
        self._file.write(_header(shape))

    def append(self, pixels: np.ndarray) -> None:
        """Write some examples."""
        if pixels.dtype != np.uint8 or pixels.shape[1:] != self.shape[1:]:
            need = f"uint8 of shape {list(self.shape[1:])}"
            raise DataError("decoded images", got=f"{pixels.dtype} {list(pixels.shape[1:])}", need=need)
        self._file.write(np.ascontiguousarray(pixels).data)
        self.done += len(pixels)

    def extend(self, batches: Iterable[np.ndarray]) -> None:
        """Write batch after batch."""
        for pixels in batches:
            self.append(pixels)

    def close(self) -> None:
        """Bring everything to the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


def fitted_in_cache(card: Card, shapes: dict[str, tuple[int, ...]], stamp: str) -> Decoded:
    """Return where images that are fitted into the shape of their card lie in the cache, or would lie.

    Args:
        card: of the set.
        shapes: of what is kept of each part, examples first.
        stamp: a hash of all that is known of the files unread.

    Raises:
        DataError: they take too much memory, or the disk has no room for them.
    """
    size = sum(int(np.prod(shape, dtype=np.int64)) for shape in shapes.values())
    cache = cache_folder().absolute()
    there = next(folder for folder in (cache, *cache.parents) if folder.exists())
    most = min(HELD_BYTES, shutil.disk_usage(there).free // 2)
    if size > most:
        got, need = f"{size / 2**30:.1f} GiB", f"{most / 2**30:.1f} GiB at most"
        raise DataError(f"the decoded images of {card.name}", got=got, need=need, fix="Ask for a smaller side.")
    origin = {"files": stamp, "shape": list(card.shape), "decoder": decoder_version()}
    place = hashlib.sha256(f"{card.name}\0{card.shape}".encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return Decoded(cache / "decoded" / place / "images", card.name, origin, shapes)


def sized(card: Card, *, side: int | None, workers: int | None) -> Card:
    """Return the card of images that are decoded once, its shape scaled where another side is asked for.

    Args:
        card: of the images.
        side: longest side, pixels; the card's shape unless given.
        workers: must be None: such images are held in memory or mapped from the cache.

    Raises:
        ConfigError: the side is below 1, or workers are asked for.
    """
    if workers is not None:
        raise ConfigError("stream_workers", got=workers, need=f"none for {card.name}: its images are decoded once")
    if side is None:
        return card
    if side < 1:
        raise ConfigError("side", got=side, need="1 pixel or more")
    return dataclasses.replace(card, shape=(3, *scaled_frame(card.shape, side)))


def known_unread(file: Path, what: Known) -> tuple[int, ...]:
    """Return what is known of a file without reading it.

    Args:
        file: that is there.
        what: "size" in bytes; "changed", when it was written, in nanoseconds; "stamp", all that would show a change.
    """
    facts = file.stat()
    stamp = (facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
    return {"size": stamp[:1], "changed": stamp[1:2], "stamp": stamp}[what]


def read_together(read: Callable[..., np.ndarray], *columns: Sequence[Any]) -> Iterator[np.ndarray]:
    """Yield what is read of file after file, on all cores, a chunk at a time.

    Args:
        read: reads one file; all results have one shape.
        columns: its arguments, file by file.
    """
    with quiet_pillow(), ThreadPoolExecutor(usable_cores()) as pool:
        for start in range(0, len(columns[0]), CHUNK):
            yield np.stack(list(pool.map(read, *(column[start : start + CHUNK] for column in columns))))


def check_unchanged(card: Card, listing: str, times: str) -> None:
    """Refuse files of a user that are others than those of a card; warn where they were written anew.

    Args:
        card: as a run knows it.
        listing: hash of names and sizes now.
        times: hash of the times of change now.

    Raises:
        DataError: names or sizes are others.
    """
    if listing != card.listing:
        fix = "Put the files back as they were, or train anew."
        raise DataError(f"the images of {card.name}", got="other files", need="those that the run knows", fix=fix)
    if card.times and times != card.times:
        said = "files were written anew since the run, under the same names and sizes: the images may be others"
        warnings.warn(f"{card.name}: {said}.", UserWarning, stacklevel=3)
