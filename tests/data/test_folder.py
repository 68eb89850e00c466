"""A folder of pictures is listed as it lies, whatever else lies in it, or an error says what is wrong with it."""

import os
import shutil
import sys
import unicodedata

import numpy as np
import pytest
from tests.data.pictures import TRAIN_TEST, draw, fill

from d2lab.core.errors import DataError
from d2lab.data.folder import scan
from d2lab.data.listing import Entry, hold_out
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


PARTS = [
    ("Training", "Testing"),
    ("seg_train", "seg_test"),
    ("Train", "Test"),
    ("TRAIN", "Validation"),
    ("training_set", "test_set"),
    ("Training Set", "EVAL"),
]


@pytest.mark.parametrize(("train", "test"), PARTS)
def test_the_parts_are_known_by_their_usual_names_in_any_case(tmp_path, train, test):
    names_ = {k.replace("train", train).replace("test", test): v for k, v in TRAIN_TEST.items()}
    found = scan(fill(tmp_path, names_))
    assert found.classes == ("cat", "dog")
    assert (len(found.train.names), len(found.test.names)) == (9, 4)
    assert names(found.test)[0] == f"{test}/cat/000.png"


def test_a_part_inside_a_folder_of_its_own_name_is_found_and_what_lies_beside_is_counted(tmp_path):
    counts = {f"seg_{part}/seg_{part}/{kind}": 3 for part in ("train", "test") for kind in ("sea", "wood")}
    found = scan(fill(tmp_path, {**counts, "seg_pred/seg_pred": 7, "val/sea": 1, "val/wood": 1}))
    assert found.classes == ("sea", "wood")
    assert (len(found.train.names), len(found.test.names)) == (6, 6)
    assert found.left_out == {"in seg_pred": 7, "in val": 2}


def test_a_class_may_bear_the_name_of_a_part(tmp_path):
    assert scan(fill(tmp_path, {"train": 5, "bus": 5})).classes == ("bus", "train")


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (
            {"train/cat": 2, "train/dog": 2, "test/Cat": 1, "test/Dog": 1},
            "test with other classes than train .Cat, Dog",
        ),
        ({"train/cat": 2, "train/dog": 2, "val/a": 1, "val/b": 1}, "val with other classes than train"),
        ({"train/cat": 2, "train/dog": 2, "Training/cat": 2, "Training/dog": 2}, "train and Training"),
        ({"Train": 3, "Test": 3}, "Test, Train without training images in folders of their classes"),
        ({"test/cat": 3, "test/dog": 3, "val/cat": 3, "val/dog": 3}, "without training images"),
    ],
)
def test_parts_that_do_not_agree_are_refused(tmp_path, counts, words):
    root = fill(tmp_path, counts)
    if len(list(root.iterdir())) < len({name.partition("/")[0] for name in counts}):
        pytest.skip("this system knows no case in names")
    with pytest.raises(DataError, match=words):
        scan(root)


def test_classes_are_compared_composed(tmp_path):
    written = [unicodedata.normalize(form, "é") for form in ("NFC", "NFD")]
    root = fill(tmp_path, {f"train/{written[0]}": 2, "train/a": 2, f"test/{written[1]}": 1, "test/a": 1})
    found = scan(root)
    assert found.classes == ("a", written[0])
    assert found.test.targets.tolist() == [0, 1]
    assert (root / found.test.names[1]).is_file()
    if not (root / "train" / written[1]).exists():
        (root / "train" / written[1]).mkdir()
        with pytest.raises(DataError, match=r"two folders named é"):
            scan(root)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_class_names_that_are_not_utf8_are_kept_escaped(tmp_path):
    for name in ("猫", "狗"):
        folder = os.fsencode(tmp_path / "set") + b"/" + name.encode("gbk")
        os.makedirs(folder)  # noqa: PTH103
        for n in range(3):
            draw(tmp_path / "one.png", n).rename(os.fsdecode(folder + b"/\xff%d.png" % n))
    found = scan(tmp_path / "set")
    assert found.classes == ("\\xb9\\xb7", "è")
    assert all((tmp_path / "set" / name).is_file() for name in names(found.train))
    "".join(found.classes).encode()


def test_every_usual_suffix_is_read_and_the_rest_is_counted(tmp_path):
    root = fill(tmp_path, TRAIN_TEST)
    folder = root / "train" / "cat"
    for suffix in ("jfif", "JPE", "tif", "pjpeg"):
        (folder / f"x.{suffix}").write_bytes(b"x")
    found = scan(root)
    assert len(found.train.names) == 9 + 4
    assert found.left_out == {}
    for name in ("a.heic", "b.HEIC", "c.avif", "notes.txt", "Thumbs.db", ".hidden.png", "._000.png", "png"):
        (folder / name).write_bytes(b"x")
    draw(root / "train" / "alone.png", 1)
    assert scan(root).left_out == {
        ".heic, a format not read here": 2,
        ".avif, a format not read here": 1,
        "not an image": 3,
        "hidden": 2,
        "in train, in no class": 1,
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files there")
def test_what_is_no_plain_file_is_not_opened(tmp_path):
    root = fill(tmp_path, TRAIN_TEST)
    os.mkfifo(root / "train" / "cat" / "pipe.png")
    assert scan(root).left_out == {"not a plain file": 1}


@pytest.mark.parametrize("images", [1, 2])
def test_too_few_to_hold_one_out_are_refused_with_the_number_it_takes(tmp_path, images):
    with pytest.raises(DataError, match=r"need 3 images or more of some class"):
        scan(fill(tmp_path / "few", {"cat": images, "dog": images}))
    assert len(scan(fill(tmp_path / "enough", {"cat": 3, "dog": images})).test.names) == 1


def test_files_redrawn_in_place_have_other_times_and_another_stamp(tmp_path):
    root = fill(tmp_path, TRAIN_TEST)
    before = scan(root)
    path = root / "train" / "cat" / "000.png"
    facts = path.stat()
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns + 10**9))
    redrawn = scan(root)
    assert (redrawn.digest == before.digest, redrawn.times == before.times) == (True, False)
    assert redrawn.stamp != before.stamp
    if os.name == "posix":  # the time of the last change is set back, that of the last touch can't be
        path.write_bytes(path.read_bytes()[::-1])
        os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        assert scan(root).times == before.times
        assert scan(root).stamp != before.stamp


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
    with pytest.raises(DataError, match=r"train.owl: got 'no image .left out: 1 not an image.'"):
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
    entries = [Entry(f"{c}/{n}", 1, c) for c, count in enumerate((1, 2, 10, 100)) for n in range(count)]
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
