"""The files of a set, from the nearest place that has them: $D2LAB_DATA, the cache, the network.

In the cache a set is a folder with ``manifest.json``, which is written last: what it lists is whole and was
checked. A file that no manifest lists is hashed before it is used. Files in $D2LAB_DATA are the user's: they
are checked, never changed, and a wrong one is an error rather than a reason to look elsewhere.
"""

import contextlib
import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from d2lab.core.atomic import write_json
from d2lab.core.errors import DataError
from d2lab.core.json_file import read_json
from d2lab.data.card import Card, DataFile
from d2lab.data.checksum import State, expected, is_unpacked, plain_path, require_ok, state
from d2lab.data.download import download
from d2lab.data.places import cache_folder, data_folders
from d2lab.data.progress import Report, print_status, progress_bar

ARCHIVE_FILES = 1_000_000  # more than any set here has; a bomb of tiny files ends there


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """State of a set on disk, by name and size (nothing is hashed)."""

    state: Literal["embedded", "complete", "partial", "absent"]
    folder: Path | None  # where the files lie or would lie; None for a set without files
    bytes: int


def fetch(card: Card, *, progress: Report | None = None) -> dict[str, Path]:
    """Return the place of each file of the set, by its path on the card; download what is nowhere on disk.

    Args:
        card: the set.
        progress: told of every piece that arrives; without it a terminal gets a bar.

    Raises:
        DataError: a file in $D2LAB_DATA is wrong, no mirror serves a file, or the cache can't be written.
    """
    found = {file.path: _in_data_folders(file) or _listed(card, file) for file in card.files}
    missing = [file for file in card.files if found[file.path] is None]
    if missing:
        with locked(_folder(card), card.name), progress_bar(progress) as report:
            found |= _complete(card, missing, report)
    return {file.path: _opened(card, file, found[file.path]) for file in card.files}


def locate(card: Card) -> dict[str, Path] | None:
    """Return the place of each file of the set, or None when one is not on disk. Never uses the network.

    Raises:
        DataError: a file in $D2LAB_DATA is wrong.
    """
    found = {}
    for file in card.files:
        place = _in_data_folders(file) or _listed(card, file) or _sound(file, _cached(card, file))
        if place is None:
            return None
        found[file.path] = _opened(card, file, place)
    return found


def need(card: Card) -> dict[str, Path]:
    """Return the place of each file of the set, or raise when one is not on disk. Never uses the network.

    Raises:
        DataError: a file is not on disk, or one in $D2LAB_DATA is wrong.
    """
    found = locate(card)
    if found is None:
        fix = f"Run d2lab data fetch {card.name}, or set D2LAB_DATA to a folder that has {card.files[0].path}."
        fix = _by_hand(card, card.files[0]) if card.by_hand else fix
        raise DataError(f"the files of {card.name}", got=on_disk(card).state, need="all on disk", fix=fix)
    return found


def verify(card: Card) -> list[tuple[DataFile, State]]:
    """Compare each file of the set with the card; everything is hashed anew."""
    return [(file, state(file, _place(card, file), remember=False)) for file in card.files]


def on_disk(card: Card) -> Status:
    """Return the state of the set on disk, by names and sizes alone."""
    if not card.files:
        return Status(state="embedded", folder=None, bytes=0)
    places = {file: _place(card, file) for file in card.files}
    there = [place for file, place in places.items() if _looks_right(file, place)]
    folder = there[0].parent if there else _cached(card, card.files[0]).parent
    word: Literal["complete", "partial", "absent"]
    word = "complete" if len(there) == len(places) else "partial" if there else "absent"
    return Status(state=word, folder=folder, bytes=sum(place.stat().st_size for place in there))


def _looks_right(file: DataFile, place: Path) -> bool:
    """Check whether a file of the right size, or an unpacked folder with all its files, is there."""
    if is_unpacked(file, place):
        return all((place / name).is_file() for name, _ in file.members)
    return place.is_file() and place.stat().st_size == expected(file, place)[0]


def _folder(card: Card) -> Path:
    return cache_folder() / card.name


def _cached(card: Card, file: DataFile) -> Path:
    return _folder(card) / file.path


def _candidate(file: DataFile) -> Path | None:
    """Return the first file of this name in $D2LAB_DATA, packed or not, right or wrong."""
    for folder in data_folders():
        if file.folder and (folder / file.folder).is_dir():
            return folder / file.folder
        for name in filter(None, (file.path, plain_path(file))):
            if (folder / name).is_file():
                return folder / name
    return None


