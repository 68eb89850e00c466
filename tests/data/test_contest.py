"""Folders of contests: three layouts read strictly, parts by a seed, copies told, submissions in the contest's form."""

import shutil
from collections import Counter

import pytest
import torch
from tests.data.contests import KINDS, LAYOUTS, dogs, kind_of, leaves, numbered, paint, write

from d2lab import data
from d2lab.core.errors import ConfigError, DataError
from d2lab.data.contest import contest_listing, divide, place_of, read_labelled, read_questions, read_tables
from d2lab.data.contest_answers import write_answers
from d2lab.data.contest_check import check_contest
from d2lab.data.contest_table import natural, read_table
from d2lab.data.listing import Entry


def names_of(part):
    return [part.names[n] for n in range(len(part.names))]


def questions_of(root):
    return read_questions(root, read_tables(root))


def channel(image):
    """The class that the color of an image says."""
    return int(image.float().mean((1, 2)).argmax())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_image_has_the_class_that_its_row_says(layout, tmp_path, cache):
    root = LAYOUTS[layout](tmp_path / "contest")
    found = data.load(f"kaggle:{root}")
    assert found.card.classes == KINDS
    assert found.train.targets.bincount().tolist() == [9, 9, 9]
    assert found.test.targets.bincount().tolist() == [1, 1, 1]
    for part in (found.train, found.test):
        assert [channel(image) for image in part.inputs] == part.targets.tolist()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_seed_decides_what_is_held_out_and_a_run_knows_it(layout, tmp_path):
    root = LAYOUTS[layout](tmp_path / "contest")
    held = [names_of(contest_listing(root, seed).test) for seed in (0, 0, 1)]
    assert held[0] == held[1] != held[2]
    assert contest_listing(root).digest != contest_listing(root, 1).digest
    assert data.catalog.card(f"kaggle:{root}#1").name == f"kaggle:{root}#1"
    for seed in range(3):
        listing = contest_listing(root, seed)
        both = names_of(listing.train) + names_of(listing.test)
        assert sorted(both) == sorted(e.name for e in read_labelled(root, read_tables(root)).entries)


def test_a_folder_named_like_a_seed_is_a_folder(tmp_path):
    (tmp_path / "set#3").mkdir()
    assert place_of(f"{tmp_path}/set#3") == (f"{tmp_path}/set#3", 0)
    assert place_of(f"{tmp_path}/set#4") == (f"{tmp_path}/set", 4)
    with pytest.raises(ConfigError, match="kaggle:PATH"):
        data.catalog.card("kaggle:")


def test_each_class_gives_its_share_and_at_least_one():
    sizes = {0: 100, 1: 25, 2: 5, 3: 2, 4: 1}
    entries = [Entry(f"{k}/{n}.png", 1, k) for k, count in sizes.items() for n in range(count)]
    train, held = divide(entries, 0)
    assert Counter(e.number for e in held) == {0: 10, 1: 2, 2: 1, 3: 1}
    assert sorted(train + held) == sorted(entries)


def test_questions_come_in_the_order_of_the_contest(tmp_path):
    assert questions_of(numbered(tmp_path / "a")).ids == tuple(map(str, range(1, 13)))  # 9 before 10
    found = questions_of(dogs(tmp_path / "b"))
    assert found.ids == tuple(read_table(tmp_path / "b/sample_submission.csv").keys)
    assert (found.columns, found.classes) == (("id",), ("owl", "cat", "dog"))
    found = questions_of(leaves(tmp_path / "c"))
    assert found.ids[:2] == ("images/41.jpg", "images/40.jpg")
    assert found.columns == ("image", "label")
    (tmp_path / "c/test.csv").unlink()
    assert questions_of(tmp_path / "c").ids[:2] == ("images/30.jpg", "images/31.jpg")
    (tmp_path / "b/sample_submission.csv").unlink()
    assert questions_of(tmp_path / "b").classes == ()


def test_natural_order_counts():
    assert sorted(["b1", "10", "9", "a10", "a9", "09", "", "1" * 5000], key=natural) == [
        *("", "09", "9", "10", "1" * 5000, "a9", "a10", "b1")
    ]


