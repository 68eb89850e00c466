"""The reader of JSON: everything that a damaged or hostile file may hold is one line, not a trace."""

import json
import os
import threading

import pytest

from d2lab.core import regular_file
from d2lab.core.errors import ConfigError, DataError, RunError
from d2lab.core.json_file import DEPTH, DIGITS, canonical_hash, parse_json, read_json, read_object
from d2lab.core.regular_file import APPEND, CUT, kind_of, open_regular, read_regular, require_kind

posix = pytest.mark.skipif(os.name != "posix", reason="FIFOs, and links without a privilege, are a matter of POSIX")
HOSTILE = {
    "empty": b"",
    "cut short": b'{"a": 1',
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "closed deep lists": b"[" * 1000 + b"]" * 1000,
    "NaN": b'{"seconds": NaN}',
    "infinity": b"[-Infinity]",
    "infinity in digits": b"[1e999]",
    "digits": b"[" + b"9" * 5000 + b"]",
    "a key twice": b'{"step": 1, "step": 2}',
    "no UTF-8": b'"\xff\xfe"',
    "half a pair": b'"\\ud800"',
    "open string": b'["' + b"\\" * 50_001,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_no_record_holds_is_a_value_error(tmp_path, kind):
    with pytest.raises(ValueError, match=r".") as caught:
        parse_json(HOSTILE[kind])
    assert not isinstance(caught.value, RecursionError)
    (tmp_path / "it.json").write_bytes(HOSTILE[kind])
    with pytest.raises(DataError, match=r"thing .*it\.json") as refused:
        read_json(tmp_path / "it.json", "thing", error=DataError)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 600


def test_what_a_record_holds_is_read_as_the_standard_reader_does():
    nested, brackets, pair = "[" * DEPTH + "]" * DEPTH, '"' + "[" * 1000 + '"', '"\\ud83d\\ude00"'
    for text in ('{"a": [1, -2.5e3, null, true, "é \\" [ { \\\\"]}', "3", nested, brackets, pair):
        assert parse_json(text) == json.loads(text)
    assert parse_json("1" * DIGITS) == int("1" * DIGITS)


def test_brackets_in_strings_do_not_count_and_behind_them_do():
    inside = '["' + "[" * 2 * DEPTH + '", ' + "[]," * 2 * DEPTH + "1]"
    assert len(parse_json(inside)) == 2 * DEPTH + 2
    with pytest.raises(ValueError, match="deep"):
        parse_json('{"a": "\\"", "b": ' + "[" * DEPTH + "]" * DEPTH + "}")


def test_a_file_that_is_too_long_or_no_object_is_refused(tmp_path):
    path = tmp_path / "it.json"
    path.write_text("[1, 2, 3]")
    assert read_json(path, "thing") == [1, 2, 3]
    with pytest.raises(RunError, match="9 bytes"):
        read_json(path, "thing", limit=8)
    with pytest.raises(ConfigError, match="a list"):
        read_object(path, "thing", error=ConfigError)
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "none.json", "thing")


def test_a_file_longer_than_the_memory_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "giant"
    path.touch()
    os.truncate(path, 2**20)

    class Full:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def fileno(self):
            return self.file.fileno()

        def read(self, size):
            raise MemoryError

    opened = regular_file.open_regular
    monkeypatch.setattr(regular_file, "open_regular", lambda *given, **named: Full(opened(*given, **named)))
    with pytest.raises(DataError, match=r"1,048,576 bytes.*fits into memory"):
        read_regular(path, 2**40, error=DataError)


def test_a_hash_depends_on_values_and_not_on_the_order_of_keys():
    assert canonical_hash({"a": 1, "b": [2]}) == canonical_hash({"b": (2,), "a": 1})
    assert canonical_hash({"a": 1}) != canonical_hash({"a": 2})
    assert canonical_hash({"a": 1}) != canonical_hash({"a": "1"})


@posix
@pytest.mark.parametrize("flags", [None, APPEND, CUT])
def test_a_link_is_refused_and_its_target_stays(tmp_path, flags):
    (tmp_path / "victim").write_text("mine")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "victim")
    with pytest.raises(RunError, match="a link"):
        read_regular(link, 100) if flags is None else open_regular(link, flags)
    assert (tmp_path / "victim").read_text() == "mine"
    assert read_regular(link, 100, links=True) == b"mine"


@posix
@pytest.mark.parametrize("links", [False, True])
def test_a_fifo_and_a_device_are_refused_without_waiting(tmp_path, links):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    said = []

    def read(path):
        try:
            read_regular(path, 100, links=links)
        except RunError as error:
            said.append(str(error))

    for path in (fifo, type(tmp_path)("/dev/zero")):
        thread = threading.Thread(target=read, args=(path,), daemon=True)
        thread.start()
        thread.join(20)
    assert "a FIFO" in said[0]
    assert "a device" in said[1]


def test_kinds(tmp_path):
    (tmp_path / "file").touch()
    assert kind_of(tmp_path) == "a folder"
    assert kind_of(tmp_path / "file") == "a file"
    assert kind_of(tmp_path / "none") is None
    require_kind(tmp_path / "none", "a file")
    with pytest.raises(RunError, match="a folder"):
        require_kind(tmp_path, "a file")


def test_a_long_value_is_cut_in_the_middle():
    line = str(RunError("the folder " + "x" * 5000 + "/end.json", got="y" * 100_000, need="a short one"))
    assert len(line) < 500
    assert "end.json" in line
