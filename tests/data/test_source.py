"""Files come from the nearest place that has them, are checked, and are whole or not there."""

import errno
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from d2lab.core.errors import DataError
from d2lab.data import download, source


def part_of(cache, bytes_there, tag=""):
    part = cache / "toy" / "set" / "file.bin.part"
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(bytes_there)
    if tag:
        part.with_name("file.bin.part.etag").write_text(tag)
    return part


def leftovers(cache):
    return sorted(p.name for p in (cache / "toy").rglob("*") if p.is_file())


def test_downloads_a_file_and_lists_it_in_the_manifest(server, cache, a_card, a_file, body):
    card = a_card(a_file(server.url()))
    assert source.locate(card) is None
    assert source.on_disk(card).state == "absent"
    seen = []
    places = source.fetch(card, progress=lambda path, done, total: seen.append((path, done, total)))
    assert places == {"set/file.bin": cache / "toy" / "set" / "file.bin"}
    assert places["set/file.bin"].read_bytes() == body
    assert seen[0] == ("set/file.bin", 0, len(body))
    assert seen[-1] == ("set/file.bin", len(body), len(body))
    entry = json.loads((cache / "toy" / "manifest.json").read_text("utf-8"))["files"]["set/file.bin"]
    assert entry.pop("date").endswith("+00:00")
    assert entry == {"sha256": card.files[0].sha256, "bytes": len(body), "mirror": server.url()}
    assert leftovers(cache) == [".lock", "file.bin", "manifest.json"]
    assert source.fetch(card) == places == source.locate(card)
    assert len(server.requests) == 1
    assert source.on_disk(card).state == "complete"
    assert source.on_disk(card).bytes == len(body)


def test_continues_a_part_with_the_bytes_that_lack(server, cache, a_card, a_file, body):
    part_of(cache, body[:900_000])
    places = source.fetch(a_card(a_file(server.url())))
    assert places["set/file.bin"].read_bytes() == body
    assert server.sent == len(body) - 900_000
    assert leftovers(cache) == [".lock", "file.bin", "manifest.json"]


def test_takes_a_part_that_is_already_whole_without_the_network(server, cache, a_card, a_file, body):
    part_of(cache, body)
    assert source.fetch(a_card(a_file(server.url())))["set/file.bin"].read_bytes() == body
    assert server.requests == []


@pytest.mark.parametrize("fault", ["cut-once", "cut-unannounced"])
def test_survives_a_connection_that_breaks_halfway(server, cache, a_card, a_file, body, fault):
    places = source.fetch(a_card(a_file(server.url(fault))))
    assert places["set/file.bin"].read_bytes() == body
    assert server.sent == len(body)  # nothing was sent twice
    second = server.requests[1][1]
    assert second["Range"] == f"bytes={len(body) // 2}-"
    assert second["If-Range"].startswith('"')


def test_keeps_the_part_when_every_connection_breaks(server, cache, a_card, a_file, body):
    with pytest.raises(DataError, match=r"ended after|broke"):
        source.fetch(a_card(a_file(server.url("cut"))))
    part = cache / "toy" / "set" / "file.bin.part"
    assert 0 < part.stat().st_size < len(body)
    assert body.startswith(part.read_bytes())
    assert not (cache / "toy" / "manifest.json").exists()


def test_starts_over_when_the_server_knows_no_ranges(server, cache, a_card, a_file, body):
    part_of(cache, b"z" * 1000)
    assert source.fetch(a_card(a_file(server.url("norange"))))["set/file.bin"].read_bytes() == body
    assert server.sent == len(body)


def test_starts_over_when_the_file_on_the_server_changed(server, cache, a_card, a_file, body):
    part_of(cache, b"old " * 1000, tag=f'{server.url()}\n"an-old-tag"')
    assert source.fetch(a_card(a_file(server.url())))["set/file.bin"].read_bytes() == body
    assert server.requests[0][1]["If-Range"] == '"an-old-tag"'
    assert len(server.requests) == 1


@pytest.mark.parametrize("fault", ["unsatisfiable", "shifted"])
def test_starts_over_when_the_range_is_refused_or_another_one_comes(server, cache, a_card, a_file, body, fault):
    part_of(cache, body[:5000])
    assert source.fetch(a_card(a_file(server.url(fault))))["set/file.bin"].read_bytes() == body
    assert ["Range" in headers for _, headers in server.requests] == [True, False]


def test_fetches_again_when_a_part_was_of_another_file(server, cache, a_card, a_file, body):
    part_of(cache, b"z" * 1000)  # no tag is known: only the checksum can tell
    assert source.fetch(a_card(a_file(server.url())))["set/file.bin"].read_bytes() == body
    assert len(server.requests) == 2


def test_drops_a_part_that_is_longer_than_the_file(server, cache, a_card, a_file, body):
    part_of(cache, body + b"more")
    assert source.fetch(a_card(a_file(server.url())))["set/file.bin"].read_bytes() == body


