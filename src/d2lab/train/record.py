"""The record of a run: a folder with its settings, its machine, its metrics and its checkpoint.

`recipe.json` and `machine.json` are written once, `metrics.jsonl` grows by one line per step and one per
epoch, `checkpoint/` follows. Lines newer than the checkpoint are cut off when a killed run is resumed, because their
steps are repeated.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from d2lab.core.atomic import write_json
from d2lab.core.errors import RunError
from d2lab.core.home import expand_home
from d2lab.train.checkpoint import read_json

Row = dict[str, Any]
RECIPE, MACHINE, METRICS, CHECKPOINT = "recipe.json", "machine.json", "metrics.jsonl", "checkpoint"


def runs_folder() -> Path:
    """Return the folder of all runs: $D2LAB_RUNS, with ~ for the home; `runs` here where it is unset or empty."""
    return expand_home(os.environ.get("D2LAB_RUNS") or "runs", "D2LAB_RUNS")


class RunRecord:
    """The folder of one run; one process at a time may train into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkpoint = folder / CHECKPOINT
        self._lock = FileLock(folder / ".lock")

    @property
    def name(self) -> str:
        """Name of the run: that of its folder."""
        return self.folder.name

    @classmethod
    def create(cls, name: str, seed: int, recipe: Row, machine: Row, root: Path | None = None) -> "RunRecord":
        """Make the folder `<recipe>-<date>-<time>-<seed>` and write recipe.json and machine.json.

        Raises:
            RunError: the folder can't be made.
        """
        root = root or runs_folder()
        base = f"{name}-{datetime.now():%Y%m%d-%H%M%S}-{seed}"
        for number in range(1, 1000):
            folder = root / (base if number == 1 else f"{base}-{number}")
            try:
                folder.mkdir(parents=True)
                break
            except FileExistsError:
                if root.is_file():  # the root itself is in the way
                    raise RunError("runs folder", got=str(root), need="a folder, not a file") from None
            except OSError as cause:
                raise RunError(
                    f"runs folder {root}", got=cause.strerror, need="a folder that can be written"
                ) from cause
        record = cls(folder)
        write_json(folder / RECIPE, recipe)
        write_json(folder / MACHINE, machine)
        return record

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes from training into this run, for as long as the context lasts.

        Raises:
            RunError: another process trains into it, or the folder can't be written.
        """
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            fix = "Wait for it, or stop it with Ctrl-C."
            raise RunError(f"run {self.name}", got="in use by another process", need="a run at rest", fix=fix) from None
        except OSError as cause:
            raise RunError(f"run {self.folder}", got=cause.strerror, need="a folder that can be written") from cause
        try:
            yield
        finally:
            self._lock.release()

    def append(self, rows: list[Row]) -> int:
        """Append rows to metrics.jsonl and flush them to disk; return the length of the file in bytes.

        Raises:
            RunError: the disk is full or the file can't be written.
        """
        text = "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows)
        path = self.folder / METRICS
        try:
            with path.open("ab") as f:
                f.write(text.encode())
                f.flush()
                os.fsync(f.fileno())
                return f.tell()
        except OSError as cause:
            raise RunError(f"writing {path}", got=cause.strerror, need="a file that can be written") from cause

    def cut(self, length: int) -> None:
        """Truncate metrics.jsonl to the length that the checkpoint states, bytes."""
        path = self.folder / METRICS
        try:
            path.touch()
            size = path.stat().st_size
            if not 0 <= length <= size:
                raise RunError(f"metrics {path}", got=f"{size} bytes", need=f"the {length} that the checkpoint names")
            os.truncate(path, length)
        except OSError as cause:
            raise RunError(f"writing {path}", got=cause.strerror, need="a file that can be written") from cause

    def rows(self) -> list[Row]:
        """Read all complete rows; a line that a kill cut short is left out.

        Raises:
            RunError: a line in the middle is no JSON object.
        """
        path = self.folder / METRICS
        if not path.exists():
            return []
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
        rows: list[Row] = []
        for number, line in enumerate(lines[:-1], start=1):
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise RunError(f"{path}, line {number}", got=line[:40], need="a JSON object")
            rows.append(row)
        return rows

    def recipe(self) -> Row:
        """Read recipe.json."""
        return read_json(self.folder / RECIPE, "run")

    def machine(self) -> Row:
        """Read machine.json."""
        return read_json(self.folder / MACHINE, "run")


def open_record(folder: Path) -> RunRecord:
    """Open the record of a run by its folder, or by its name in the folder of runs.

    Raises:
        RunError: there is none; the error names the newest run there is.
    """
    for candidate in (folder, runs_folder() / folder):
        if (candidate / RECIPE).is_file():
            return RunRecord(candidate)
    runs = sorted(runs_folder().glob(f"*/{RECIPE}"), key=lambda path: path.stat().st_mtime)
    fix = f"The newest run is {runs[-1].parent}." if runs else "Make one with d2lab train lenet."
    raise RunError("run", got=str(folder), need=f"a folder that holds {RECIPE}", fix=fix)
