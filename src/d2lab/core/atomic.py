"""Files and folders that are either whole or not there: written beside the target, flushed, then renamed to it.

A reader (or a killed process that starts again) sees the old content or the new, never a part. On Linux and
macOS the folder is flushed too, so that the rename survives a power cut.
"""

import contextlib
import errno
import json
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from d2lab.core.errors import D2labError, RunError
from d2lab.core.regular_file import kind_of

TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}\.part")  # the names that `atomic_file` gives
PART = re.compile(r"\..+-\d{8}-\d{6}-\d+(-\d+)?\.part")  # a run that is being built
ABANDONED_S = 60.0  # building a folder takes milliseconds: an older one was left by a killed process
TAKEN = (errno.EEXIST, errno.ENOTEMPTY)  # what a rename says where another process was faster
RENAME_PAUSES = (0.01, 0.03, 0.1, 0.3, 0.6) if os.name == "nt" else ()  # seconds


@contextlib.contextmanager
def atomic_file(path: Path, error: type[D2labError] = RunError) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path`; on a clean exit it becomes `path`, on an error it disappears.

    Raises:
        D2labError: (of class `error`) the folder can't be written or the disk is full.
    """
    # Named, not anonymous: a rename needs a name. Not tempfile: that makes files only their owner can read.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as f:
            yield f
            f.flush()
            os.fsync(f.fileno())
        _rename(temporary, path)
        flush_folder(path.parent)
    except OSError as cause:
        fix = "Free some space or name another folder."
        reason = cause.strerror or str(cause)
        raise error(f"writing {path}", got=reason, need="a file that can be written", fix=fix) from cause
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Delete the temporary files that a killed process left in a folder; files of other names stay, and links."""
    for leftover in folder.glob(".*.part"):
        if TEMPORARY.fullmatch(leftover.name) and kind_of(leftover) == "a file":
            leftover.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes, error: type[D2labError] = RunError) -> None:
    """Write a whole file at once, or nothing."""
    with atomic_file(path, error) as f:
        f.write(content)


def write_json(path: Path, value: Any, error: type[D2labError] = RunError) -> None:  # noqa: ANN401
    """Write a value as indented UTF-8 JSON, or nothing; NaN and infinity are refused (they are not JSON)."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    write_bytes(path, (text + "\n").encode(), error)


def _rename(temporary: Path, path: Path) -> None:
    """Rename over the target; Windows refuses while a reader has it open, so ask again for about a second."""
    for pause in RENAME_PAUSES:
        try:
            temporary.replace(path)
        except PermissionError:
            time.sleep(pause)
        else:
            return
    temporary.replace(path)


def flush_folder(folder: Path) -> None:
    """Make a rename in a folder durable; Windows has no such call and needs none."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def build_folder(folder: Path, files: Mapping[str, Any]) -> bool:
    """Make a folder of JSON files, whole or not at all.

    Args:
        folder: to make; its parent exists.
        files: values by the file's name.

    Returns:
        False where the name is taken.

    Raises:
        RunError: a file can't be written.
        OSError: the folder can't be made.
    """
    part = folder.with_name(f".{folder.name}.part")
    if kind_of(folder) is not None:
        return False
    try:
        part.mkdir()
    except FileExistsError:
        return False  # another process builds it at this moment, or left it a moment ago
    try:
        for name, value in files.items():
            write_json(part / name, value)
        part.rename(folder)
    except OSError as cause:
        if cause.errno in TAKEN and kind_of(folder) is not None:
            return False
        raise
    finally:
        _remove_built(part, files)
    flush_folder(folder.parent)
    return True


def remove_abandoned(root: Path, names: Iterable[str]) -> None:
    """Remove half-built folders that killed processes left, and nothing else.

    Args:
        root: where they were to appear.
        names: of the files that a half-built folder may hold.
    """
    for part in root.glob(".*.part"):
        with contextlib.suppress(OSError):
            if PART.fullmatch(part.name) and time.time() - part.lstat().st_mtime > ABANDONED_S:
                _remove_built(part, names)


def _remove_built(part: Path, names: Iterable[str]) -> None:
    """Remove a half-built folder; one that holds anything else stays, and a link is never followed."""
    if kind_of(part) != "a folder":
        return
    remove_leftovers(part)
    with contextlib.suppress(OSError):
        for name in names:
            (part / name).unlink(missing_ok=True)
        part.rmdir()