@pytest.mark.parametrize("fault", ["missing", "wrong", "shorter", "longer", "endless", "cut"])
def test_goes_on_to_the_next_mirror(server, cache, a_card, a_file, body, fault):
    card = a_card(a_file(server.url(fault), server.url("good")))
    assert source.fetch(card)["set/file.bin"].read_bytes() == body
    manifest = json.loads((cache / "toy" / "manifest.json").read_text("utf-8"))
    assert manifest["files"]["set/file.bin"]["mirror"] == server.url("good")


def test_names_every_mirror_and_its_failure_when_all_fail(server, cache, a_card, a_file):
    dead = "http://127.0.0.1:1/file.bin"
    card = a_card(a_file(server.url("missing"), server.url("wrong"), server.url("longer"), dead, "gopher://x/y"))
    with pytest.raises(DataError) as error:
        source.fetch(card)
    line = str(error.value)
    assert "\n" not in line
    assert f"{server.url('missing')}: HTTP 404;" in line
    assert f"{server.url('wrong')}: wrong content (sha256" in line
    assert f"{server.url('longer')}: offers 1004003 bytes, not 1004000;" in line
    assert f"{dead}: no connection;" in line
    assert "gopher://x/y: no http address" in line
    assert f"put the file at {cache / 'toy' / 'set' / 'file.bin'}" in line
    assert "D2LAB_DATA" in line
    assert leftovers(cache) == [".lock"]


def test_says_that_a_card_has_no_mirror(cache, a_card, a_file):
    with pytest.raises(DataError, match="no mirror on its card"):
        source.fetch(a_card(a_file()))


def test_cuts_off_a_body_that_is_too_long(server, cache, a_card, a_file, body):
    with pytest.raises(DataError, match="sends more than 1004000 bytes"):
        source.fetch(a_card(a_file(server.url("endless"))))
    assert server.sent < 20 * len(body)  # of 50; the rest is what the sockets hold
    assert leftovers(cache) == [".lock"]


def test_keeps_the_bytes_of_a_gz_that_the_server_calls_an_encoding(server, cache, a_card, a_file, body):
    assert source.fetch(a_card(a_file(server.url("gzip-label"))))["set/file.bin"].read_bytes() == body


