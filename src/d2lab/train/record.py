"""The record of a run: a folder with its settings, its machine, its metrics and its checkpoint.

`recipe.json` and `machine.json` are written once, `metrics.jsonl` grows by one line per step and one per
epoch, `checkpoint/` follows. Lines newer than the checkpoint are cut off when a killed run is resumed, because their
steps are repeated.

The folder is built under a hidden name, `.NAME.part`, and renamed: a run is there whole or not at all. Nothing in it
is read, cut or deleted through a link.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from d2lab.core.atomic import build_folder, remove_abandoned, write_json
from d2lab.core.errors import RunError
from d2lab.core.home import expand_home
from d2lab.core.json_file import canonical_hash, parse_json
from d2lab.core.regular_file import APPEND, CUT, kind_of, open_regular, require_kind
from d2lab.train.checkpoint import STATE, Checkpoint, load_checkpoint, read_json, save_checkpoint

Row = dict[str, Any]
RECIPE, MACHINE, METRICS, CHECKPOINT = "recipe.json", "machine.json", "metrics.jsonl", "checkpoint"
LOCK = ".lock"
LINE_LIMIT = 2**16  # bytes of a line of metrics.jsonl


def runs_folder() -> Path:
    """Return the folder of all runs: $D2LAB_RUNS, with ~ for the home; `runs` here where it is unset or empty."""
    return expand_home(os.environ.get("D2LAB_RUNS") or "runs", "D2LAB_RUNS")


class RunRecord:
    """The folder of one run; one process at a time may train into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkpoint = folder / CHECKPOINT
        self._lock = FileLock(folder / LOCK)
        self._settings: str | None = None  # hash of the settings that this process trains with

    @property
    def name(self) -> str:
        """Name of the run: that of its folder."""
        return self.folder.name

    @classmethod
    def create(cls, name: str, seed: int, recipe: Row, machine: Row, root: Path | None = None) -> "RunRecord":
        """Make the folder `<recipe>-<date>-<time>-<seed>` and write recipe.json and machine.json.

        The folder appears whole or not at all; what a killed process left half-built is removed.

        Raises:
            RunError: the folder can't be made.
        """
        root = root or runs_folder()
        base = f"{name}-{datetime.now():%Y%m%d-%H%M%S}-{seed}"
        try:
            root.mkdir(parents=True, exist_ok=True)
            remove_abandoned(root, (RECIPE, MACHINE))
            for number in range(1, 1000):
                folder = root / (base if number == 1 else f"{base}-{number}")
                if build_folder(folder, {RECIPE: recipe, MACHINE: machine}):
                    return cls(folder)
        except FileExistsError:  # the root itself is in the way
            raise RunError("runs folder", got=str(root), need="a folder, not a file") from None
        except OSError as cause:
            raise RunError(f"runs folder {root}", got=cause.strerror, need="a folder that can be written") from cause
        raise RunError(f"runs folder {root}", got=f"1000 runs named {base}", need="a free name")

    def require_own(self) -> None:
        """Refuse a record in which a link, a FIFO or a device lies in the place of a file of ours.

        Raises:
            RunError: one does.
        """
        for name in (RECIPE, MACHINE, METRICS, LOCK):
            require_kind(self.folder / name, "a file")
        require_kind(self.checkpoint, "a folder")
        require_kind(self.checkpoint / STATE, "a file")

    def settings_hash(self) -> str:
        """Hash recipe.json and machine.json: what, beside the code, decides the weights.

        Raises:
            RunError: one of them can't be read.
        """
        return canonical_hash([self.recipe(), self.machine()])

    def has_checkpoint(self) -> bool:
        """Return whether a checkpoint was ever written whole."""
        return kind_of(self.checkpoint / STATE) is not None

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint over the one before, bound to this record's settings.

        Raises:
            RunError: the record can't be written.
        """
        if self._settings is None:  # once: what is on the disk later did not train these weights
            self._settings = self.settings_hash()
        save_checkpoint(self.checkpoint, checkpoint, [self._settings])

    def change_settings(self, settings: Row, checkpoint: Checkpoint | None) -> None:
        """Write other settings into recipe.json; a kill at any moment leaves a run that can be resumed.

        Args:
            settings: all of them, by their names.
            checkpoint: of the run, where there is one: it is bound to both settings until the next one is written.

        Raises:
            RunError: the record can't be written.
        """
        recipe = {**self.recipe(), "settings": settings}
        if checkpoint is not None:
            both = [self.settings_hash(), canonical_hash([recipe, self.machine()])]
            save_checkpoint(self.checkpoint, checkpoint, both)
        write_json(self.folder / RECIPE, recipe)
        self._settings = None

    def load(self) -> Checkpoint:
        """Read the checkpoint.

        Raises:
            RunError: there is none, it is broken or was changed, or the settings were changed since.
        """
        self._settings = self.settings_hash()
        return load_checkpoint(self.checkpoint, self._settings)

    def status(self) -> str:
        """Return how the run stands by its checkpoint: "running", "interrupted", "stopped early" or "finished".

        Raises:
            RunError: the checkpoint is broken.
        """
        if not self.has_checkpoint():
            return "no checkpoint"
        values = read_json(self.checkpoint / STATE, "checkpoint").get("values")
        if not isinstance(values, dict) or not isinstance(values.get("status"), str):
            raise RunError(f"checkpoint {self.checkpoint / STATE}", got=values, need="the values d2lab writes")
        return str(values["status"])

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes from training into this run, for as long as the context lasts.

        Raises:
            RunError: another process trains into it, or the folder can't be written.
        """
        require_kind(self.folder / LOCK, "a file")
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
            with open_regular(path, APPEND) as f:
                f.write(text.encode())
                f.flush()
                os.fsync(f.fileno())
                return f.tell()
        except OSError as cause:
            raise RunError(f"writing {path}", got=cause.strerror, need="a file that can be written") from cause

    def cut(self, length: int) -> None:
        """Truncate metrics.jsonl to the length that the checkpoint states, bytes; no row is cut in two."""
        path = self.folder / METRICS
        try:
            with open_regular(path, CUT) as f:
                size = os.fstat(f.fileno()).st_size
                if not 0 <= length <= size:
                    need = f"the {length} that the checkpoint names"
                    raise RunError(f"metrics {path}", got=f"{size} bytes", need=need)
                f.seek(max(length - 1, 0))
                if length and f.read(1) != b"\n":  # the next row would be written behind half of another one
                    raise RunError(
                        f"metrics {path}", got=f"no end of a row at byte {length}", need="the rows d2lab wrote"
                    )
                f.truncate(length)
        except OSError as cause:
            raise RunError(f"writing {path}", got=cause.strerror, need="a file that can be written") from cause

    def rows(self, until: int | None = None) -> list[Row]:
        """Read all complete rows; a line that a kill cut short is left out.

        Args:
            until: bytes; lines that end behind them are left out.

        Raises:
            RunError: a line is no JSON object, or the file can't be read.
        """
        path = self.folder / METRICS
        rows: list[Row] = []
        try:
            with open_regular(path) as f:
                while (line := f.readline(LINE_LIMIT)).endswith(b"\n"):
                    if until is not None and f.tell() > until:
                        break
                    rows.append(_row(line, f"{path}, line {len(rows) + 1}"))
        except FileNotFoundError:
            return []
        except OSError as cause:
            raise RunError(f"reading {path}", got=cause.strerror, need="a readable file") from cause
        if len(line) == LINE_LIMIT:
            raise RunError(f"{path}, line {len(rows) + 1}", got=line[:40], need=f"a line of at most {LINE_LIMIT} bytes")
        return rows

    def samples(self) -> dict[int, str]:
        """Return what a language model wrote after each epoch, by epoch; empty for other models."""
        return {row["epoch"]: str(row["sample"]) for row in self.rows() if "sample" in row and "epoch" in row}

    def recipe(self) -> Row:
        """Read recipe.json."""
        return read_json(self.folder / RECIPE, "run")

    def machine(self) -> Row:
        """Read machine.json."""
        return read_json(self.folder / MACHINE, "run")


