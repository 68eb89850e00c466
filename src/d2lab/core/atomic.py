"""Files that are either whole or not there: written beside the target, flushed, then renamed over it.

A reader (or a killed process that starts again) sees the old content or the new, never a part. On Linux and
macOS the folder is flushed too, so that the rename survives a power cut.
"""

import contextlib
import json
import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from d2lab.core.errors import D2labError, RunError
from d2lab.core.regular_file import kind_of

TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}\.part")  # the names that `atomic_file` gives
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