def test_downloads_once_when_two_processes_want_the_same_file(server, cache, a_file):
    file = a_file(server.url())
    code = (
        "import json, sys, tests_card\n"
        "from d2lab.data import source\n"
        "print(source.fetch(tests_card.card)['set/file.bin'])"
    )
    module = cache.parent / "tests_card.py"
    module.write_text(
        "from d2lab.data.card import Card, DataFile\n"
        f"file = DataFile(path='set/file.bin', sha256='{file.sha256}', bytes={file.bytes}, mirrors={file.mirrors})\n"
        "card = Card(name='toy', task='regression', en='', zh='', shape=(1,), examples=(1, 1), classes=(),\n"
        "            licence='', cite='', files=(file,), module='')\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(cache.parent), *sys.path])}
    both = [
        subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    answers = {process.communicate(timeout=60)[0].strip() for process in both}
    assert [process.returncode for process in both] == [0, 0]
    assert answers == {str(cache / "toy" / "set" / "file.bin")}
    manifest = json.loads((cache / "toy" / "manifest.json").read_text("utf-8"))
    assert manifest["files"]["set/file.bin"]["mirror"] == server.url()
    assert len(server.requests) == 1


def test_writes_the_manifest_after_the_last_file(server, cache, a_card, a_file):
    first = a_file(server.url(), path="set/one.bin")
    second = a_file(server.url("missing"), path="set/two.bin")
    with pytest.raises(DataError, match=r"set/two\.bin"):
        source.fetch(a_card(first, second))
    assert leftovers(cache) == [".lock", "one.bin"]
    assert source.on_disk(a_card(first, second)).state == "partial"
    healed = a_card(first, a_file(server.url(), path="set/two.bin"))
    source.fetch(healed)
    assert server.paths().count("/good/file.bin") == 2  # the first file was not fetched again
    assert set(json.loads((cache / "toy" / "manifest.json").read_text("utf-8"))["files"]) == {
        "set/one.bin",
        "set/two.bin",
    }


def test_checks_a_cached_file_that_no_manifest_lists(server, cache, a_card, a_file, body):
    card = a_card(a_file(server.url()))
    place = cache / "toy" / "set" / "file.bin"
    place.parent.mkdir(parents=True)
    place.write_bytes(body)
    assert source.locate(card) == {"set/file.bin": place}
    place.write_bytes(b"?" * len(body))
    assert source.locate(card) is None
    assert source.fetch(card)["set/file.bin"].read_bytes() == body
    assert len(server.requests) == 1


@pytest.mark.parametrize("content", ["", "[]", '{"files": 3}', '{"files": {"set/file.bin": 1}}', "{"])
def test_does_not_trust_a_broken_manifest(server, cache, a_card, a_file, body, content):
    card = a_card(a_file(server.url()))
    source.fetch(card)
    (cache / "toy" / "manifest.json").write_text(content)
    (cache / "toy" / "set" / "file.bin").write_bytes(b"?" * len(body))
    assert source.fetch(card)["set/file.bin"].read_bytes() == body


def test_fetches_again_when_a_new_card_has_another_checksum(server, cache, a_card, a_file):
    source.fetch(a_card(a_file(server.url())))
    server.body = server.body[::-1]
    newer = a_card(a_file(server.url(), body=server.body))
    assert source.fetch(newer)["set/file.bin"].read_bytes() == server.body


def test_ctrl_c_keeps_the_part(server, cache, a_card, a_file, body):
    def stop(path, done, total):
        if done > 300_000:
            raise KeyboardInterrupt

    card = a_card(a_file(server.url()))
    with pytest.raises(KeyboardInterrupt):
        source.fetch(card, progress=stop)
    kept = (cache / "toy" / "set" / "file.bin.part").stat().st_size
    assert 300_000 < kept < len(body)
    source.fetch(card)
    assert server.requests[1][1]["Range"] == f"bytes={kept}-"


def test_says_when_the_cache_is_no_folder(cache, a_card, a_file):
    cache.write_text("a file where the folder should be")
    with pytest.raises(DataError, match="D2LAB_CACHE") as error:
        source.fetch(a_card(a_file("http://127.0.0.1:1/")))
    assert str(cache / "toy") in str(error.value)


def test_says_when_the_disk_is_full(server, cache, a_card, a_file, body, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download.os, "fsync", full)
    with pytest.raises(DataError, match="No space left on device"):
        source.fetch(a_card(a_file(server.url())))
    monkeypatch.setattr(download.os, "fsync", lambda handle: None)
    assert body.startswith((cache / "toy" / "set" / "file.bin.part").read_bytes())
    assert leftovers(cache) == [".lock", "file.bin.part", "file.bin.part.etag"]
    assert source.fetch(a_card(a_file(server.url())))["set/file.bin"].read_bytes() == body


def test_says_when_the_disk_is_full_in_the_middle_of_the_body(server, cache, a_card, a_file, body, monkeypatch):
    real_open = Path.open

    class Full:
        def __init__(self, f):
            self.f = f

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.f.close()

        def seek(self, place):
            self.f.seek(place)

        def write(self, piece):
            if self.f.tell() > 400_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            self.f.write(piece)

    def opened(path, mode="r", *rest, **more):
        f = real_open(path, mode, *rest, **more)
        return Full(f) if path.suffix == ".part" and "b" in mode and mode != "rb" else f

    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(DataError, match="No space left on device"):
        source.fetch(a_card(a_file(server.url())))
    monkeypatch.undo()
    kept = (cache / "toy" / "set" / "file.bin.part").read_bytes()
    assert 0 < len(kept) < len(body)
    assert body.startswith(kept)


def test_verify_hashes_every_file_and_says_how_each_is(server, cache, a_card, a_file, body):
    names = ["ok", "gone", "short", "other"]
    card = a_card(*(a_file(server.url(), path=f"set/{name}.bin") for name in names))
    source.fetch(card)
    assert {state for _, state in source.verify(card)} == {"ok"}  # which is remembered, and must not be believed
    folder = cache / "toy" / "set"
    (folder / "gone.bin").unlink()
    (folder / "short.bin").write_bytes(body[:-1])
    changed = folder / "other.bin"
    times = changed.stat()
    changed.write_bytes(body[:-1] + b"?")
    os.utime(changed, ns=(times.st_atime_ns, times.st_mtime_ns))  # a change that leaves size and time
    states = {file.path: state for file, state in source.verify(card)}
    assert states == {
        "set/ok.bin": "ok",
        "set/gone.bin": "missing",
        "set/short.bin": "wrong size",
        "set/other.bin": "wrong hash",
    }


def test_an_archive_is_unpacked_once(server, cache, a_card, a_file, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as z:
        z.writestr("inside/words.txt", "hello")
    server.body = (tmp_path / "a.zip").read_bytes()
    card = a_card(a_file(server.url(), path="set/a.zip", body=server.body, unpack=True, plain_bytes=5))
    folder = source.fetch(card)["set/a.zip"]
    assert (folder / "inside" / "words.txt").read_text() == "hello"
    (folder / "inside" / "words.txt").write_text("kept")
    assert source.locate(card) == {"set/a.zip": folder}
    assert (folder / "inside" / "words.txt").read_text() == "kept"


def test_need_says_what_is_missing(cache, a_card, a_file):
    with pytest.raises(DataError, match=r"the files of toy: got 'absent'.*set/file\.bin"):
        source.need(a_card(a_file()))


def test_a_set_without_files_needs_nothing(cache, a_card):
    assert source.fetch(a_card()) == {} == source.locate(a_card())
    assert source.on_disk(a_card()).state == "embedded"
    assert not cache.exists()
