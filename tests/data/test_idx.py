"""Idx files are read exactly or refused."""

import gzip
import struct
import tracemalloc

import numpy as np
import pytest

from d2lab.core.errors import DataError
from d2lab.data.idx import map_idx, read_idx


def idx(values, code=0x08):
    head = bytes([0, 0, code, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    return head + values.astype(values.dtype.newbyteorder(">")).tobytes()


PIXELS = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
TYPES = [(0x08, "u1"), (0x09, "i1"), (0x0B, "i2"), (0x0C, "i4"), (0x0D, "f4"), (0x0E, "f8")]


@pytest.mark.parametrize(("code", "kind"), TYPES)
@pytest.mark.parametrize("packed", [False, True])
def test_reads_back_what_was_written(tmp_path, code, kind, packed):
    values = (np.arange(24).reshape(2, 3, 4) - 5).astype(kind)
    raw = idx(values, code)
    (tmp_path / "x").write_bytes(gzip.compress(raw) if packed else raw)
    found = read_idx(tmp_path / "x", limit_bytes=values.nbytes)
    np.testing.assert_array_equal(found, values)
    assert found.dtype == values.dtype
    found[0, 0, 0] = 7  # the caller may write to its own copy


def test_tells_gzip_by_the_first_bytes_and_not_by_the_name(tmp_path):
    (tmp_path / "x.gz").write_bytes(idx(PIXELS))
    (tmp_path / "y").write_bytes(gzip.compress(idx(PIXELS)))
    for name in ("x.gz", "y"):
        np.testing.assert_array_equal(read_idx(tmp_path / name, limit_bytes=24), PIXELS)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("raw", "need"),
    [
        (b"", "magic number"),
        (b"\0\0\x08", "magic number"),
        (b"<html>", "magic number"),
        (b"\0\0\x0a\x01" + bytes(8), "magic number"),
        (b"\0\0\x08\0" + bytes(8), "magic number"),
        (b"\0\x01\x08\x01" + bytes(8), "magic number"),
        (b"\0\0\x08\x03" + bytes(11), "need '?3 axes"),
        (idx(PIXELS)[:-1], "got '23 bytes of values', need 24"),
        (idx(PIXELS) + b"\0", "more bytes after the values"),
    ],
)
def test_refuses_what_is_no_idx_file(tmp_path, raw, need, packed):
    (tmp_path / "x").write_bytes(gzip.compress(raw) if packed else raw)
    with pytest.raises(DataError, match=need) as error:
        read_idx(tmp_path / "x", limit_bytes=1000)
    assert str(tmp_path / "x") in str(error.value)


@pytest.mark.parametrize("axes", [(25,), (5, 5), (2**32 - 1,) * 3, (2**31, 2**31, 4)])
def test_refuses_more_values_than_the_limit_before_it_reads_them(tmp_path, axes):
    raw = bytes([0, 0, 8, len(axes)]) + struct.pack(f">{len(axes)}I", *axes)
    (tmp_path / "x").write_bytes(raw)
    with pytest.raises(DataError, match=r"announced.*need at most 24 bytes"):
        read_idx(tmp_path / "x", limit_bytes=24)


def test_does_not_inflate_a_bomb(tmp_path):
    (tmp_path / "x").write_bytes(gzip.compress(idx(PIXELS) + bytes(80_000_000), compresslevel=1))
    tracemalloc.start()
    with pytest.raises(DataError, match="more bytes after the values"):
        read_idx(tmp_path / "x", limit_bytes=1000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000


def test_refuses_a_gzip_file_that_is_cut_off_or_changed(tmp_path):
    raw = gzip.compress(idx(PIXELS))
    for broken in (raw[:-9], raw[:20], raw[:-5] + bytes([raw[-5] ^ 1]) + raw[-4:], raw[:15] + b"\xff" + raw[16:]):
        (tmp_path / "x").write_bytes(broken)
        with pytest.raises(DataError):
            read_idx(tmp_path / "x", limit_bytes=1000)


def test_names_a_file_that_is_not_there(tmp_path):
    for read in (map_idx, lambda path: read_idx(path, limit_bytes=9)):
        with pytest.raises(DataError, match="No such file"):
            read(tmp_path / "none")


@pytest.mark.parametrize(("code", "kind"), TYPES)
def test_maps_a_plain_file(tmp_path, code, kind):
    values = np.arange(24).reshape(4, 6).astype(kind)
    (tmp_path / "x").write_bytes(idx(values, code))
    found = map_idx(tmp_path / "x")
    assert isinstance(found, np.memmap)
    np.testing.assert_array_equal(found, values)
    with pytest.raises(ValueError, match="read-only"):
        found[0, 0] = 1


def test_does_not_map_what_it_cannot(tmp_path):
    empty = idx(np.zeros((0, 28, 28), dtype=np.uint8))
    for raw in (gzip.compress(idx(PIXELS)), idx(PIXELS)[:-1], idx(PIXELS) + b"\0", b"<html>", empty):
        (tmp_path / "x").write_bytes(raw)
        with pytest.raises(DataError):
            map_idx(tmp_path / "x")


@pytest.mark.parametrize("axes", [(1,) * 65, (1,) * 9, (0, 2**32 - 1, 2**32 - 1)])
def test_shapes_that_no_array_has_are_refused_in_a_line(tmp_path, axes):
    raw = bytes([0, 0, 8, len(axes)]) + struct.pack(f">{len(axes)}I", *axes)
    (tmp_path / "x").write_bytes(raw + bytes(0 not in axes))
    for read in (map_idx, lambda path: read_idx(path, limit_bytes=1000)):
        with pytest.raises(DataError, match="at most") as error:
            read(tmp_path / "x")
        assert "\n" not in str(error.value)
