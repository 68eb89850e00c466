"""A run's folder, built under a hidden name and renamed: it is there whole, or not at all."""

import contextlib
import errno
import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from d2lab.core.atomic import flush_folder, remove_leftovers, write_json
from d2lab.core.regular_file import kind_of

PART = re.compile(r"\..+-\d{8}-\d{6}-\d+(-\d+)?\.part")  # a run that is being built
ABANDONED_S = 60.0  # building a folder takes milliseconds: an older one was left by a killed process
TAKEN = (errno.EEXIST, errno.ENOTEMPTY)  # what a rename says where another process was faster


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
        _remove(part, files)
    flush_folder(folder.parent)
    return True


def remove_abandoned(root: Path, names: Iterable[str]) -> None:
    """Remove half-built runs that killed processes left in a folder of runs, and nothing else.

    Args:
        root: folder of runs.
        names: of the files that a half-built run may hold.
    """
    for part in root.glob(".*.part"):
        with contextlib.suppress(OSError):
            if PART.fullmatch(part.name) and time.time() - part.lstat().st_mtime > ABANDONED_S:
                _remove(part, names)


def _remove(part: Path, names: Iterable[str]) -> None:
    """Remove a half-built run; a folder that holds anything else stays, and a link is never followed."""
    if kind_of(part) != "a folder":
        return
    remove_leftovers(part)
    with contextlib.suppress(OSError):
        for name in names:
            (part / name).unlink(missing_ok=True)
        part.rmdir()
