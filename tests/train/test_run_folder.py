"""A run's folder: whole or not there, no link followed, nothing deleted that d2lab did not write."""

import json
import os
import time

import pytest

from d2lab.core import atomic
from d2lab.core.atomic import write_json
from d2lab.core.errors import RunError
from d2lab.train.checkpoint import Checkpoint, save_checkpoint
from d2lab.train.record import RunRecord, find_records, open_record

posix = pytest.mark.skipif(os.name != "posix", reason="links need a privilege on Windows")


class Killed(BaseException):
    """Stands for a kill."""


@pytest.fixture
def record(tmp_path):
    made = RunRecord.create("mlp", 3, {"recipe": "mlp"}, {"threads": 1}, tmp_path / "runs")
    made.append([{"step": 1}])
    made.save(Checkpoint(1, {}, {"status": "running"}))
    return made


@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_kill_while_the_folder_is_built_leaves_no_run(tmp_path, monkeypatch, call):
    left = [call]

    def dying(*given):
        left[0] -= 1
        if left[0] == 0:
            raise Killed

    monkeypatch.setattr(atomic, "_remove_built", lambda *given: None)  # a killed process cleans nothing up
    monkeypatch.setattr(os, "replace" if call < 3 else "rename", _before(os.replace if call < 3 else os.rename, dying))
    if call == 3:
        left[0] = 1
    with pytest.raises(Killed):
        RunRecord.create("mlp", 0, {"a": 1}, {}, tmp_path)
    monkeypatch.undo()
    (part,) = tmp_path.iterdir()
    assert part.name.startswith(".mlp-")
    assert find_records(tmp_path) == []
    os.utime(part, (time.time() - 3600,) * 2)
    record = RunRecord.create("mlp", 0, {"a": 1}, {}, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [record.name]


def _before(call, first):
    def called(*given, **named):
        first()
        return call(*given, **named)

    return called


def test_only_half_built_runs_of_ours_are_removed(tmp_path):
    foreign = [tmp_path / ".mine.part", tmp_path / ".mlp-20260101-000000-0.part"]
    for folder in foreign:
        folder.mkdir()
        (folder / "letter.txt").write_text("mine")
        os.utime(folder, (0, 0))
    fresh = tmp_path / ".mlp-20260101-000001-0.part"
    fresh.mkdir()  # another process builds it at this moment
    RunRecord.create("mlp", 0, {}, {}, tmp_path)
    assert all((folder / "letter.txt").read_text() == "mine" for folder in foreign)
    assert fresh.exists()


@posix
@pytest.mark.parametrize("name", ["recipe.json", "machine.json", "metrics.jsonl", ".lock", "checkpoint/state.json"])
@pytest.mark.parametrize("kind", ["link", "fifo"])
def test_links_and_fifos_in_a_record_are_refused(record, tmp_path, name, kind):
    victim, path = tmp_path / "victim", record.folder / name
    path.unlink(missing_ok=True)
    victim.write_text('{"mine": 1}\n' * 300)
    path.symlink_to(victim) if kind == "link" else os.mkfifo(path)
    with pytest.raises(RunError, match="a link" if kind == "link" else "a FIFO"):
        open_record(record.folder)
    uses = {"metrics.jsonl": [lambda: record.cut(0), lambda: record.append([{"step": 2}]), record.rows]}
    for use in uses.get(name, [lambda: record.lock().__enter__()] if name == ".lock" else []):
        with pytest.raises(RunError):
            use()
    assert victim.read_text() == '{"mine": 1}\n' * 300


@posix
def test_a_checkpoint_behind_a_link_is_neither_read_nor_written_nor_cleaned(record, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    record.checkpoint.rename(elsewhere)
    (elsewhere / ".x.part").write_text("mine")
    (elsewhere / ".state.json.01234567.part").write_text("mine")
    record.checkpoint.symlink_to(elsewhere)
    before = {path: path.read_bytes() for path in elsewhere.iterdir()}
    for use in (record.load, lambda: record.save(Checkpoint(2, {}, {})), lambda: open_record(record.folder)):
        with pytest.raises(RunError, match="a link"):
            use()
    assert {path: path.read_bytes() for path in elsewhere.iterdir()} == before


def test_a_checkpoint_deletes_only_files_of_its_own_names(tmp_path):
    for name in ("tensors-of-mine.safetensors", ".x.part", "letter.txt"):
        (tmp_path / name).write_text("mine")
    save_checkpoint(tmp_path, Checkpoint(1, {}, {}))
    save_checkpoint(tmp_path, Checkpoint(2, {}, {}))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".x.part",
        "letter.txt",
        "state.json",
        "tensors-00000002.safetensors",
        "tensors-of-mine.safetensors",
    ]


@pytest.mark.parametrize("name", ["recipe.json", "machine.json"])
def test_changed_settings_are_refused(record, name):
    record.load()
    path = record.folder / name
    path.write_text(json.dumps(json.loads(path.read_text()) | {"threads": 2}))
    with pytest.raises(RunError, match=r"changed recipe\.json or machine\.json"):
        record.load()


@pytest.mark.parametrize(
    "line", [b"[" * 100_000, b'{"seconds": NaN}', b'{"a": 1, "a": 2}', b"\xff", b"x" * 100_000, b'{"a": 1e999}']
)
def test_a_hostile_row_is_one_line(record, line):
    with (record.folder / "metrics.jsonl").open("ab") as f:
        f.write(line + b"\n")
    with pytest.raises(RunError, match="line 2"):
        record.rows()


def test_rows_up_to_a_length_are_those_of_the_checkpoint(record):
    length = (record.folder / "metrics.jsonl").stat().st_size
    record.append([{"step": 2}])
    assert record.rows(until=length) == [{"step": 1}]
    assert record.rows() == [{"step": 1}, {"step": 2}]


@pytest.mark.parametrize("dies", [False, True])
def test_settings_that_the_user_changes_can_be_resumed_with_at_any_moment(record, monkeypatch, dies):
    kept = record.load()
    if dies:  # between the checkpoint that knows both settings and the new recipe.json
        monkeypatch.setattr("d2lab.train.record.write_json", _before(write_json, _die))
        with pytest.raises(Killed):
            record.change_settings({"loop.epochs": 9}, kept)
    else:
        record.change_settings({"loop.epochs": 9}, kept)
    again = RunRecord(record.folder)
    assert again.load().step == 1
    assert again.recipe().get("settings") == (None if dies else {"loop.epochs": 9})
    again.save(Checkpoint(2, {}, {"status": "running"}))
    (record.folder / "recipe.json").write_text("{}")
    with pytest.raises(RunError, match="changed recipe"):
        RunRecord(record.folder).load()


def _die():
    raise Killed