BAD = {
    "no table": (numbered, lambda r: (r / "trainLabels.csv").unlink(), "none of trainLabels.csv"),
    "two tables": (numbered, lambda r: write(r / "labels.csv", ("id", "label"), (1, "cat")), "trainLabels.csv and lab"),
    "empty table": (numbered, lambda r: (r / "trainLabels.csv").write_text(""), "an empty file"),
    "header alone": (numbered, lambda r: write(r / "trainLabels.csv", ("id", "label")), "no row below the header"),
    "unknown header": (numbered, lambda r: change(r / "trainLabels.csv", "id,label", "name,kind"), "name,kind"),
    "prices": (leaves, lambda r: write(r / "train.csv", ("Id", "Area", "Price"), (1, 2, 3)), "Id,Area,Price"),
    "mixed headers": (leaves, lambda r: change(r / "test.csv", "image", "id"), "image in train.csv and id in test.csv"),
    "ids twice": (numbered, lambda r: append(r / "trainLabels.csv", "7,cat\n8,dog\n"), "2 times id twice, such as 7"),
    "a cell too many": (numbered, lambda r: append(r / "trainLabels.csv", "31,cat,1\n"), "row without 2 cells: row 32"),
    "an empty cell": (numbered, lambda r: append(r / "trainLabels.csv", "31,\n"), "row with an empty cell: row 32"),
    "a quote left open": (numbered, lambda r: append(r / "trainLabels.csv", '31,"cat\n'), "trainLabels.csv"),
    "no UTF-8": (numbered, lambda r: (r / "trainLabels.csv").write_bytes(b"id,label\n1,\xff\n"), "utf-8"),
    "one label": (numbered, lambda r: write(r / "trainLabels.csv", ("id", "label"), (1, "cat")), "one label, cat"),
    "row without image": (numbered, lambda r: (r / "train/4.png").unlink(), "row without an image: 4"),
    "rows without images": (
        numbered,
        lambda r: [(r / f"train/{n}.png").unlink() for n in (10, 9, 20)],
        "3 times row without an image, such as 9",
    ),
    "image without row": (numbered, lambda r: paint(r / "train/99.png", "cat", 1), "image without a row: 99"),
    "two files an id": (numbered, lambda r: paint(r / "train/7.jpg", "cat", 1), "two images of one id: 7"),
    "no images": (numbered, lambda r: shutil.rmtree(r / "train"), "no such folder"),
    "hostile id": (numbered, lambda r: append(r / "trainLabels.csv", "../test/1,cat\n"), "no plain name: ../test/1"),
    "hostile ids": (numbered, lambda r: append(r / "trainLabels.csv", "/x,cat\nC:\\x,cat\n"), "2 times id that is no"),
    "hidden id": (numbered, lambda r: append(r / "trainLabels.csv", ".x,cat\n"), "no plain name: .x"),
    "path above": (leaves, lambda r: append(r / "train.csv", "images/../../x.jpg,cat\n"), "outside images/"),
    "absolute path": (leaves, lambda r: append(r / "train.csv", "/etc/x.jpg,cat\n"), "outside images/: /etc/x.jpg"),
    "two hostile": (leaves, lambda r: append(r / "test.csv", "../x.jpg\nC:/x.jpg\n"), "2 times path outside images/"),
    "odd path": (leaves, lambda r: append(r / "train.csv", "images//1.jpg,cat\n"), "outside images/: images//1.jpg"),
    "no image": (leaves, lambda r: append(r / "train.csv", "images/notes.txt,cat\n"), "file that is no image"),
    "path without file": (leaves, lambda r: append(r / "train.csv", "images/77.jpg,cat\n"), "row without an image: im"),
    "file in no table": (leaves, lambda r: paint(r / "images/99.jpg", "cat", 1), "image without a row: images/99.jpg"),
    "asked and told": (leaves, lambda r: append(r / "test.csv", "images/1.jpg\n"), "image of the training table: ima"),
    "no folder": (leaves, shutil.rmtree, "nothing there"),
    "sample of others": (dogs, lambda r: append(r / "sample_submission.csv", "xx,1,0,0\n"), "row without an image: xx"),
    "test of others": (dogs, lambda r: paint(r / "test/zz.jpg", "cat", 1), "image without a row: zz"),
    "columns of others": (
        dogs,
        lambda r: change(r / "sample_submission.csv", "id,owl,cat", "id,fox,elk"),
        "2 times class without a column, such as cat",
    ),
    "a column twice": (dogs, lambda r: change(r / "sample_submission.csv", "owl", "cat"), "column twice: cat"),
    "another order": (
        leaves,
        lambda r: write(
            r / "sample_submission.csv", ("image", "label"), *((f"images/{n}.jpg", "cat") for n in range(30, 42))
        ),
        "12 times image in another order, such as images/41.jpg",
    ),
    "fewer rows": (
        leaves,
        lambda r: write(r / "sample_submission.csv", ("image", "label"), ("images/30.jpg", "cat")),
        "11 times row of test.csv alone, such as images/31.jpg",
    ),
}  # fmt: skip


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def append(path, rows):
    path.write_text(path.read_text() + rows)


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_refused_in_one_line(case, tmp_path):
    make, spoil, words = BAD[case]
    root = make(tmp_path / "contest")
    contest_listing(root)
    spoil(root)
    with pytest.raises(DataError) as caught:
        contest_listing(root)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_table_may_come_from_a_spreadsheet_and_in_any_order(tmp_path):
    root = numbered(tmp_path / "contest")
    before = contest_listing(root).digest
    path = root / "trainLabels.csv"
    head, *rows = path.read_text().splitlines()
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([head, *reversed(rows), "", ""]).encode())
    assert contest_listing(root).digest == before


