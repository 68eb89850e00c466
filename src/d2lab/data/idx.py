"""Idx files, the format of MNIST: a magic number, the lengths of the axes, then the values, all big-endian.

The reader is strict, for a wrong byte here becomes a wrong image there: it refuses a file that is too short, too
long, of another kind or larger than the caller allows, and inflates no more than the header announces.

Source: LeCun, The MNIST database of handwritten digits, "file formats".
"""

import contextlib
import gzip
import math
import struct
import zlib
from io import BufferedIOBase
from pathlib import Path
from typing import cast

import numpy as np

from d2lab.core.errors import DataError
from d2lab.core.regular_file import open_regular

# A number is looked up by the third byte of the file; the fourth says how many axes follow.
TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP_MAGIC = b"\x1f\x8b"
MOST_AXES = 8
MOST_VALUES = 2**56
FETCH_AGAIN = "Delete the file and fetch it again."


def read_idx(path: Path, *, limit_bytes: int) -> np.ndarray:
    """Return the values of an idx file, gzipped or not (its first bytes tell, not its name).

    Args:
        path: the file.
        limit_bytes: largest size of the values that the caller is ready to hold in memory.

    Raises:
        DataError: the file is missing, broken, no idx file, or larger than the limit.
    """
    try:
        with open_regular(path, links=True, error=DataError) as raw:
            packed = raw.read(2) == GZIP_MAGIC
            raw.seek(0)
            with gzip.open(raw) if packed else contextlib.nullcontext(raw) as f:
                return _read(cast(BufferedIOBase, f), path, limit_bytes)
    except (EOFError, zlib.error, gzip.BadGzipFile) as cause:
        raise DataError(str(path), got=str(cause), need="a whole gzip file", fix=FETCH_AGAIN) from cause
    except OSError as cause:
        raise _unreadable(path, cause) from cause


def map_idx(path: Path) -> np.memmap:
    """Map the values of an idx file that is not gzipped: they stay on disk and are read when they are used.

    The values keep the byte order of the file (big-endian).

    Raises:
        DataError: the file is missing, gzipped, broken, empty or no idx file.
    """
    try:
        with open_regular(path, links=True, error=DataError) as f:
            if f.read(2) == GZIP_MAGIC:
                raise DataError(str(path), got="a gzip file", need="a plain idx file", fix="Inflate it first.")
            f.seek(0)
            kind, shape = _header(cast(BufferedIOBase, f), path)
            start = f.tell()
        size, need = path.stat().st_size, start + math.prod(shape) * kind.itemsize
        if size != need or size == start:
            raise DataError(str(path), got=f"{size} bytes", need=f"{need} bytes, values among them", fix=FETCH_AGAIN)
        return np.memmap(path, dtype=kind, mode="r", offset=start, shape=shape)
    except OSError as cause:
        raise _unreadable(path, cause) from cause


def _header(f: BufferedIOBase, path: Path) -> tuple[np.dtype, tuple[int, ...]]:
    """Read the type of the values and the lengths of the axes."""
    magic = f.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or magic[3] == 0:
        raise DataError(str(path), got=f"first bytes {magic.hex(' ')}", need="the magic number of an idx file")
    if magic[3] > MOST_AXES:
        raise DataError(str(path), got=f"{magic[3]} axes", need=f"at most {MOST_AXES}", fix=FETCH_AGAIN)
    lengths = f.read(4 * magic[3])
    if len(lengths) < 4 * magic[3]:
        raise DataError(str(path), got="an end within the header", need=f"{magic[3]} axes", fix=FETCH_AGAIN)
    shape = struct.unpack(f">{magic[3]}I", lengths)
    if 0 in shape and math.prod(max(length, 1) for length in shape) > MOST_VALUES:  # numpy refuses such a shape
        raise DataError(str(path), got=f"axes {list(shape)}", need=f"at most {MOST_VALUES} values", fix=FETCH_AGAIN)
    return np.dtype(TYPES[magic[2]]), shape


def _read(f: BufferedIOBase, path: Path, limit_bytes: int) -> np.ndarray:
    """Read header and values, and make sure that nothing follows."""
    kind, shape = _header(f, path)
    size = math.prod(shape) * kind.itemsize  # Python's integers don't overflow
    if size > limit_bytes:
        got = f"{size} bytes announced (axes {list(shape)})"
        raise DataError(str(path), got=got, need=f"at most {limit_bytes} bytes")
    content = bytearray(size)
    view, done = memoryview(content), 0
    while done < size:
        more = f.readinto(view[done:])
        if not more:
            raise DataError(str(path), got=f"{done} bytes of values", need=f"{size}", fix=FETCH_AGAIN)
        done += more
    if f.read(1):  # at the end of a gzip file this also checks its checksum
        raise DataError(str(path), got="more bytes after the values", need=f"{size} bytes", fix=FETCH_AGAIN)
    values = np.frombuffer(content, dtype=kind).reshape(shape)
    return values.astype(kind.newbyteorder("="), copy=False)


def _unreadable(path: Path, cause: OSError) -> DataError:
    return DataError(str(path), got=cause.strerror or str(cause), need="a file that can be read")
