"""The reader of CIFAR-10's pickles gives what pickle gives, and runs nothing."""

import os
import pickle
import random
import struct

import numpy as np
import pytest
from tests.data.python2 import array, batch, string

from d2lab.core.errors import DataError
from d2lab.data.pickled import read_pickled

PIXELS = np.arange(4 * 12, dtype=np.uint8).reshape(4, 12) * 5
LIMIT = 100_000


@pytest.fixture
def read(tmp_path):
    def call(program, limit=LIMIT):
        path = tmp_path / "data_batch_1"
        path.write_bytes(program)
        return read_pickled(path, limit_bytes=limit)

    return call


@pytest.mark.filterwarnings("ignore")  # numpy says that its inner module has moved
def test_it_agrees_with_pickle_on_what_python_2_wrote(read):
    program = batch(PIXELS, [3, 0, 255, 70000])
    expected = pickle.loads(program, encoding="bytes")  # noqa: S301
    found = read(program)
    assert list(found) == [b"batch_label", b"labels", b"data", b"filenames"] == list(expected)
    np.testing.assert_array_equal(found.pop(b"data"), expected.pop(b"data"))
    assert found == expected
    assert found[b"labels"] == [3, 0, 255, 70000]


def test_values_that_were_kept_are_found_again(read):
    program = b"\x80\x02}(" + string(b"a") + b"q\x05" + string(b"b") + b"q\x06" + string(b"c") + b"h\x05u."
    assert read(program) == {b"a": b"b", b"c": b"a"}
    one_by_one = b"\x80\x02}" + string(b"a") + b"]K\x07aK\x08as."
    assert read(one_by_one) == {b"a": [7, 8]}


class Hostile:
    def __reduce__(self):
        return os.system, ("echo run > ran",)


HOSTILE = {
    "a call of the system": pickle.dumps({b"a": Hostile()}, protocol=2),
    "a call of eval": b"\x80\x02}" + string(b"a") + b"cbuiltins\neval\n" + string(b"1") + b"\x85Rs.",
    "a name of numpy that is not known": b"\x80\x02}" + string(b"a") + b"cnumpy\nload\n" + string(b"x") + b"\x85Rs.",
    "an attribute of a known name": b"\x80\x02}" + string(b"a") + b"cnumpy\nndarray\n}bs.",
    "a known name called with others": b"\x80\x02}" + string(b"a") + b"cnumpy\nndarray\nK\x04\x85Rs.",
    "another type": batch(PIXELS, [1]).replace(string(b"u1"), string(b"O8")),
    "another class": batch(PIXELS, [1]).replace(b"cnumpy\nndarray\n", b"cnumpy\ndtype\n"),
    "an old protocol": pickle.dumps({b"a": 1}, protocol=0),
    "a new protocol": pickle.dumps({b"a": 1}, protocol=4),
    "text": pickle.dumps({"a": "b"}, protocol=2),
    "a float": b"\x80\x02}" + string(b"a") + b"G" + struct.pack(">d", 1.0) + b"s.",
    "a large number": b"\x80\x02}" + string(b"a") + b"\x8a\x09" + b"\xff" * 9 + b"s.",
    "a place that was never kept": b"\x80\x02}" + string(b"a") + b"h\x09s.",
    "a mark that was kept": b"\x80\x02}(q\x01" + string(b"a") + b"h\x01u.",
    "a mark that was kept in vain": b"\x80\x02}(q\x01" + string(b"a") + b"K\x05u.",
    "a list in a list": b"\x80\x02}" + string(b"a") + b"]]as.",
    "a list that holds itself": b"\x80\x02}" + string(b"a") + b"]q\x01h\x01as.",
    "a dict in a dict": b"\x80\x02}" + string(b"a") + b"}s.",
    "a key that is a number": b"\x80\x02}K\x01K\x02s.",
    "a key that is a list": b"\x80\x02}]K\x02s.",
    "an odd number of values": b"\x80\x02}(" + string(b"a") + b"u.",
    "no dict": b"\x80\x02K\x01.",
    "two values": b"\x80\x02}}.",
    "an empty stack": b"\x80\x02.",
    "a persistent id": b"\x80\x02P1\n.",
    "an extension": b"\x80\x02\x82\x01.",
    "an object": b"\x80\x02}" + string(b"a") + b"(ios\nsystem\ns.",
    "a size that is not there": b"\x80\x02}T\xff\xff\xff\x7fabc",
    "a negative size": b"\x80\x02}T\xff\xff\xff\xffabc",
    "a shape beyond the content": batch(PIXELS, [1]).replace(b"K\x04K\x0c\x86", b"K\x04K\x0d\x86"),
    "a negative shape": batch(PIXELS, [1]).replace(b"K\x04K\x0c\x86", b"J\xfc\xff\xff\xffJ\xf4\xff\xff\xff\x86"),
    "an array without content": b"\x80\x02}" + string(b"a") + array(PIXELS).partition(b"(K\x01")[0] + b"s.",
    "bytes after the end": batch(PIXELS, [1]) + b"x",
    "nothing": b"",
}


@pytest.mark.parametrize("program", HOSTILE.values(), ids=HOSTILE)
def test_anything_else_is_refused_and_nothing_is_run(read, program, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"the pickle .*data_batch_1.*Don't trust this file"):
        read(program)
    assert not (tmp_path / "ran").exists()


def test_a_name_is_refused_where_it_stands_and_not_only_where_it_is_called(read):
    for name in ("posix\nsystem", "numpy\nndarray.tofile", "numpy.core\nmultiarray"):
        words = name.replace("\n", " ")
        with pytest.raises(DataError, match=f"got \"the name '{words}'\""):
            read(b"\x80\x02}" + string(b"a") + b"c" + name.encode() + b"\ns.")


def test_a_shape_of_many_axes_is_not_multiplied(read):
    program = batch(PIXELS, [1]).replace(b"K\x04K\x0c\x86", b"(" + b"J\xff\xff\xff\x7f" * 20_000 + b"t")
    with pytest.raises(DataError, match="than a shape"):
        read(program, limit=len(program))


def test_a_file_beyond_the_limit_is_not_read(read, tmp_path):
    with pytest.raises(DataError, match="at most 10 bytes"):
        read(batch(PIXELS, [1]), limit=10)
    with pytest.raises(DataError, match="No such file"):
        read_pickled(tmp_path / "gone", limit_bytes=1)


def test_every_cut_and_every_flipped_byte_is_refused_or_harmless(read):
    whole = batch(PIXELS[:1], [3])
    for end in range(len(whole)):
        with pytest.raises(DataError):
            read(whole[:end])
    rng = random.Random(0)
    for _ in range(600):
        broken = bytearray(whole)
        broken[rng.randrange(len(whole))] = rng.randrange(256)
        try:
            found = read(bytes(broken))
        except DataError:
            continue
        assert all(type(key) is bytes for key in found)
        assert all(type(v) in (int, bytes, list, np.ndarray) for v in found.values())