def test_a_contest_without_a_test_part_can_be_trained_on(tmp_path):
    root = numbered(tmp_path / "contest")
    shutil.rmtree(root / "test")
    assert len(contest_listing(root).train.names) == 27
    with pytest.raises(DataError, match="no such folder"):
        questions_of(root)
    assert "no image to label" in check_contest(f"kaggle:{root}")


def test_copies_in_two_parts_are_counted_and_told(tmp_path):
    root = numbered(tmp_path / "contest")
    listing = contest_listing(root)
    assert data.catalog.card(f"kaggle:{root}").notes == ()
    assert "no image lies in two parts" in check_contest(f"kaggle:{root}")
    held = names_of(listing.test)[0]
    same = next(name for name in names_of(listing.train) if kind_of(int(name[6:-4])) == kind_of(int(held[6:-4])))
    shutil.copy(root / same, root / held)
    other = next(name for name in names_of(listing.train) if kind_of(int(name[6:-4])) != kind_of(int(held[6:-4])))
    shutil.copy(root / other, root / "test/3.png")
    shutil.copy(root / held, root / "test/4.png")
    told = f"1 image of the held-out part also in the training part, such as {held}"
    assert data.catalog.card(f"kaggle:{root}").notes == (told,)
    lines = check_contest(f"kaggle:{root}")
    assert told in lines
    assert "2 images of the test part also in the training part, such as test/3.png" in lines
    assert "1 image of the test part also in the held-out part, such as test/4.png" in lines
    assert not any("two labels" in line for line in lines)
    shutil.copy(root / other, root / same)
    assert any(line.startswith("the same image with two labels: 1") for line in check_contest(f"kaggle:{root}"))


def test_check_counts_classes_and_says_the_form(tmp_path):
    lines = check_contest(f"kaggle:{dogs(tmp_path / 'contest')}")
    assert lines[:3] == [
        "27 training images, 3 held out (seed 0)",
        "3 classes; the rarest is cat, 10 of them",
        "12 images to label; submission: id and a probability for each class",
    ]


def test_answers_have_rows_and_columns_in_the_order_of_the_contest(tmp_path):
    out = tmp_path / "out.csv"
    answers = torch.eye(3)[torch.arange(12) % 3] * 0.5 + torch.tensor([0.0, 0.125, 0.375])
    questions = questions_of(dogs(tmp_path / "dogs"))
    write_answers(out, questions, KINDS, answers)
    lines = out.read_text().splitlines()
    assert lines[0] == "id,owl,cat,dog"
    assert lines[1] == f"{questions.ids[0]},0.375,0.5,0.125"
    assert lines[2] == f"{questions.ids[1]},0.375,0,0.625"
    assert len(lines) == 13
    write_answers(out, questions_of(leaves(tmp_path / "leaves")), KINDS, answers)
    assert out.read_text().splitlines()[:3] == ["image,label", "images/41.jpg,cat", "images/40.jpg,dog"]
    write_answers(out, questions_of(numbered(tmp_path / "numbered")), KINDS, answers)
    assert out.read_text().splitlines()[9:11] == ["9,owl", "10,cat"]


@pytest.mark.parametrize(
    ("classes", "answers", "words"),
    [
        (KINDS, torch.ones(11, 3) / 3, "one row for each of 12 images"),
        (KINDS, torch.ones(12, 2) / 2, "one column for each of 3 classes"),
        (KINDS, torch.full((12, 3), float("nan")), "outside 0 to 1"),
        (KINDS, torch.full((12, 3), 1.5), "outside 0 to 1"),
        (("cat", "dog", "elk"), torch.ones(12, 3) / 3, "class without a column: elk"),
    ],
)
def test_answers_that_do_not_fit_are_refused_and_nothing_is_written(classes, answers, words, tmp_path):
    questions = questions_of(dogs(tmp_path / "contest"))
    with pytest.raises(DataError, match=words):
        write_answers(tmp_path / "out.csv", questions, classes, answers)
    assert not (tmp_path / "out.csv").exists()


def test_the_real_thing_is_read(real_data, tmp_path, monkeypatch):
    archive = real_data / "cifar10" / "kaggle_cifar10_tiny.zip"
    if not archive.is_file():
        pytest.skip("no kaggle_cifar10_tiny.zip at hand")
    shutil.unpack_archive(archive, tmp_path)
    root = tmp_path / "kaggle_cifar10_tiny"
    listing = contest_listing(root)
    assert (len(listing.train.names), len(listing.test.names), len(listing.classes)) == (900, 100, 10)
    labels = data.read_labels(root / "trainLabels.csv")
    for name, number in zip(names_of(listing.train), listing.train.targets, strict=True):
        assert labels[name.removeprefix("train/").removesuffix(".png")] == listing.classes[number]
    assert len(questions_of(root).ids) == 100
