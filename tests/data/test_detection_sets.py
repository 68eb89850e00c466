"""Sets of boxes by name: blood cells, cats; tables of boxes."""

import pytest
import torch
from tests.data.pictures import draw

from d2lab import data
from d2lab.core.errors import DataError
from d2lab.data.annotation_check import count_annotations
from d2lab.data.box_table import read_box_table
from d2lab.data.sets import bccd, cats


@pytest.fixture
def real(real_data, cache, monkeypatch):
    """Data of the sets at hand, an empty cache."""
    if not (real_data / "BCCD").is_dir() or not (real_data / "cat-detection").is_dir():
        pytest.skip("no blood cells and cats at hand")
    monkeypatch.setenv("D2LAB_DATA", str(real_data))


@pytest.mark.slow
def test_the_blood_cells_are_read_but_for_two_boxes_of_a_pixel(real):
    parts = bccd.read_files(bccd.CARD, fetch=False)
    counts = {name: count_annotations(part.annotations, part.files) for name, part in parts.items()}
    assert {name: part.images for name, part in counts.items()} == {"train": 205, "test": 72, "valid": 87}
    assert {name: part.thin for name, part in counts.items()} == {"train": 1, "test": 0, "valid": 1}
    assert sum(part.degenerate + part.out_of_frame + part.missing for part in counts.values()) == 0
    totals = {name: sum(part.classes[name] for part in counts.values()) for name in bccd.CARD.classes}
    assert totals == {"RBC": 4155, "WBC": 372, "Platelets": 361}

    loaded = data.load("bccd", fetch=False)
    given = {"train": loaded.train, "test": loaded.test, "valid": loaded.valid}
    assert all(part.shape == (3, 240, 320) for part in given.values())
    for name, part in given.items():
        numbers = part.targets["labels"][torch.arange(30) < part.targets["count"][:, None]].bincount().tolist()
        taken = list(counts[name].classes.values())
        assert [numbers[0] + counts[name].thin, *numbers[1:]] == taken  # both bad boxes are of red cells
    first = parts["train"].annotations.boxes[0] / 2
    assert loaded.train.targets["boxes"][0, 0].tolist() == pytest.approx(first.tolist())
    small = data.load("bccd", fetch=False, side=80)
    assert small.train.shape == (3, 60, 80)
    torch.testing.assert_close(4 * small.train.targets["boxes"], loaded.train.targets["boxes"])
    assert all(state == "ok" for _, state in data.verify(loaded.card))


@pytest.mark.slow
def test_every_cat_is_in_its_box(real):
    loaded = data.load("cats", fetch=False)
    for part in (loaded.train, loaded.test):
        boxes = part.targets["boxes"][:, 0]
        assert part.targets["count"].tolist() == [1] * len(part)
        assert part.shape == (3, 128, 128)
        assert boxes.min() >= 0
        assert boxes.max() <= 128
        shares = (boxes[:, 2:] - boxes[:, :2]).prod(1) / 128**2
        assert 0.45 < shares.median() < 0.65  # as the set's own page says: .55
    assert loaded.train.targets["boxes"][0, 0].tolist() == [31.5, 23.0, 81.5, 106.0]
    raw = cats.read_files(cats.CARD, fetch=False)
    assert raw["test"].annotations.names[10] == "10.jpg"
    assert raw["train"].files[0].is_file()


@pytest.mark.parametrize(("name", "way"), [("bccd", "--data voc:PATH"), ("cats", "scenes and bccd stand in for it")])
def test_a_set_that_is_not_at_hand_says_what_to_do(name, way, cache):
    with pytest.raises(DataError, match=way):
        data.load(name, fetch=False)


HEAD = "img_name,label,xmin,ymin,xmax,ymax\n"


@pytest.fixture
def table(tmp_path):
    """A table of three images, one without an object; returns the writer of its rows."""
    for number, name in enumerate(("2.png", "10.png", "9.png")):
        draw(tmp_path / "images" / name, number, size=(20 + number, 10))

    def write(rows, head=HEAD):
        (tmp_path / "label.csv").write_text(head + rows, encoding="utf-8")
        return tmp_path / "label.csv"

    return write


def test_a_table_of_boxes_is_read_in_the_order_of_numbers(table):
    found = read_box_table(table("10.png,1,0,1,5,6\n2.png,0,1,1,2,2\n\n10.png,0,3,3,21,10\n"), ("a", "b"))
    assert found.names == ("2.png", "9.png", "10.png")
    assert found.sizes.tolist() == [[20, 10], [22, 10], [21, 10]]
    assert found.counts.tolist() == [1, 0, 2]
    assert found.boxes.tolist() == [[1, 1, 2, 2], [0, 1, 5, 6], [3, 3, 21, 10]]
    assert found.labels.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("rows", "head", "need"),
    [
        ("3.png,0,1,1,2,2\n", HEAD, "an image that is there"),
        ("2.png,2,1,1,2,2\n", HEAD, "a class below 2"),
        ("2.png,-1,1,1,2,2\n", HEAD, "a whole number"),
        ("2.png,0,1,1,2\n", HEAD, "img_name,label"),
        ("2.png,0,1,1,nan,2\n", HEAD, "a number between"),
        ("../2.png,0,1,1,2,2\n", HEAD, "inside the data folder"),
        ("2.png,0,1,1,2,2\n", HEAD.upper(), "a table of the columns"),
        ("", "", "a table of the columns"),
        ('2.png,"0', HEAD, "a table of the columns"),
        ("2.png,0\0,1,1,2,2\n", HEAD, "need a"),
    ],
)
def test_a_broken_table_is_one_line(table, rows, head, need):
    with pytest.raises(DataError, match=need) as error:
        read_box_table(table(rows, head), ("a", "b"))
    assert "\n" not in str(error.value)


def test_no_table_is_one_line(tmp_path):
    draw(tmp_path / "images" / "1.png", 0)
    with pytest.raises(DataError, match="no such file"):
        read_box_table(tmp_path / "label.csv", ("a",))
