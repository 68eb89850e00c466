"""Unpack a zip or tar archive that nobody vouches for: into its own folder, whole or not at all, within limits.

What is refused: names that leave the folder or mean something else on another system (absolute, ``..``, drive
letters, backslashes), two names for one place (also when they differ only by case), links, devices, encrypted
or sparse entries, and more files or bytes than the caller allows. Bytes are counted as they come out, for a
header can say anything.
"""

import contextlib
import gzip
import lzma
import secrets
import shutil
import stat
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BufferedIOBase
from pathlib import Path
from typing import BinaryIO, cast

from d2lab.core.errors import DataError
from d2lab.core.regular_file import open_regular

CHUNK_BYTES = 1 << 16
HEADER_BYTES = 1 << 20  # a tar header that wants more memory at once is an attack
BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,  # zipfile: a way of compression it doesn't know
    RuntimeError,  # zipfile: encrypted
    ValueError,  # tarfile and zipfile: headers that lie about numbers, names or sparse maps
    LookupError,
    ArithmeticError,
    AssertionError,
    struct.error,
)


def unpack(archive: Path, folder: Path, *, limit_bytes: int, limit_files: int) -> None:
    """Unpack a zip, tar, tar.gz or tar.xz archive (its first bytes tell which) to a new folder.

    Args:
        archive: the file to unpack.
        folder: what shall hold its content; must not exist. It appears when everything is unpacked.
        limit_bytes: largest size of all files together.
        limit_files: largest number of entries, folders included.

    Raises:
        DataError: the archive is broken, goes beyond a limit or has an entry named above; nothing is left behind.
    """
    if folder.exists():
        raise DataError(str(folder), got="a folder that exists", need="a new one", fix="Remove it first.")
    growing = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    try:
        growing.mkdir(parents=True)
        with open_regular(archive, links=True, error=DataError) as f:
            _unpack(cast(BufferedIOBase, f), _Room(archive, growing, limit_bytes, limit_files))
        growing.rename(folder)
    except DataError:
        raise
    except BROKEN as cause:
        raise DataError(str(archive), got=str(cause), need="a whole zip or tar archive") from cause
    except OSError as cause:
        got = cause.strerror or str(cause)
        raise DataError(f"unpacking {archive}", got=got, need="a readable archive, a writable folder") from cause
    finally:
        shutil.rmtree(growing, ignore_errors=True)