def _row(line: bytes, where: str) -> Row:
    try:
        row = parse_json(line)
    except ValueError:
        row = None
    if not isinstance(row, dict):
        raise RunError(where, got=line[:40].decode(errors="replace"), need="a JSON object")
    return row


def find_records(root: Path) -> list[RunRecord]:
    """List the records in a folder of runs, the newest last; half-built ones are left out.

    Args:
        root: folder of runs.
    """
    found: list[tuple[float, Path]] = []
    for path in root.glob(f"*/{RECIPE}"):
        with contextlib.suppress(OSError):  # removed by another process meanwhile
            if not path.parent.name.startswith("."):
                found.append((path.lstat().st_mtime, path.parent))
    return [RunRecord(folder) for _, folder in sorted(found)]


def open_record(folder: Path) -> RunRecord:
    """Open the record of a run by its folder, or by its name in the folder of runs.

    Raises:
        RunError: there is none (the error names the newest run there is), or it holds a link in the place of a file.
    """
    for candidate in (folder, runs_folder() / folder):
        if kind_of(candidate / RECIPE) is not None:
            record = RunRecord(candidate)
            record.require_own()
            return record
    runs = find_records(runs_folder())
    fix = f"The newest run is {runs[-1].folder}." if runs else "Make one with d2lab train lenet."
    raise RunError("run", got=str(folder), need=f"a folder that holds {RECIPE}", fix=fix)
