"""Files of a record, opened without following a link: a record may come from anybody, and must not reach outside.

A link, a FIFO or a device in the place of a file is refused before a byte is read, cut or written.
"""

import os
import stat
from pathlib import Path
from typing import BinaryIO, cast

from d2lab.core.errors import D2labError, RunError

READ, APPEND, CUT = os.O_RDONLY, os.O_WRONLY | os.O_CREAT | os.O_APPEND, os.O_RDWR | os.O_CREAT
# A FIFO without a writer would make the open wait; Windows opens files as text unless told otherwise.
SAFE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
KINDS = {stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket"}


def kind_of(path: Path) -> str | None:
    """Return what lies at a path: "a file", "a folder", "a link", "a FIFO", "a device", ...; None for nothing.

    Args:
        path: not followed if it is a link.
    """
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if getattr(found, "st_reparse_tag", 0):  # a junction of Windows is no symbolic link, and leads elsewhere as well
        return "a link"
    return _kind(found.st_mode)


def _kind(mode: int) -> str:
    return "a file" if stat.S_ISREG(mode) else KINDS.get(stat.S_IFMT(mode), "a device")


def require_kind(path: Path, need: str, error: type[D2labError] = RunError) -> None:
    """Refuse what lies at a path unless it is of a kind; nothing at all is accepted.

    Args:
        path: looked at, not followed.
        need: "a file" or "a folder".
        error: class of the error.

    Raises:
        D2labError: (of class `error`) it is of another kind.
    """
    found = kind_of(path)
    if found not in (None, need):
        fix = "Links are not followed, so that a record can't reach outside its folder." if found == "a link" else ""
        raise error(str(path), got=found, need=need, fix=fix)


def open_regular(path: Path, flags: int = READ, *, links: bool = False, error: type[D2labError] = RunError) -> BinaryIO:
    """Open a regular file, and nothing else.

    Args:
        path: of the file.
        flags: READ, APPEND or CUT; the last two make a missing file.
        links: follow a link to a regular file: right where the user placed the file, wrong in a record.
        error: class of the error.

    Raises:
        D2labError: (of class `error`) a link, a folder, a FIFO or a device lies there.
        OSError: the file is missing, or the system refuses it.
    """
    if not links:
        require_kind(path, "a file", error)  # a clear word; O_NOFOLLOW refuses what comes between this and the open
    handle = os.open(path, flags | (SAFE & ~getattr(os, "O_NOFOLLOW", 0) if links else SAFE), 0o666)
    try:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            raise error(str(path), got=_kind(mode), need="a file")
        return cast(BinaryIO, os.fdopen(handle, {READ: "rb", APPEND: "ab", CUT: "r+b"}[flags]))
    except BaseException:
        os.close(handle)
        raise


def read_regular(path: Path, limit: int, *, links: bool = False, error: type[D2labError] = RunError) -> bytes:
    """Read a regular file whole.

    Args:
        path: of the file.
        limit: bytes; a longer file is refused before it is read.
        links: see `open_regular`.
        error: class of the error.

    Raises:
        D2labError: (of class `error`) it is no regular file, too long, or longer than the memory.
        OSError: the file is missing, or the system refuses it.
    """
    with open_regular(path, links=links, error=error) as f:
        size = os.fstat(f.fileno()).st_size
        try:
            content = f.read(size + 1) if size <= limit else b""  # one more: it may grow
        except MemoryError as cause:
            raise error(str(path), got=f"{size:,} bytes", need="a file that fits into memory") from cause
    if size > limit or len(content) > limit:
        raise error(str(path), got=f"{size:,} bytes", need=f"at most {limit:,} bytes")
    return content