@dataclass
class _Room:
    """The folder that grows, and how much of the limits is used."""

    archive: Path
    folder: Path
    limit_bytes: int
    limit_files: int
    bytes: int = 0
    entries: int = 0
    places: dict[str, tuple[str, bool]] = field(default_factory=dict)  # folded name: name, is a file
    files: set[str] = field(default_factory=set)

    def refuse(self, name: str, got: str, need: str) -> DataError:
        return DataError(f"{name!r} in {self.archive}", got=got, need=need, fix="Don't trust this archive.")

    def place(self, name: str, *, is_file: bool) -> Path:
        """Where an entry goes; refuses names that are not plainly inside the folder and there only once."""
        self.entries += 1
        if self.entries > self.limit_files:
            got = f"more than {self.limit_files} entries"
            raise DataError(str(self.archive), got=got, need=f"at most {self.limit_files}")
        if name.startswith("/") or any(sign in name for sign in '\\:\0<>"|?*'):
            raise self.refuse(name, "a name that is absolute or not portable", "a relative name with slashes")
        parts = [part for part in name.split("/") if part not in ("", ".")]
        if ".." in parts or (is_file and not parts):
            raise self.refuse(name, "a name that leaves the folder", "a name inside it")
        for depth in range(1, len(parts) + 1):
            self._take("/".join(parts[:depth]), is_file=is_file and depth == len(parts))
        return self.folder.joinpath(*parts)

    def _take(self, name: str, *, is_file: bool) -> None:
        """Note a file or folder; some systems see one name where others see two, so both count as one."""
        parts = unicodedata.normalize("NFC", name).casefold().split("/")
        before = self.places.setdefault("/".join(part.rstrip(". ") for part in parts), (name, is_file))
        if before != (name, is_file) or (is_file and name in self.files):
            raise self.refuse(name, f"a second entry for {before[0]!r}", "names that differ by more than case")
        if is_file:
            self.files.add(name)

    def write(self, name: str, content: BufferedIOBase, size: int) -> None:
        """Write one file and count what comes out of the archive."""
        target = self.place(name, is_file=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        before = self.bytes
        with target.open("xb") as f:
            while piece := content.read(CHUNK_BYTES):
                self.bytes += len(piece)
                if self.bytes > self.limit_bytes:
                    got = f"more than {self.limit_bytes} bytes"
                    raise DataError(str(self.archive), got=got, need=f"at most {self.limit_bytes}")
                f.write(piece)
        if self.bytes - before != size:
            raise self.refuse(name, f"{self.bytes - before} bytes", f"{size} bytes, as its header says")


def _unpack(f: BufferedIOBase, room: _Room) -> None:
    """Choose the reader by the first bytes."""
    magic = f.read(6)
    f.seek(0)
    if magic[:4] in (b"PK\3\4", b"PK\5\6"):
        _unpack_zip(f, room)
    else:
        with _inflated(f, magic) as plain:
            _unpack_tar(plain, room)


@contextlib.contextmanager
def _inflated(f: BufferedIOBase, magic: bytes) -> Iterator[BufferedIOBase]:
    """Open the tar inside a gz or xz file, or the tar itself."""
    if magic[:2] == b"\x1f\x8b":
        with gzip.open(f) as plain:
            yield plain
    elif magic == b"\xfd7zXZ\0":
        with lzma.open(cast(BinaryIO, f)) as plain:
            yield plain
    else:
        yield f


def _unpack_zip(f: BufferedIOBase, room: _Room) -> None:
    with zipfile.ZipFile(cast(BinaryIO, f)) as archive:
        for entry in archive.infolist():
            name = entry.orig_filename  # zipfile tidies `filename`: it cuts at a zero byte, turns separators
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise room.refuse(name, "a link or a device", "files and folders only")
            if entry.flag_bits & 1:
                raise room.refuse(name, "an encrypted entry", "one that is not encrypted")
            if name.endswith("/"):
                room.place(name, is_file=False).mkdir(parents=True, exist_ok=True)
            else:
                with archive.open(entry) as content:
                    room.write(name, cast(BufferedIOBase, content), entry.file_size)


class _Guarded:
    """A stream that tarfile may read, but not in pieces that fill the memory."""

    def __init__(self, f: BufferedIOBase) -> None:
        self._f = f
        self.seek, self.tell = f.seek, f.tell

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= HEADER_BYTES:
            raise tarfile.ReadError(f"a header of {size} bytes")
        return self._f.read(size)


def _unpack_tar(f: BufferedIOBase, room: _Room) -> None:
    guarded = _Guarded(f)
    with tarfile.open(fileobj=cast(BinaryIO, guarded), mode="r:") as archive:
        while (entry := archive.next()) is not None:
            if entry.isdir():
                room.place(entry.name, is_file=False).mkdir(parents=True, exist_ok=True)
            elif entry.isreg() and not entry.issparse() and (content := archive.extractfile(entry)):
                room.write(entry.name, cast(BufferedIOBase, content), entry.size)
            else:
                raise room.refuse(entry.name, "a link, a device or a sparse file", "plain files and folders only")
        guarded.seek(archive.offset)
        _expect_end(guarded, room)


def _expect_end(f: _Guarded, room: _Room) -> None:
    """Read the zeros that end a tar, to the end of the file: that is where gz and xz keep their checksums."""
    rest = 0
    # Where garbage or an early end follows an entry, tarfile takes it for the end of the archive; this doesn't.
    while (piece := f.read(CHUNK_BYTES)) and rest <= HEADER_BYTES and not piece.strip(b"\0"):
        rest += len(piece)
    if piece or rest < tarfile.BLOCKSIZE:
        raise tarfile.ReadError(f"no proper end after {room.entries} entries")
