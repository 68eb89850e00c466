"""Images decoded once: bytes in .npy files in the cache, mapped into memory, whole or not there.

A set is a folder that gets its name when everything is in it, so that a process that is killed on the way leaves
nothing that could be taken for whole; the next one removes what it left. Another process waits.
"""

import os
import secrets
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from d2lab.core.atomic import write_json
from d2lab.core.errors import DataError
from d2lab.core.json_file import read_json
from d2lab.data.source import locked

FORMAT = 1
MANIFEST = "manifest.json"
PARTS = ("train", "test")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Place of a decoded set, and what it was made from.

    Args:
        folder: its place in the cache.
        name: of the set, for the terminal.
        origin: what it was made from and how: a checksum, a side. Another origin is another set.
        shapes: of the inputs of each part, examples first: "train", "test", and "valid" where a set has it.
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
