"""What $D2LAB_DATA names comes first, is checked, and is never changed."""

import os

import pytest

from d2lab import data
from d2lab.core.errors import ConfigError, DataError
from d2lab.data import source
from d2lab.data.card import DataFile


class TestDataFolders:
    """The folders of $D2LAB_DATA come first, in their order, and are never changed."""

    @pytest.fixture
    def folders(self, tmp_path, monkeypatch, cache):
        both = [tmp_path / "first", tmp_path / "second"]
        for folder in both:
            (folder / "set").mkdir(parents=True)
        monkeypatch.setenv("D2LAB_DATA", os.pathsep.join(map(str, both)))
        return both

    def test_the_first_folder_that_has_the_file_wins(self, folders, a_card, a_file, body):
        card = a_card(a_file())
        (folders[1] / "set" / "file.bin").write_bytes(body)
        assert source.fetch(card) == {"set/file.bin": folders[1] / "set" / "file.bin"}
        (folders[0] / "set" / "file.bin").write_bytes(body)
        assert source.fetch(card) == {"set/file.bin": folders[0] / "set" / "file.bin"}
        assert source.locate(card) == source.fetch(card)

    def test_they_come_before_the_cache(self, folders, server, cache, a_card, a_file, body):
        card = a_card(a_file(server.url()))
        assert source.fetch(card)["set/file.bin"].is_relative_to(cache)
        (folders[0] / "set" / "file.bin").write_bytes(body)
        assert source.fetch(card)["set/file.bin"].is_relative_to(folders[0])

    def test_a_missing_folder_is_named(self, tmp_path, monkeypatch, cache, a_card, a_file):
        monkeypatch.setenv("D2LAB_DATA", str(tmp_path / "nowhere"))
        with pytest.raises(DataError, match=r"nowhere.*need a folder that exists"):
            source.locate(a_card(a_file()))

    @pytest.mark.parametrize(
        ("change", "got", "expected"),
        [
            (lambda body: body[:-1], "1003999 bytes", "1004000 bytes"),
            (lambda body: body[:-1] + b"?", "sha256", "sha256"),
        ],
    )
    def test_a_wrong_file_is_named_and_left_alone(self, folders, server, a_card, a_file, body, change, got, expected):
        place = folders[0] / "set" / "file.bin"
        place.write_bytes(change(body))
        for read in (source.fetch, source.locate):
            with pytest.raises(DataError, match=f"got '{got}.*need {expected}") as error:
                read(a_card(a_file(server.url())))
            assert str(place) in str(error.value)
        assert place.read_bytes() == change(body)
        assert server.requests == []

    def test_a_file_is_hashed_once_until_it_changes(self, folders, cache, a_card, a_file, body, monkeypatch):
        place = folders[0] / "set" / "file.bin"
        place.write_bytes(body)
        source.fetch(a_card(a_file()))
        hashed = []
        monkeypatch.setattr("d2lab.data.checksum.sha256", lambda path: hashed.append(path) or "0" * 64)
        source.fetch(a_card(a_file()))
        assert hashed == []
        os.utime(place, (1, 1))
        with pytest.raises(DataError, match="sha256"):
            source.fetch(a_card(a_file()))
        assert hashed

    def test_loading_works_when_the_memory_of_checks_cannot_be_written(self, folders, cache, a_card, a_file, body):
        cache.write_text("no folder")
        (folders[0] / "set" / "file.bin").write_bytes(body)
        assert source.fetch(a_card(a_file()))

    def test_the_inflated_file_of_a_gz_serves_when_the_card_knows_its_checksum(self, folders, a_card, a_file, body):
        plain = a_file(body=body)
        packed = DataFile(
            path="set/file.bin.gz",
            sha256="0" * 64,
            bytes=9,
            mirrors=(),
            plain_sha256=plain.sha256,
            plain_bytes=plain.bytes,
        )
        (folders[1] / "set" / "file.bin").write_bytes(body)
        card = a_card(packed)
        assert source.fetch(card) == {"set/file.bin.gz": folders[1] / "set" / "file.bin"}
        assert source.on_disk(card).state == "complete"
        (folders[1] / "set" / "file.bin").write_bytes(body + b"!")
        with pytest.raises(DataError, match="need 1004000 bytes"):
            source.fetch(card)


def test_the_first_set_at_hand_is_taken_and_none_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setenv("D2LAB_DATA", str(tmp_path))
    monkeypatch.setenv("D2LAB_CACHE", str(tmp_path / "cache"))
    assert data.at_hand("fashion-mnist", "digits") == "digits"
    assert data.at_hand("digits", "fashion-mnist") == "digits"
    with pytest.raises(DataError, match="none of them on disk', need one of fashion-mnist, mnist"):
        data.at_hand("fashion-mnist", "mnist")
    with pytest.raises(ConfigError, match="fashion-minst"):
        data.at_hand("fashion-minst", "digits")
