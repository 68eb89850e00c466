"""Annotations: one form for all formats, bad boxes by a stated rule, padding that keeps every object."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.annotated_images import CLASSES, assert_same, random_annotations

from d2lab.core.errors import DataError
from d2lab.data.annotation import (
    Entry,
    Thing,
    clip_to_frame,
    gather,
    handle_bad_boxes,
    inside_name,
    is_degenerate,
    is_out_of_frame,
    is_thin,
    number,
)
from d2lab.data.annotation_check import count_annotations
from d2lab.data.annotation_files import by_image

BAD = {  # in an image of 100 x 50 pixels: box, (degenerate, out of frame), what repairing leaves
    "inside": ((1, 2, 3, 4), (False, False), (1, 2, 3, 4)),
    "whole": ((0, 0, 100, 50), (False, False), (0, 0, 100, 50)),
    "a pixel": ((99, 49, 100, 50), (False, False), (99, 49, 100, 50)),
    "rounding": ((-0.009, 0, 100.009, 50), (False, False), (0, 0, 100, 50)),
    "too far left": ((-0.02, 0, 10, 50), (False, True), (0, 0, 10, 50)),
    "too low": ((0, 0, 10, 51), (False, True), (0, 0, 10, 50)),
    "wider than the image": ((-5, -5, 200, 60), (False, True), (0, 0, 100, 50)),
    "no width": ((5, 5, 5, 9), (True, False), None),
    "no height": ((5, 5, 9, 5), (True, False), None),
    "turned round": ((9, 5, 5, 9), (True, False), None),
    "elsewhere": ((200, 10, 210, 20), (False, True), None),
    "at the edge": ((100, 0, 100.005, 50), (False, False), None),
}


def one(box):
    return gather(("cat",), [Entry("a.png", (100, 50), [Thing(tuple(map(float, box)), 0)])])


@pytest.mark.parametrize(("box", "faults", "left"), BAD.values(), ids=BAD)
def test_bad_boxes_are_told_apart_and_repaired(box, faults, left):
    found = one(box)
    assert (bool(is_degenerate(found.boxes)[0]), bool(is_out_of_frame(found)[0])) == faults
    repaired = handle_bad_boxes(found, "repair", "x")
    assert repaired.boxes.tolist() == ([] if left is None else [list(left)])
    assert len(repaired) == 1  # an image that lost its boxes stays
    assert handle_bad_boxes(found, "keep", "x") is found
    if left is None or any(faults):
        with pytest.raises(
            DataError, match=r"^a box of a.png in x: got .*need 0 <= x1 < x2 <= 100 and 0 <= y1"
        ) as error:
            handle_bad_boxes(found, "refuse", "x")
        assert "\n" not in str(error.value)
    else:
        assert handle_bad_boxes(found, "refuse", "x").boxes.tolist() == [list(left)]


def test_what_is_bad_is_counted():
    boxes = [Thing(tuple(map(float, box)), 1) for box, _, _ in BAD.values()]
    entries = [Entry("a.png", (100, 50), boxes), Entry("b.png", (9, 9), []), Entry("c.png", (9, 9), [])]
    found = gather(CLASSES, entries)
    counts = count_annotations(found, [None, None, Path("c.png")])
    assert (counts.images, counts.missing, counts.empty, counts.objects, counts.most) == (3, 2, 2, 12, 12)
    assert (counts.degenerate, counts.thin, counts.out_of_frame) == (3, 2, 4)
    assert counts.classes == {"cat": 0, "dog": 12, "traffic light": 0}
    assert counts.examples == ("a.png",)
    said = counts.lines()
    assert "3 images, 2 of them without objects, 2 not found" in said
    assert "4 boxes out of their image" in said
    assert said[-1] == "for instance in a.png"


def test_nothing_is_counted_where_nothing_is():
    counts = count_annotations(gather((), []))
    assert (counts.images, counts.objects, counts.most, counts.classes) == (0, 0, 0, {})
    clean = count_annotations(random_annotations(0))
    assert clean.degenerate == clean.out_of_frame == clean.before_first == 0
    assert len(clean.lines()) == 2 + len(CLASSES) + (clean.thin > 0)


@given(seed=st.integers(0, 10_000))
def test_padded_rows_are_the_objects_of_each_image(seed):
    found = random_annotations(seed)
    boxes, labels, counts = found.padded()
    for row, entry in enumerate(by_image(found)):
        n = counts[row]
        assert n == len(entry.things)
        np.testing.assert_array_equal(boxes[row, :n], np.array([t.box for t in entry.things]).reshape(-1, 4))
        assert labels[row, :n].tolist() == [t.label for t in entry.things]
        assert not boxes[row, n:].any()
        assert not labels[row, n:].any()


def test_padding_without_objects_and_with_too_many():
    boxes, labels, counts = gather(("cat",), [Entry("a.png", (9, 9), [])]).padded()
    assert (boxes.shape, labels.shape, counts.tolist()) == ((1, 1, 4), (1, 1), [0])
    crowd = [Thing((i, 0, i + 1, 1), 0) for i in range(100)]
    assert gather(("cat",), [Entry("a.png", (100, 9), crowd)]).padded()[0].shape == (1, 100, 4)
    with pytest.raises(DataError, match="at most 99"):
        gather(("cat",), [Entry("a.png", (100, 9), crowd)]).padded(99)


@given(seed=st.integers(0, 10_000))
def test_a_subset_has_the_objects_of_its_images(seed):
    found = random_annotations(seed)
    chosen = np.random.default_rng(seed).permutation(len(found))[:4]
    entries = list(by_image(found))
    assert_same(found.subset(chosen), gather(CLASSES, [entries[number] for number in chosen.tolist()]))


def test_clipping_is_that_of_torchvision():
    ops = pytest.importorskip("torchvision.ops")
    import torch

    random = np.random.default_rng(1)
    boxes = random.uniform(-50, 150, (40, 4))
    things = [Thing(tuple(box), 0) for box in boxes.tolist()]
    found = gather(("cat",), [Entry("a.png", (100, 50), things)])
    theirs = ops.clip_boxes_to_image(torch.from_numpy(boxes), (50, 100)).numpy()
    np.testing.assert_array_equal(clip_to_frame(found), theirs)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a.jpg", "a.jpg"),
        ("train/a b.jpg", "train/a b.jpg"),
        (r"images\猫.jpg", "images/猫.jpg"),
        ("./a.jpg", "a.jpg"),
    ],
)
def test_names_inside_the_folder(text, name):
    assert inside_name(text, "x") == name


@pytest.mark.parametrize(
    "text",
    [r"C:\Users\me\a.jpg", "c:a.jpg", r"\\server\share\a.jpg", "/etc/passwd", "../a.jpg", r"a\..\..\b.jpg", "", ".",
     "a\0.jpg", "a\n.jpg", None, 3, ["a"]],
)  # fmt: skip
def test_names_that_lead_elsewhere_are_refused(text):
    with pytest.raises(DataError, match=r"need the name of a file inside the data folder. Write") as error:
        inside_name(text, "x")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text", ["nan", "inf", "-inf", "1_0", "0x10", "", "1e99", "9" * 400, "1 2", None, True, [1], 10**80]
)
def test_what_is_no_number(text):
    with pytest.raises(DataError, match=r"^x: got .*need a number"):
        number(text, "x")


@pytest.mark.parametrize(("text", "value"), [("3", 3.0), (" -2.5 ", -2.5), (".5", 0.5), ("1e2", 100.0), (7, 7.0)])
def test_what_is_a_number(text, value):
    assert number(text, "x") == value


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"classes": ("cat", "cat")}, "'cat' twice"),
        ({"classes": ("",)}, "printable"),
        ({"name": "a\nb"}, "printable"),
        ({"size": (0, 5)}, "0 x 5 pixels"),
        ({"size": (5, 10**7)}, "pixels a side"),
        ({"label": 1}, "0 to 0"),
        ({"box": (0.0, 0.0, float("nan"), 1.0)}, "finite"),
        ({"box": (0.0, 0.0, 1e9, 1.0)}, "finite"),
    ],
)
def test_annotations_that_contradict_themselves_are_refused(change, said):
    facts = {"classes": ("cat",), "name": "a.png", "size": (9, 9), "label": 0, "box": (0.0, 0.0, 1.0, 1.0)} | change
    with pytest.raises(DataError, match=said):
        gather(facts["classes"], [Entry(facts["name"], facts["size"], [Thing(facts["box"], facts["label"])])])


def test_classes_are_numbered_anew():
    found = random_annotations(4)
    other = found.renumber(("bird", *reversed(CLASSES)))
    assert [other.classes[n] for n in other.labels] == [found.classes[n] for n in found.labels]
    with pytest.raises(DataError, match="got 'no cat', need all of cat, dog"):
        found.renumber(("dog", "traffic light"))


def test_a_thin_box_has_an_area_and_a_side_of_a_pixel_or_less():
    boxes = np.array([[0, 0, 1, 9], [0, 0, 9, 1], [0, 0, 1.01, 9], [0, 0, 0, 1], [3, 3, 2, 9]], np.float64)
    assert is_thin(boxes).tolist() == [True, True, False, False, False]
