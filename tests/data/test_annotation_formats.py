"""COCO, Pascal VOC, YOLO and LabelMe: there and back again, their conventions, and files that mean harm."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.data.annotated_images import CLASSES, assert_same, draw_all, random_annotations
from tests.data.pictures import draw

from d2lab.core.errors import DataError
from d2lab.data import labelme
from d2lab.data.annotation import Entry, Thing, gather
from d2lab.data.coco import read_coco, write_coco
from d2lab.data.labelme import read_labelme, write_labelme
from d2lab.data.voc import read_voc, write_voc
from d2lab.data.yolo import read_names, read_yolo, write_yolo

ONE = gather(("cat",), [Entry("a.png", (10, 8), [Thing((0.0, 0.0, 1.0, 1.0), 0)])])  # the first pixel
many_seeds = settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def coco_again(annotations, folder):
    write_coco(annotations, folder / "boxes.json")
    return read_coco(folder / "boxes.json")


def voc_again(annotations, folder):
    return read_voc(write_voc(annotations, folder / "voc"), classes=annotations.classes)


def labelme_again(annotations, folder):
    return read_labelme(write_labelme(annotations, folder / "lm"), folder / "lm", classes=annotations.classes)


def yolo_again(annotations, folder):
    draw_all(annotations, folder / "images")
    write_yolo(annotations, folder / "labels")
    return read_yolo(folder / "images", folder / "labels", read_names(folder / "labels" / "classes.txt"))


@pytest.mark.parametrize("again", [coco_again, voc_again, labelme_again], ids=lambda f: f.__name__)
@given(seed=st.integers(0, 1000), whole=st.booleans())
@many_seeds
def test_there_and_back_bit_by_bit(again, seed, whole, tmp_path):
    found = random_annotations(seed, whole=whole)  # quarters of a pixel: sums and differences are exact
    assert_same(again(found, tmp_path), found)


@pytest.mark.parametrize("seed", range(3))
def test_yolo_there_and_back(seed, tmp_path):
    found = random_annotations(seed)
    assert_same(yolo_again(found, tmp_path), found, ignored=False, atol=1e-8)


def test_from_each_format_to_each_other(tmp_path):
    found = random_annotations(5)
    for n, again in enumerate((coco_again, voc_again, labelme_again, yolo_again)):
        found = again(found, tmp_path / str(n))
    assert_same(found, random_annotations(5), ignored=False, atol=1e-8)


@pytest.mark.parametrize("again", [coco_again, voc_again, labelme_again, yolo_again], ids=lambda f: f.__name__)
def test_images_without_objects_are_images(again, tmp_path):
    empty = gather(("cat",), [Entry("a.png", (10, 8), []), Entry("b.png", (4, 4), [])])
    assert_same(again(empty, tmp_path), empty)


# Conventions: the first pixel of an image of 10 x 8, as each format writes it.


def test_coco_counts_continuously_from_0_and_ids_begin_at_1(tmp_path):
    write_coco(ONE, tmp_path / "a.json")
    written = json.loads((tmp_path / "a.json").read_text())
    assert written["annotations"][0]["bbox"] == [0, 0, 1, 1]
    assert written["annotations"][0]["area"] == 1
    assert [written[name][0]["id"] for name in ("images", "annotations", "categories")] == [1, 1, 1]


def test_voc_names_the_first_and_the_last_pixel_from_1_on(tmp_path):
    (path,) = write_voc(ONE, tmp_path)
    assert [f"<{c}>1</{c}>" in path.read_text() for c in ("xmin", "ymin", "xmax", "ymax")] == [True] * 4
    (path,) = write_voc(ONE, tmp_path, first_pixel=0)
    assert [f"<{c}>0</{c}>" in path.read_text() for c in ("xmin", "ymin", "xmax", "ymax")] == [True] * 4
    assert_same(read_voc([path], first_pixel=0), ONE)
    with pytest.raises(DataError, match=r"\(-1, -1, 0, 0\), out of its image"):
        read_voc([path])


def test_yolo_has_relative_centers(tmp_path):
    write_yolo(ONE, tmp_path)
    assert (tmp_path / "a.txt").read_text() == "0 0.05 0.0625 0.1 0.125\n"


def test_labelme_has_corners(tmp_path):
    (path,) = write_labelme(ONE, tmp_path)
    (shape,) = json.loads(path.read_text())["shapes"]
    assert (shape["shape_type"], shape["points"]) == ("rectangle", [[0, 0], [1, 1]])


# COCO


def coco(tmp_path, **change):
    content = {
        "images": [{"id": 7, "file_name": "a.png", "width": 10, "height": 8}],
        "annotations": [{"id": 0, "image_id": 7, "category_id": 90, "bbox": [1, 2, 3, 4]}],
        "categories": [{"id": 90, "name": "dog"}, {"id": 3, "name": "cat"}],
    } | change
    path = tmp_path / "coco.json"
    path.write_text(json.dumps(content) if "text" not in change else change["text"])
    return path


def test_ids_may_be_any_and_classes_stand_in_their_order(tmp_path):
    found = read_coco(coco(tmp_path))
    assert found.classes == ("cat", "dog")
    assert found.labels.tolist() == [1]
    assert found.boxes.tolist() == [[1, 2, 4, 6]]


IMAGE = {"id": 7, "file_name": "a.png", "width": 10, "height": 8}
BOX = {"id": 1, "image_id": 7, "category_id": 90, "bbox": [1, 2, 3, 4]}
BAD_COCO = {
    "an unknown image": ({"annotations": [BOX | {"image_id": 0}]}, "image_id.*one of the 1 ids"),
    "an unknown category": ({"annotations": [BOX | {"category_id": 0}]}, "category_id"),
    "an unhashable id": ({"annotations": [BOX | {"image_id": [7]}]}, "image_id"),
    "an id twice": ({"images": [IMAGE, IMAGE | {"file_name": "b.png"}]}, "7 again"),
    "a name twice": ({"images": [IMAGE, IMAGE | {"id": 8}]}, "twice"),
    "a category twice": ({"categories": [{"id": 90, "name": "a"}, {"id": 1, "name": "a"}]}, "twice"),
    "true as an id": ({"images": [IMAGE | {"id": True}]}, "whole number"),
    "no category": ({"categories": []}, "category_id"),
    "no list": ({"annotations": None}, "no list of objects named 'annotations'"),
    "numbers in a list": ({"images": [3]}, "no list of objects named 'images'"),
    "three numbers": ({"annotations": [BOX | {"bbox": [1, 2, 3]}]}, "bbox"),
    "null in a box": ({"annotations": [BOX | {"bbox": [1, 2, 3, None]}]}, "bbox"),
    "no width": ({"annotations": [BOX | {"bbox": [1, 2, 0, 4]}]}, "without area"),
    "a negative width": ({"annotations": [BOX | {"bbox": [5, 2, -3, 4]}]}, "without area"),
    "out of frame": ({"annotations": [BOX | {"bbox": [8, 2, 3, 4]}]}, "out of its image"),
    "a Windows path": ({"images": [IMAGE | {"file_name": "C:\\data\\a.png"}]}, "inside the data folder"),
    "a way out": ({"images": [IMAGE | {"file_name": "../../a.png"}]}, "inside the data folder"),
    "no size": ({"images": [{"id": 7, "file_name": "a.png"}]}, "the width of a.png"),
    "half a pixel": ({"images": [IMAGE | {"width": 10.5}]}, "whole number"),
    "NaN": ({"text": json.dumps({"images": [IMAGE], "annotations": [BOX | {"bbox": [1, 2, float("nan"), 4]}]})}, "NaN"),
    "infinity": ({"text": '{"images": [1e999]}'}, "too large a number"),
    "a list": ({"text": "[]"}, "got 'a list', need a JSON object"),
    "a deep list": ({"text": "[" * 100_000}, "deep"),
    "not JSON": ({"text": "no"}, "need a JSON file"),
}


@pytest.mark.parametrize(("change", "said"), BAD_COCO.values(), ids=BAD_COCO)
def test_a_bad_coco_file_is_refused_in_a_line(change, said, tmp_path):
    with pytest.raises(DataError, match=said) as error:
        read_coco(coco(tmp_path, **change))
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    for read in (read_coco, lambda path: read_voc([path]), lambda path: read_labelme([path], tmp_path), read_names):
        with pytest.raises(DataError, match=r"none\.json.*[Nn]o such file"):
            read(tmp_path / "none.json")


def test_ours_is_read_by_pycocotools_as_we_wrote_it(tmp_path):
    tools = pytest.importorskip("pycocotools.coco")
    found = random_annotations(2)
    write_coco(found, tmp_path / "a.json")
    theirs = tools.COCO(str(tmp_path / "a.json"))
    assert len(theirs.getAnnIds()) == len(found.boxes)


# Pascal VOC

VOC = """<annotation><folder>C:\\x</folder><filename>a.png</filename><path>D:\\secret\\a.png</path>
<size><width>10</width><height>8</height><depth>3</depth></size>
<object><name>cat</name><difficult>1</difficult><part><name>head</name><bndbox><xmin>1</xmin></bndbox></part>
<bndbox><xmax>5</xmax><xmin>2.5</xmin><ymin>1</ymin><ymax>8</ymax></bndbox></object></annotation>"""


def voc(tmp_path, text):
    path = tmp_path / "a.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_voc_file_of_the_wild(tmp_path):
    found = read_voc([voc(tmp_path, VOC)])
    assert found.boxes.tolist() == [[1.5, 0, 5, 8]]
    assert found.ignored.tolist() == [True]
    assert (found.names, found.classes, found.sizes.tolist()) == (("a.png",), ("cat",), [[10, 8]])


LAUGHS = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]>' + VOC.replace("cat", "&c;")
OUTSIDE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + VOC.replace("cat", "&b;")
BAD_VOC = {
    "entities in entities": (LAUGHS, "a document type"),
    "a file as an entity": (OUTSIDE, "a document type"),
    "the same in UTF-16": (LAUGHS.replace('"1.0"', '"1.0" encoding="utf-16"').encode("utf-16"), "a document type"),
    "a document type without entities": (
        '<!DOCTYPE annotation SYSTEM "http://127.0.0.1/x.dtd">' + VOC,
        "document type",
    ),
    "an entity that nobody declared": (VOC.replace("cat", "&b;"), "undefined entity"),
    "a thousand elements deep": ("<a>" * 1000, "deep"),
    "half a file": (VOC[:100], "need an XML file"),
    "nothing": ("", "need an XML file"),
    "bytes": (bytes(range(256)), "need an XML file"),
    "an unknown encoding": ('<?xml version="1.0" encoding="klingon"?>' + VOC, "need an XML file"),
    "another root": ("<html/>", "need <annotation>"),
    "no size": (VOC.replace("size>", "sizes>"), "no <size>"),
    "a size of 0": (VOC.replace("<width>10<", "<width>0<"), "0 x 8 pixels"),
    "no box": (VOC.replace("bndbox>", "robndbox>"), "no <bndbox>"),
    "no corner": (VOC.replace("xmax>", "xmost>"), "no <xmax>"),
    "NaN": (VOC.replace("2.5", "nan"), "need a number"),
    "words": (VOC.replace("2.5", "two"), "need a number"),
    "a Windows path": (VOC.replace("<filename>a.png", "<filename>C:\\a.png"), "inside the data folder"),
    "no area": (VOC.replace("<xmin>2.5", "<xmin>6"), "without area"),
    "counted from 0": (VOC.replace("<xmin>2.5", "<xmin>0"), "out of its image"),
    "out of frame": (VOC.replace("<xmax>5", "<xmax>11"), "out of its image"),
    "no name": (VOC.replace("cat", " "), "printable"),
}


@pytest.mark.parametrize(("text", "said"), BAD_VOC.values(), ids=BAD_VOC)
def test_a_bad_voc_file_is_refused_in_a_line(text, said, tmp_path):
    with pytest.raises(DataError, match=said) as error:
        read_voc([voc(tmp_path, text)])
    assert "\n" not in str(error.value)


def test_a_class_that_is_not_listed_is_refused(tmp_path):
    with pytest.raises(DataError, match="got 'cat', need one of dog, bird"):
        read_voc([voc(tmp_path, VOC)], classes=("dog", "bird"))


# YOLO


def yolo(tmp_path, text, name="a.txt"):
    draw(tmp_path / "images" / "a.png", 0, size=(10, 8))
    (tmp_path / "labels").mkdir(exist_ok=True)
    (tmp_path / "labels" / name).write_text(text)
    return read_yolo(tmp_path / "images", tmp_path / "labels", CLASSES)


def test_a_yolo_file_of_the_wild(tmp_path):
    found = yolo(tmp_path, "\ufeff2 0.5 0.5 1 1\r\n\n0 .1 .125 .5 .125 .3 .5\r\n")
    assert found.labels.tolist() == [2, 0]
    np.testing.assert_allclose(found.boxes, [[0, 0, 10, 8], [1, 1, 5, 4]])


def test_six_decimals_that_reach_out_by_rounding_are_cut_off(tmp_path):
    found = yolo(tmp_path, "0 0.166667 0.5 0.333335 1\n")
    assert found.boxes[0, 0] == 0


@pytest.mark.parametrize("text", [None, "", "\n  \n"])
def test_an_empty_label_file_or_none_is_an_empty_image(text, tmp_path):
    found = yolo(tmp_path, "" if text is None else text)
    if text is None:
        (tmp_path / "labels" / "a.txt").unlink()
        found = read_yolo(tmp_path / "images", tmp_path / "labels", CLASSES)
    assert (len(found), len(found.boxes)) == (1, 0)


BAD_YOLO = {
    "pixels": ("0 5 4 10 8", "need shares of the image's sides"),
    "an unknown class": ("3 .5 .5 1 1", "got '3', need 0 to 2"),
    "a negative class": ("-1 .5 .5 1 1", "need 0 to 2"),
    "a class of 400 digits": ("9" * 400 + " .5 .5 1 1", "need 0 to 2"),
    "half a class": ("0.5 .5 .5 1 1", "need 0 to 2"),
    "NaN": ("0 nan .5 1 1", "need a number"),
    "a confidence": ("0 .5 .5 1 1 .9", "line 1 of"),
    "four words": ("0 .5 .5 1", "line 1 of"),
    "the second line": ("0 .5 .5 1 1\ncat .5 .5 1 1", "line 2 of"),
    "no width": ("0 .5 .5 0 1", "without area"),
    "out of frame": ("0 .5 .5 1.1 1", "out of its image"),
    "an even polygon": ("0 .1 .1 .2 .2 .3 .3 .4", "line 1 of"),
}


@pytest.mark.parametrize(("text", "said"), BAD_YOLO.values(), ids=BAD_YOLO)
def test_a_bad_yolo_file_is_refused_in_a_line(text, said, tmp_path):
    with pytest.raises(DataError, match=said) as error:
        yolo(tmp_path, text)
    assert "\n" not in str(error.value)


def test_a_label_file_without_an_image_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"b\.txt and 0 more without an image"):
        yolo(tmp_path, "", name="b.txt")


def test_two_images_of_one_label_file_are_refused(tmp_path):
    draw(tmp_path / "images" / "a.jpg", 0)
    with pytest.raises(DataError, match="another of its label file"):
        yolo(tmp_path, "")


@pytest.mark.parametrize(
    "text",
    [
        "path: x\nnames: [cat, 'dog', traffic light]\nnc: 3\n",
        'names: ["cat",\n  dog,  # a comment\n "traffic light"]\n'.replace("  # a comment", ""),
        "names: {0: cat, 1: dog, 2: traffic light}",
        "nc: 3\nnames:\n  - cat\n  - dog\n\n  - 'traffic light'  # lamps\ntrain: x\n",
        "names:  # classes\n  0: cat\n  1: dog\n  # no more\n  2: traffic light\n",
        "names:\n- cat\n- dog\n- traffic light\ntrain: images/train\n",
    ],
)
def test_names_in_yaml(text, tmp_path):
    path = tmp_path / "data.yaml"
    path.write_text(text)
    assert read_names(path) == CLASSES


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("train: x", "got 'none'"),
        ("names: *anchor", "anchor"),
        ("names: cat", "need names"),
        ("names: [cat", "need names"),
        ("names: []", "need names"),
        ("names: [[cat]]", "need names"),
        ("names:\n  1: cat\n  2: dog", "1, 2.*need 0, 1, 2 and so on"),
        ("names:\n  0: cat\n  2: dog", "0, 2"),
        ("names:\n" + "  - a" + " " * 100_000 + "'", "need names"),
    ],
)
def test_names_that_cannot_be_read(text, said, tmp_path):
    path = tmp_path / "data.yaml"
    path.write_text(text)
    with pytest.raises(DataError, match=said):
        read_names(path)


def test_names_in_a_text_file(tmp_path):
    path = tmp_path / "classes.txt"
    path.write_text("cat\r\ndog\r\ntraffic light\r\n\r\n")
    assert read_names(path) == CLASSES
    path.write_text("\n")
    with pytest.raises(DataError, match="a name on each line"):
        read_names(path)


# LabelMe


def lm(tmp_path, **change):
    shape = {"label": "cat", "points": [[5, 6], [1, 2]], "shape_type": "rectangle"}
    shape |= {key: change.pop(key) for key in list(change) if key in ("label", "points", "shape_type")}
    facts = {"imagePath": "..\\a.png", "imageWidth": 10, "imageHeight": 8, "imageData": None, "shapes": [shape]}
    path = tmp_path / "sub" / "a.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(facts | {"imagePath": "pics\\a.png"} | change))
    return read_labelme([path], tmp_path)


def test_a_labelme_file_of_the_wild(tmp_path):
    found = lm(tmp_path)
    assert found.names == ("sub/pics/a.png",)
    assert found.boxes.tolist() == [[1, 2, 5, 6]]  # corners may stand in any order
    polygon = lm(tmp_path, shape_type="polygon", points=[[1, 1], [4, 2], [2, 7.5]])
    assert polygon.boxes.tolist() == [[1, 1, 4, 7.5]]
    circle = lm(tmp_path, shape_type="circle", points=[[5, 4], [8, 4]])
    assert circle.boxes.tolist() == [[2, 1, 8, 7]]
    assert len(lm(tmp_path, imageData="A" * 1000)) == 1


BAD_LM = {
    "a way out": ({"imagePath": "..\\a.png"}, "inside the data folder"),
    "a drive": ({"imagePath": "C:\\a.png"}, "inside the data folder"),
    "no width": ({"imageWidth": None}, "imageWidth"),
    "a point": ({"shape_type": "point", "points": [[1, 2]]}, "need one of rectangle"),
    "a kind that is a list": ({"shape_type": []}, "need one of rectangle"),
    "a corner too few": ({"points": [[1, 2]]}, "pairs of numbers"),
    "three numbers": ({"points": [[1, 2, 3], [4, 5, 6]]}, "pairs of numbers"),
    "words": ({"points": [["a", 2], [4, 5]]}, "need a number"),
    "no label": ({"label": 3}, "need a text"),
    "no shapes": ({"shapes": None}, "no list of shapes"),
    "no area": ({"points": [[1, 2], [1, 5]]}, "without area"),
    "out of frame": ({"points": [[1, 2], [11, 5]]}, "out of its image"),
    "data that are no text": ({"imageData": [1]}, "imageData"),
}


@pytest.mark.parametrize(("change", "said"), BAD_LM.values(), ids=BAD_LM)
def test_a_bad_labelme_file_is_refused_in_a_line(change, said, tmp_path):
    with pytest.raises(DataError, match=said) as error:
        lm(tmp_path, **change)
    assert "\n" not in str(error.value)


def test_a_huge_image_within_the_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(labelme, "MOST_DATA", 999)
    with pytest.raises(DataError, match=r"1,000 letters.*Save it without image data"):
        lm(tmp_path, imageData="A" * 1000)
    monkeypatch.setattr(labelme, "LIMIT", 1000)
    with pytest.raises(DataError, match="need at most 1,000 bytes"):
        lm(tmp_path, imageData="A" * 1000)


@pytest.mark.parametrize("write", [write_voc, write_labelme, write_yolo])
def test_two_images_never_share_a_file(write, tmp_path):
    twins = gather(("cat",), [Entry("a.png", (9, 9), []), Entry("A.jpg", (9, 9), [])])
    with pytest.raises(DataError, match="for two images"):
        write(twins, tmp_path)
    assert not list(tmp_path.iterdir())
