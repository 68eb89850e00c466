"""What a learner has done: a small file, written whole after each check."""

import datetime
import os
from collections.abc import Mapping
from pathlib import Path

from filelock import FileLock

from d2lab.core.atomic import write_json
from d2lab.core.errors import DataError
from d2lab.core.home import expand_home
from d2lab.core.json_file import read_object

FORMAT = 1
NEED, FIX = "the progress that d2lab wrote", "Move it away, or name another file in D2LAB_PROGRESS."


def progress_file() -> Path:
    """Return the place of the file: $D2LAB_PROGRESS, or .d2lab/progress.json in the home folder."""
    named = os.environ.get("D2LAB_PROGRESS")
    return Path(named) if named else expand_home("~/.d2lab/progress.json", "D2LAB_PROGRESS")


def read_progress(file: Path) -> dict[str, dict[str, object]]:
    """Read how often each exercise was tried, and when it was done.

    Args:
        file: of the progress; where there is none, nothing has been tried.

    Raises:
        DataError: it is not ours, or an entry of it is not; it is left as it is.
    """
    tried, broken = read_whole_entries(file)
    if broken:
        raise DataError(f"progress file {file}", got=f"a broken entry {broken[0]!r}", need=NEED, fix=FIX)
    return tried


def read_whole_entries(file: Path) -> tuple[dict[str, dict[str, object]], list[str]]:
    """Read the entries that are whole, and the names of those that are not.

    Args:
        file: of the progress; where there is none, nothing has been tried.

    Raises:
        DataError: the file as a whole is not ours; it is left as it is.
    """
    if not file.exists():
        return {}, []
    content = read_object(file, "progress file", links=True, error=DataError, need=NEED, fix=FIX)
    entries = content.get("exercises")
    if content.get("format") != FORMAT or not isinstance(entries, dict):
        raise DataError(f"progress file {file}", got="another format", need=NEED, fix=FIX)
    whole = {name: one for name, one in entries.items() if _is_whole(one)}
    return whole, sorted(entries.keys() - whole.keys())


def _is_whole(one: object) -> bool:
    if not isinstance(one, dict) or not isinstance(one.get("done"), str | None):
        return False
    tries = one.get("tries")
    return isinstance(tries, int) and not isinstance(tries, bool) and tries >= 0


def note(file: Path, name: str, *, passed: bool) -> None:
    """Count a try, and keep the day on which an exercise was first done.

    Args:
        file: of the progress.
        name: of the exercise.
        passed: whether this try was right.

    Raises:
        DataError: the file can't be read or written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{file}.lock"):  # two checks may end at the same time
        tried = read_progress(file)
        before = tried.get(name, {"tries": 0, "done": None})
        today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
        done = before.get("done") or (today if passed else None)
        tried[name] = {"tries": int(str(before["tries"])) + 1, "done": done}
        write_json(file, {"format": FORMAT, "exercises": tried}, DataError)


def under_new_names(
    progress: Mapping[str, Mapping[str, object]], former: Mapping[str, str]
) -> dict[str, dict[str, object]]:
    """Return the progress with exercises of earlier releases under the ids of today; tries under both are added.

    Args:
        progress: as it was read.
        former: the id of today by former id, as `catalog.former_ids` returns it.
    """
    renamed: dict[str, dict[str, object]] = {}
    for name, one in progress.items():
        before = renamed.get(former.get(name, name), {"tries": 0, "done": None})
        days = [str(day) for day in (before.get("done"), one.get("done")) if day]
        tries = int(str(before["tries"])) + int(str(one["tries"]))
        renamed[former.get(name, name)] = {"tries": tries, "done": min(days, default=None)}
    return renamed


def done_in(progress: Mapping[str, Mapping[str, object]]) -> set[str]:
    """List the exercises that are done.

    Args:
        progress: as it was read.
    """
    return {name for name, one in progress.items() if one.get("done")}
