"""Is this file the one on the card? By size at once, by SHA-256 once.

The answer is remembered until the file changes, so that loading does not hash 30 MB each time.
"""

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from d2lab.core.atomic import write_json
from d2lab.core.errors import DataError
from d2lab.core.json_file import read_json
from d2lab.data.card import DataFile
from d2lab.data.places import cache_folder

State = Literal["ok", "missing", "wrong size", "wrong hash"]
REMEMBERED = 1000  # files; beyond this the oldest answers are forgotten


def sha256(path: Path) -> str:
    """Compute the SHA-256 of a file, 64 hexadecimal digits.

    Raises:
        DataError: the file can't be read.
    """
    import pooch

    try:
        return str(pooch.file_hash(str(path), alg="sha256"))
    except OSError as cause:
        got = cause.strerror or str(cause)
        raise DataError(str(path), got=got, need="a file that can be read") from cause


def plain_path(file: DataFile) -> str:
    """Return the path of the inflated content of a ``.gz``; empty when the card doesn't know its checksum."""
    return file.path.removesuffix(".gz") if file.plain_sha256 and file.path.endswith(".gz") else ""


def expected(file: DataFile, path: Path) -> tuple[int, str]:
    """Size and checksum that `path` should have: those of the content when it lacks the card's ``.gz``."""
    plain = plain_path(file)
    if plain and path.name == Path(plain).name:
        return file.plain_bytes, file.plain_sha256
    return file.bytes, file.sha256


def state(file: DataFile, path: Path, *, remember: bool = True) -> State:
    """Compare `path` with its card.

    Args:
        file: what it should be.
        path: what is there.
        remember: believe the answer of an earlier time when size and time of change are the same; False hashes.
    """
    if is_unpacked(file, path):
        return _state_of_members(file, path, remember=remember)
    size, digest = expected(file, path)
    return _compare(path, size, digest, sha256, remember=remember)


def is_unpacked(file: DataFile, path: Path) -> bool:
    """Check whether `path` is the folder that the archive unpacks to, rather than the archive."""
    return bool(file.folder) and path.name == file.folder and path.is_dir()


def _state_of_members(file: DataFile, folder: Path, *, remember: bool) -> State:
    """Return the first thing that is wrong with a file of an unpacked folder."""
    answers = [_compare(folder / name, None, digest, _md5, remember=remember) for name, digest in file.members]
    return next((answer for answer in answers if answer != "ok"), "ok")


def _md5(path: Path) -> str:
    """Compute the MD5 of a file: a weak hash, and the only one that is published for those files."""
    with path.open("rb") as f:
        return hashlib.file_digest(f, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _compare(path: Path, size: int | None, digest: str, hashed: Callable[[Path], str], *, remember: bool) -> State:
    """Compare a file with a size (None: any) and a checksum."""
    try:
        found = path.stat()
    except OSError:
        return "missing"
    if size is not None and found.st_size != size:
        return "wrong size"
    key, mark = str(path.absolute()), [found.st_size, found.st_mtime_ns, digest]
    memory = _recall()
    if remember and memory.get(key) == mark:
        return "ok"
    if hashed(path) != digest:
        return "wrong hash"
    if memory.get(key) != mark:
        _keep({**memory, key: mark})
    return "ok"


def require_ok(file: DataFile, path: Path) -> Path:
    """Return `path` back when it is what the card says.

    Raises:
        DataError: its size or checksum is another one.
    """
    answer = state(file, path)
    if answer == "ok":
        return path
    fix = "Replace the file, or take its folder out of D2LAB_DATA."
    if is_unpacked(file, path):
        need = f"{', '.join(name for name, _ in file.members)} as they were published"
        raise DataError(str(path), got=f"{answer} of a file in it", need=need, fix=fix)
    size, digest = expected(file, path)
    if answer == "wrong size":
        raise DataError(str(path), got=f"{path.stat().st_size} bytes", need=f"{size} bytes", fix=fix)
    if answer == "wrong hash":
        raise DataError(str(path), got=f"sha256 {sha256(path)}", need=f"sha256 {digest}", fix=fix)
    raise DataError(str(path), got="no such file", need="a file", fix=fix)


def _memory_file() -> Path:
    return cache_folder() / "verified.json"


def _recall() -> dict[str, Any]:
    """Read the remembered answers; a missing or broken file means that there are none."""
    try:
        memory = read_json(_memory_file(), "memory", links=True, error=DataError)
    except (OSError, ValueError):
        return {}
    return memory if isinstance(memory, dict) else {}


def _keep(memory: dict[str, Any]) -> None:
    """Write the answers; where that fails the next load hashes again, and nothing else is lost."""
    newest = dict(list(memory.items())[-REMEMBERED:])
    with contextlib.suppress(DataError):
        write_json(_memory_file(), newest, DataError)
