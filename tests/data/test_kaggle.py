"""Kaggle's layout: a share of each class held out, the book's folders written whole or not at all, a submission."""

import csv
import os
import shutil
from collections import Counter

import pytest
from tests.data.pictures import draw

from d2lab import data
from d2lab.core.errors import ConfigError, DataError
from d2lab.data import kaggle


@pytest.fixture
def root(tmp_path):
    """30 labelled pictures of three kinds, 12 without labels."""
    folder = tmp_path / "kaggle"
    kinds = {n: ("cat", "dog", "owl")[n % 3] for n in range(1, 31)}
    for n in kinds:
        draw(folder / "train" / f"{n}.png", n)
    for n in range(1, 13):
        draw(folder / "test" / f"{n}.png", 100 + n)
    rows = "".join(f"{n},{kind}\n" for n, kind in kinds.items())
    (folder / "trainLabels.csv").write_text("id,label\n" + rows)
    return folder


def files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.png"))


def test_it_is_a_folder_of_pictures_like_any_other(root, cache):
    loaded = data.load(f"folder:{root}")
    assert loaded.card.classes == ("cat", "dog", "owl")
    assert loaded.train.targets.bincount().tolist() == [9, 9, 9]
    assert loaded.test.targets.bincount().tolist() == [1, 1, 1]
    labels = data.read_labels(root / "trainLabels.csv")
    names = data.scan(root).test.names
    for n in range(3):
        number = names[n].removeprefix("train/").removesuffix(".png")
        assert labels[number] == loaded.card.classes[loaded.test.targets[n]]


@pytest.mark.parametrize("linked", [True, False])
def test_the_books_folders_hold_every_picture_where_it_belongs(root, tmp_path, monkeypatch, linked):
    if not linked:
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError("no links here")))
    out = tmp_path / "train_valid_test"
    counts = data.reorganize(root, out, valid=0.2, seed=1)
    assert counts == {"train": 24, "valid": 6, "train_valid": 30, "test": 12}
    labels = data.read_labels(root / "trainLabels.csv")
    for part in ("train", "valid", "train_valid"):
        for name in files(out / part):
            kind, _, file = name.partition("/")
            assert labels[file.removesuffix(".png")] == kind
            assert (out / part / name).read_bytes() == (root / "train" / file).read_bytes()
    assert Counter(n.partition("/")[0] for n in files(out / "valid")) == {"cat": 2, "dog": 2, "owl": 2}
    assert sorted(files(out / "train") + files(out / "valid")) == files(out / "train_valid")
    assert files(out / "test") == sorted(f"unknown/{n}.png" for n in range(1, 13))
    assert (out / "train_valid/cat/3.png").samefile(root / "train/3.png") == linked
    shutil.rmtree(root)
    assert len(data.scan(out).train.names) == 24


def test_nothing_is_overwritten_and_nothing_is_left_half_written(root, tmp_path, monkeypatch):
    (tmp_path / "there").mkdir()
    with pytest.raises(DataError, match="something that exists"):
        data.reorganize(root, tmp_path / "there")
    done = []

    def fails(source, target):
        done.append(target)
        if len(done) == 5:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(kaggle, "link_file", fails)
    with pytest.raises(DataError, match="No space left"):
        data.reorganize(root, tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["kaggle", "there"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("id,label", "name,kind"), "first row"),
        (lambda text: text + "31,cat\n", "1 label without an image, such as id 31"),
        (lambda text: text.replace("30,cat\n", ""), "1 image without a label, such as id 30"),
        (lambda text: text + "1,cat\n", "row 32: 1,cat"),
        (lambda text: text + "31\n", "row 32: 31"),
        (lambda text: text.replace("1,dog", "1,../dog", 1), "the label ../dog"),
        (lambda text: text.replace("dog", ".."), r"the label \.\."),
        (lambda text: "id,label\n", "no row below the first"),
        (lambda text: "", r"first row \[\]"),
        (lambda text: text.replace("dog", "cat").replace("owl", "cat"), "one label, cat"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(root, change, words):
    path = root / "trainLabels.csv"
    path.write_text(change(path.read_text()))
    with pytest.raises(DataError, match=words):
        kaggle.entries(root)


def test_a_table_may_come_from_a_spreadsheet(root):
    path = root / "trainLabels.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n")
    assert len(data.read_labels(path)) == 30
    path.write_bytes(b"id,label\n1,\xff\n")
    with pytest.raises(DataError, match="trainLabels"):
        data.read_labels(path)


def test_a_share_outside_0_to_1_is_refused(root, tmp_path):
    for share in (-0.1, 1.0, float("nan")):
        with pytest.raises(ConfigError, match="share to hold out"):
            data.reorganize(root, tmp_path / "out", valid=share)


def test_a_submission_counts_its_ids_up(root, tmp_path):
    ids = [name for name, _ in kaggle.unlabelled(root)]
    assert ids == [str(n) for n in range(1, 13)]
    path = tmp_path / "submission.csv"
    data.write_submission(path, ["10", "9", "1"], ["a", "b, c", "d"])
    assert path.read_bytes() == b'id,label\n1,d\n9,"b, c"\n10,a\n'
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["id", "label"], ["1", "d"], ["9", "b, c"], ["10", "a"]]
    for wrong in ((["1"], ["a", "b"]), (["1", "1"], ["a", "b"])):
        with pytest.raises(DataError, match="one label for each id"):
            data.write_submission(path, *wrong)
    shutil.rmtree(root / "test")
    with pytest.raises(DataError, match="the test part"):
        kaggle.unlabelled(root)