def _place(card: Card, file: DataFile) -> Path:
    """Return where the file lies, or else would lie; nothing is checked."""
    return _candidate(file) or _cached(card, file)


def _in_data_folders(file: DataFile) -> Path | None:
    """Return the file in $D2LAB_DATA, checked."""
    place = _candidate(file)
    return require_ok(file, place) if place else None


def _listed(card: Card, file: DataFile) -> Path | None:
    """Return the cached file when the manifest lists it with this checksum."""
    entry = _manifest(card).get(file.path)
    place = _cached(card, file)
    vouched = isinstance(entry, dict) and entry.get("sha256") == file.sha256
    return place if vouched and place.is_file() and place.stat().st_size == file.bytes else None


def _sound(file: DataFile, place: Path) -> Path | None:
    """Return the file when its size and checksum are right, else None."""
    return place if state(file, place) == "ok" else None


def _complete(card: Card, missing: list[DataFile], report: Report) -> dict[str, Path]:
    """Bring the missing files into the cache; then, with all of them there, list them in the manifest."""
    places, listed = {}, _manifest(card)
    for file in missing:
        place = places[file.path] = _cached(card, file)
        if _listed(card, file):
            continue  # another process fetched it while this one waited for the lock
        mirror = "found in the cache"
        if card.by_hand and not file.mirrors and not _sound(file, place):
            need = "it on this machine, for no server is known to have it"
            raise DataError(f"the file {file.path}", got="missing", need=need, fix=_by_hand(card, file))
        if not _sound(file, place):
            _remove_wrong(place)
            mirror = download(file, place, report)
        date = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        listed[file.path] = {"sha256": file.sha256, "bytes": file.bytes, "mirror": mirror, "date": date}
    content = {"name": card.name, "files": listed}
    write_json(_folder(card) / "manifest.json", content, DataError)
    return places


def _manifest(card: Card) -> dict[str, Any]:
    """Return what the manifest lists, by path; a missing or broken one lists nothing."""
    try:
        content = read_json(_folder(card) / "manifest.json", "manifest", links=True, error=DataError)
    except (OSError, ValueError):
        return {}
    files = content.get("files") if isinstance(content, dict) else None
    return files if isinstance(files, dict) else {}


def _opened(card: Card, file: DataFile, place: Path | None) -> Path:
    """Return the file itself, or for an archive the folder with its content (unpacked once)."""
    if place is None:
        raise DataError(file.path, got="no file", need="a file on disk")
    if is_unpacked(file, place):
        return place.parent
    if not file.unpack:
        return place
    from d2lab.data.archive import unpack

    folder = _folder(card) / f"{file.path}-{file.sha256[:12]}"  # a new version of the archive, a new folder
    if not folder.is_dir():
        with locked(_folder(card), card.name):
            if not folder.is_dir():  # nobody unpacked it while this process waited
                unpack(place, folder, limit_bytes=file.plain_bytes, limit_files=ARCHIVE_FILES)
    return folder


@contextlib.contextmanager
def locked(folder: Path, name: str) -> Iterator[None]:
    """Keep other processes out of a set's folder in the cache; wait while one is at work.

    Args:
        folder: made when it is not there.
        name: of the set, for a line on the terminal.

    Raises:
        DataError: the folder can't be written.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / ".lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            print_status(f"Another process is at work on {name}; waiting for it.")
            lock.acquire()
    except (OSError, NotImplementedError) as cause:
        got = getattr(cause, "strerror", None) or str(cause)
        fix = "Name a folder that can be written with D2LAB_CACHE, or one that has the files with D2LAB_DATA."
        raise DataError(str(folder), got=got, need="a folder for the cache", fix=fix) from cause
    try:
        yield
    finally:
        lock.release()


def _by_hand(card: Card, file: DataFile) -> str:
    """Say what to do about a file that no server has."""
    return f"{card.by_hand} Put it at {_cached(card, file)}, or set D2LAB_DATA to a folder that has {file.path}."


def _remove_wrong(place: Path) -> None:
    """Make room for a fresh download."""
    try:
        place.unlink(missing_ok=True)
    except OSError as cause:
        got = cause.strerror or str(cause)
        raise DataError(str(place), got=got, need="a cache that can be written") from cause
