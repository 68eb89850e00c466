"""Annotated images in another format are the same images with the same boxes."""

import dataclasses
import itertools

import numpy as np
import pytest
from PIL import Image
from tests.data.annotated_images import CLASSES, assert_same, draw_all, random_annotations

from d2lab import data
from d2lab.core.errors import ConfigError, DataError
from d2lab.data.annotation import Entry, Thing, gather
from d2lab.data.annotation_convert import WRITERS, convert_annotations
from d2lab.data.annotation_source import Source, read_source
from d2lab.data.coco import write_coco

KINDS = tuple(WRITERS)


@pytest.fixture
def parts(tmp_path):
    """Three parts of a COCO set, boxes out of their image among them."""
    for seed, part in enumerate(("train", "test", "valid"), start=1):
        found = random_annotations(seed, images=6)
        moved = dataclasses.replace(found, boxes=found.boxes + 0.5)
        draw_all(moved, tmp_path / "set" / part)
        write_coco(moved, tmp_path / "set" / part / "a.json")
    return read_source(f"coco:{tmp_path / 'set'}")


@pytest.mark.parametrize(("first", "second"), list(itertools.product(KINDS, KINDS)))
def test_any_format_becomes_any_other(first, second, parts, tmp_path):
    convert_annotations(parts, first, tmp_path / "one")
    convert_annotations(read_source(f"{first}:{tmp_path / 'one'}"), second, tmp_path / "two")
    again = read_source(str(tmp_path / "two"))  # the format is found, too
    assert again.keys() == parts.keys()
    for name, source in parts.items():
        mine = again[name]
        prefix = f"{name}/" if second == "labelme" else ""  # LabelMe's images are named from the data folder on
        names = tuple(prefix + image for image in source.annotations.names)
        expected = dataclasses.replace(source.annotations, names=names)
        assert_same(mine.annotations, expected, ignored="yolo" not in (first, second), atol=1e-8)
        for file, theirs in zip(mine.files, source.files, strict=True):
            assert file.read_bytes() == theirs.read_bytes()
            assert file.samefile(theirs)
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("kind", KINDS)
def test_where_nothing_is_set_apart_it_stays_so(kind, parts, tmp_path):
    convert_annotations({"all": parts["train"]}, kind, tmp_path / "one")
    (source,) = read_source(str(tmp_path / "one")).values()
    assert_same(source.annotations, parts["train"].annotations, ignored=kind != "yolo", atol=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_scenes_become_files_that_load_alike(kind, tmp_path, cache):
    scenes = read_source("scenes")
    few = {part: Source(one.annotations.subset(np.arange(11)), pixels=one.pixels[:11]) for part, one in scenes.items()}
    convert_annotations(few, kind, tmp_path / "scenes")
    mine, theirs = data.load(f"{kind}:{tmp_path / 'scenes'}"), data.load("scenes")
    for part in ("train", "test"):
        own, first = getattr(mine, part), getattr(theirs, part)
        assert (own.inputs == first.inputs[:11]).all()
        assert (own.targets["count"] == first.targets["count"][:11]).all()
        most = own.targets["boxes"].shape[1]
        np.testing.assert_allclose(own.targets["boxes"], first.targets["boxes"][:11, :most], atol=1e-4)


def test_what_a_format_cannot_say_is_told(tmp_path):
    entries = [Entry("0.png", (9, 9), [Thing((1, 1, 3, 3), 2, ignored=True), Thing((1, 1, 3, 3), 0)])]
    found = gather(("zebra", "none", "ant"), entries)
    draw_all(found, tmp_path)
    parts = {"all": Source(found, (tmp_path / "0.png",))}
    told = {kind: " ".join(convert_annotations(parts, kind, tmp_path / kind)) for kind in KINDS}
    assert told["coco"] == ""
    assert told["yolo"].startswith("1 objects that evaluation ignores")
    for kind in ("voc", "labelme"):
        assert told[kind].startswith("classes without an object are not in these files: none")
        assert told[kind].endswith("numbered by their names from here on")
    assert read_source(str(tmp_path / "coco"))["all"].annotations.classes == found.classes
    assert read_source(str(tmp_path / "yolo"))["all"].annotations.classes == found.classes


def test_images_of_one_name_in_two_folders_stay_two(tmp_path):
    found = gather(("a",), [Entry(f"{place}/0.png", (9, 9), [Thing((0, 0, 3, 3), 0)]) for place in ("x", "y")])
    draw_all(found, tmp_path)
    parts = {"all": Source(found, tuple(tmp_path / name for name in found.names))}
    convert_annotations(parts, "voc", tmp_path / "voc")
    assert read_source(str(tmp_path / "voc"))["all"].annotations.names == ("x_0.png", "y_0.png")
    with Image.open(tmp_path / "voc" / "y_0.png") as mine, Image.open(tmp_path / "y" / "0.png") as theirs:
        assert np.array_equal(mine, theirs)


def test_names_with_quotes_are_kept(tmp_path):
    classes = ('6" nail', "d'oh", "a\\b")
    found = gather(classes, [Entry("0.png", (9, 9), [Thing((1, 1, 3, 3), label) for label in range(3)])])
    draw_all(found, tmp_path)
    convert_annotations({"all": Source(found, (tmp_path / "0.png",))}, "yolo", tmp_path / "yolo")
    assert read_source(str(tmp_path / "yolo"))["all"].annotations.classes == classes


def test_data_yaml_names_the_parts_as_yolo_programs_want_them(parts, tmp_path):
    convert_annotations(parts, "yolo", tmp_path / "yolo")
    lines = (tmp_path / "yolo" / "data.yaml").read_text().splitlines()
    assert sorted(lines[:3]) == ["test: test/images", "train: train/images", "val: valid/images"]
    assert lines[3] == 'names: ["cat", "dog", "traffic light"]'
    assert CLASSES == ("cat", "dog", "traffic light")


def test_nothing_is_left_of_what_failed(parts, tmp_path):
    with pytest.raises(ConfigError, match="one of coco, voc, yolo, labelme"):
        convert_annotations(parts, "csv", tmp_path / "out")
    parts["valid"].files[3].unlink()
    with pytest.raises(DataError, match="no such file"):
        convert_annotations(read_source(str(tmp_path / "set")), "voc", tmp_path / "out")
    assert not list(tmp_path.glob("*out*"))
    (tmp_path / "out").mkdir()
    with pytest.raises(DataError, match="something that exists"):
        convert_annotations(parts, "voc", tmp_path / "out")
    with pytest.raises(DataError, match="writing"):
        convert_annotations(parts, "voc", tmp_path / "set" / "train" / "a.json" / "out")
