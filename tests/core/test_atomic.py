"""Files that are whole or not there."""

import errno
import json
import os
import stat

import pytest

from d2lab.core import atomic
from d2lab.core.atomic import atomic_file, remove_leftovers, write_bytes, write_json
from d2lab.core.errors import DataError, RunError

posix = pytest.mark.skipif(os.name != "posix", reason="permission bits are a matter of POSIX systems")


def listed(folder):
    return sorted(path.name for path in folder.iterdir())


def write_half(path, kind):
    with atomic_file(path) as f:
        f.write(b"new")
        raise kind


def test_a_file_is_written_whole_into_folders_that_are_made(tmp_path):
    path = tmp_path / "a" / "b" / "file.bin"
    write_bytes(path, b"content")
    assert path.read_bytes() == b"content"
    assert listed(path.parent) == ["file.bin"]


@pytest.mark.parametrize("kind", [KeyError, KeyboardInterrupt, MemoryError])
def test_an_exception_inside_leaves_the_old_content_and_nothing_else(tmp_path, kind):
    path = tmp_path / "file.txt"
    write_bytes(path, b"old")
    with pytest.raises(kind):
        write_half(path, kind)
    assert path.read_bytes() == b"old"
    assert listed(tmp_path) == ["file.txt"]


def test_the_target_is_not_touched_before_the_content_is_whole(tmp_path):
    path = tmp_path / "file.txt"
    write_bytes(path, b"old")
    with atomic_file(path) as f:
        f.write(b"new")
        f.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_is_one_clear_error_and_the_old_content_stays(tmp_path, monkeypatch, call):
    path = tmp_path / "file.txt"
    write_bytes(path, b"old")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(*((atomic.os, "fsync", full) if call == "fsync" else (type(path), "replace", full)))
    with pytest.raises(DataError, match=r"No space left on device.*Free some space"):
        write_bytes(path, b"new", DataError)
    assert path.read_bytes() == b"old"
    assert listed(tmp_path) == ["file.txt"]


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RunError, match="writing"):
        write_bytes(tmp_path / "file" / "inner", b"")


@posix
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_permission_bits_follow_the_umask(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_bytes(tmp_path / "file", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o666 & ~mask


@posix
def test_the_content_is_on_the_disk_before_the_name_is(tmp_path, monkeypatch):
    order = []
    fsync, replace = os.fsync, type(tmp_path).replace
    monkeypatch.setattr(atomic.os, "fsync", lambda handle: (order.append("flush"), fsync(handle))[1])
    monkeypatch.setattr(type(tmp_path), "replace", lambda a, b: (order.append("rename"), replace(a, b))[1])
    write_bytes(tmp_path / "file", b"x")
    assert order == ["flush", "rename", "flush"]  # the file, its name, the folder that holds the name


@pytest.mark.parametrize("value", [float("nan"), {"a": float("inf")}])
def test_numbers_that_json_lacks_are_refused_before_anything_is_written(tmp_path, value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "file.json", value)
    assert listed(tmp_path) == []


def test_json_is_readable_by_people_and_keeps_chinese(tmp_path):
    write_json(tmp_path / "file.json", {"zh": "感知机"})
    assert (tmp_path / "file.json").read_text(encoding="utf-8") == '{\n  "zh": "感知机"\n}\n'
    assert json.loads((tmp_path / "file.json").read_bytes()) == {"zh": "感知机"}


def test_leftovers_of_a_killed_process_are_removed_and_nothing_else(tmp_path):
    for name in (".state.json.0a1b2c3d.part", "state.json", ".hidden", "x.part"):
        (tmp_path / name).write_bytes(b"")
    remove_leftovers(tmp_path)
    assert listed(tmp_path) == [".hidden", "state.json", "x.part"]


def test_a_reader_that_holds_the_file_open_is_waited_for(tmp_path, monkeypatch):
    """Windows refuses to rename over an open file."""
    path, refusals = tmp_path / "file.txt", [PermissionError(errno.EACCES, "in use")] * 2
    rename = type(path).replace

    def busy(self, target):
        if refusals:
            raise refusals.pop()
        return rename(self, target)

    monkeypatch.setattr(atomic, "RENAME_PAUSES", (0.0, 0.0, 0.0))
    monkeypatch.setattr(type(path), "replace", busy)
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    refusals.extend([PermissionError(errno.EACCES, "in use")] * 9)
    with pytest.raises(RunError, match="in use"):
        write_bytes(path, b"newer")
    assert path.read_bytes() == b"new"
    assert listed(tmp_path) == ["file.txt"]
