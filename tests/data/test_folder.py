"""A folder of pictures is listed as it lies, whatever else lies in it, or an error says what is wrong with it."""

import os
import shutil
import sys

import numpy as np
import pytest
from tests.data.pictures import TRAIN_TEST, draw, fill

from d2lab.core.errors import DataError
from d2lab.data.folder import scan
from d2lab.data.listing import hold_out
from d2lab.data.names import Names


def names(part):
    return [part.names[n] for n in range(len(part.names))]


@pytest.mark.parametrize("test", ["test", "val", "valid", "validation"])
def test_train_and_test_folders_are_the_two_parts(tmp_path, test):
    root = fill(tmp_path, {k.replace("test", test): v for k, v in TRAIN_TEST.items()})
    found = scan(root)
    assert found.classes == ("cat", "dog")
    wanted = [f"train/{kind}/{n:03}.png" for kind, count in (("cat", 5), ("dog", 4)) for n in range(count)]
    assert names(found.train) == wanted
    assert found.train.targets.tolist() == [0] * 5 + [1] * 4
    assert names(found.test) == [f"{test}/{c}/{n:03}.png" for c in ("cat", "dog") for n in range(2)]


def test_classes_alone_are_divided_class_by_class_and_always_the_same_way(tmp_path):
    root = fill(tmp_path / "a", {"cat": 20, "dog": 10, "owl": 2})
    found = scan(root)
    assert np.bincount(found.test.targets).tolist() == [4, 2]
    assert np.bincount(found.train.targets).tolist() == [16, 8, 2]
    assert not set(names(found.train)) & set(names(found.test))
    assert len(set(names(found.train)) | set(names(found.test))) == 32
    shutil.copytree(root, tmp_path / "b")
    again = scan(tmp_path / "b")
    assert (again.digest, names(again.test)) == (found.digest, names(found.test))
    draw(root / "cat" / "new.png", 5)
    moved = set(names(scan(root).test)) ^ set(names(found.test))
    assert len(moved) <= 2
    assert names(found.test) != [n for n in names(found.test) if n.endswith(("000.png", "001.png"))]


def test_the_books_layout_judges_by_valid_because_test_has_no_labels(tmp_path):
    root = fill(tmp_path, {"train/a": 3, "train/b": 3, "valid/a": 1, "valid/b": 1, "test/unknown": 5})
    assert [n.partition("/")[0] for n in names(scan(root).test)] == ["valid", "valid"]


def test_what_is_no_picture_is_not_seen(tmp_path):
    root = fill(tmp_path, TRAIN_TEST)
    before = scan(root)
    (root / "train" / "cat" / "Thumbs.db").write_text("x")
    (root / "train" / "cat" / ".hidden.png").write_text("x")
    (root / "train" / "cat" / "._000.png").write_text("x")
    (root / "train" / ".git").mkdir()
    (root / "train" / "__MACOSX").mkdir()
    (root / "train" / "notes.txt").write_text("x")
    (root / "README").write_text("x")
    assert scan(root).digest == before.digest
    draw(root / "train" / "cat" / "inside" / "deeper" / "ÄÖ 猫.JPeG", 7)
    assert "train/cat/inside/deeper/ÄÖ 猫.JPeG" in names(scan(root).train)
    assert scan(root).digest != before.digest


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_are_followed_but_not_in_circles(tmp_path):
    root = fill(tmp_path / "root", TRAIN_TEST)
    fill(tmp_path / "elsewhere", {".": 2})
    (root / "train" / "cat" / "more").symlink_to(tmp_path / "elsewhere")
    (root / "train" / "cat" / "loop").symlink_to(root / "train")
    found = names(scan(root).train)
    assert "train/cat/more/001.png" in found
    assert len(found) < 40
    (root / "train" / "dog" / "nowhere.png").symlink_to(tmp_path / "gone")
    with pytest.raises(DataError, match=r"nowhere.png.*can be read"):
        scan(root)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({}, "no folders in it"),
        ({"cat": 3}, "one class, cat"),
        ({"train/cat": 3, "test/cat": 1}, "one class, cat"),
        ({"cat": 1, "dog": 1}, "nothing to hold out"),
        ({"train/cat": 2, "train/dog": 2, "test/cat": 1}, "test with other classes than train"),
    ],
)
def test_a_folder_that_teaches_nothing_is_refused(tmp_path, counts, words):
    with pytest.raises(DataError, match=words):
        scan(fill(tmp_path, counts))


def test_a_class_without_pictures_is_named(tmp_path):
    root = fill(tmp_path, TRAIN_TEST)
    (root / "train" / "owl").mkdir()
    (root / "test" / "owl").mkdir()
    (root / "train" / "owl" / "notes.txt").write_text("x")
    with pytest.raises(DataError, match=r"train.owl: got 'no image'"):
        scan(root)


def test_no_folder_is_no_folder(tmp_path):
    with pytest.raises(DataError, match="nothing there"):
        scan(tmp_path / "gone")
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="a file"):
        scan(tmp_path / "file")


def test_a_digest_knows_sizes_names_and_parts(tmp_path):
    root = fill(tmp_path, TRAIN_TEST)
    digests = {scan(root).digest}
    path = root / "train" / "cat" / "000.png"
    path.write_bytes(path.read_bytes() + b"x")
    digests.add(scan(root).digest)
    path.rename(path.with_name("zzz.png"))
    digests.add(scan(root).digest)
    (root / "test").rename(root / "val")
    digests.add(scan(root).digest)
    assert len(digests) == 4


def test_a_share_of_each_class_is_held_out_never_all_of_it():
    entries = [(f"{c}/{n}", 1, c) for c, count in enumerate((1, 2, 10, 100)) for n in range(count)]
    rest, away = hold_out(entries, 0.25, seed=3)
    assert np.bincount([e[2] for e in away], minlength=4).tolist() == [0, 0, 2, 25]
    assert sorted(rest + away) == sorted(entries)
    assert hold_out(entries, 0.25, seed=4)[1] != away
    assert hold_out(entries, 0.0)[1] == []
    assert np.bincount([e[2] for e in hold_out(entries, 0.99)[0]]).tolist() == [1, 1, 1, 1]


def test_names_come_back_whatever_the_system_allows_in_them():
    given = ["a", "", "猫/ß.png", os.fsdecode(b"bad\xff.png") if os.name == "posix" else "x"]
    packed = Names(given)
    assert [packed[n] for n in range(len(packed))] == given
    taken = packed.take(np.array([2, 0, 2]))
    assert [taken[n] for n in range(3)] == ["猫/ß.png", "a", "猫/ß.png"]
    for outside in (-1, 4):
        with pytest.raises(DataError, match="0 to 3"):
            packed[outside]
