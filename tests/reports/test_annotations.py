"""Faults of annotated images are found, named and drawn; what is whole is not blamed."""

import numpy as np
import pytest
import torch
from PIL import Image
from tests.data.annotated_images import draw_all, random_annotations
from tests.data.pictures import draw

from d2lab.core.errors import ConfigError, DataError
from d2lab.data.annotation import Entry, Thing, gather
from d2lab.data.annotation_source import Source, read_source
from d2lab.data.coco import write_coco
from d2lab.data.labelme import write_labelme
from d2lab.data.voc import write_voc
from d2lab.data.yolo import write_yolo
from d2lab.reports import annotations as drawn
from d2lab.reports.annotation_faults import find_faults, marked_twice
from d2lab.reports.annotations import count_rows, describe_faults, draw_annotations
from d2lab.vision.iou import box_iou

SIZE = (40, 30)
BOXES = {  # of images by name, all 40 x 30 pixels
    "whole": [((1, 1, 9, 9), 0), ((2, 2, 9, 20), 1)],
    "empty": [],
    "degenerate": [((5, 5, 5, 9), 0), ((1, 1, 9, 9), 0)],
    "outside": [((30, 20, 41, 29), 1)],
    "twice": [((1, 1, 21, 21), 0), ((1, 1, 21, 20), 0), ((1, 1, 21, 21), 1)],
    "thin": [((3, 3, 4, 20), 0)],
}


def faulty():
    entries = [Entry(f"{name}.bmp", SIZE, [Thing(*thing) for thing in things]) for name, things in BOXES.items()]
    return gather(("cat", "dog"), entries)


@pytest.fixture
def root(tmp_path):
    found = faulty()
    draw_all(found, tmp_path / "train")
    write_coco(found, tmp_path / "train" / "_annotations.coco.json")
    others = gather(("cat", "dog"), [Entry(f"{n}.bmp", SIZE, [Thing((1, 1, 9, 9), 0)]) for n in range(2)])
    for number in range(2):
        draw(tmp_path / "valid" / f"{number}.bmp", 100 + number, size=SIZE)
    write_coco(others, tmp_path / "valid" / "_annotations.coco.json")
    return tmp_path


def kinds(faults):
    return [(fault.kind, fault.part, fault.said.partition(".")[0]) for fault in faults]


def test_each_kind_of_fault_is_found_once_and_the_gravest_comes_first(root):
    parts = read_source(str(root))
    expected = [(name, "train", name) for name in ("degenerate", "outside", "twice", "thin")]
    assert kinds(find_faults(parts)) == expected
    (root / "train" / "empty.bmp").unlink()
    (root / "valid" / "0.bmp").write_bytes(b"no image")
    draw(root / "train" / "thin.bmp", 5, size=(30, 40))
    (root / "valid" / "1.bmp").write_bytes((root / "train" / "whole.bmp").read_bytes())
    faults = find_faults(read_source(f"coco:{root}"))
    first = [
        ("missing", "train", "empty"),
        ("broken", "valid", "0"),
        ("size", "train", "thin"),
        ("copied", "valid", "1"),
    ]
    assert kinds(faults) == first + expected
    assert [fault.refused for fault in faults] == [True] * 3 + [False] * 5
    said = " ".join(fault.said for fault in faults)
    for words in (
        "0.bmp (no image)",
        "thin.bmp (30 x 40, not 40 x 30)",
        "1.bmp (train: whole.bmp)",
        "outside.bmp (dog)",
    ):
        assert words in said


def test_copies_within_a_part_and_images_of_one_size_are_no_copies(root):
    (root / "train" / "thin.bmp").write_bytes((root / "train" / "whole.bmp").read_bytes())
    assert "copied" not in {fault.kind for fault in find_faults(read_source(str(root)))}


@pytest.mark.parametrize("seed", range(3))
def test_what_is_marked_twice_is_what_pair_by_pair_comparison_finds(seed, monkeypatch):
    random = np.random.default_rng(seed)
    entries = []
    for row in range(30):
        corners = random.integers(0, 3, (int(random.integers(0, 7)), 2)) * 0.7
        things = [
            Thing((x, y, x + 20, y + 20), int(random.integers(2)), bool(random.random() < 0.1)) for x, y in corners
        ]
        entries.append(Entry(f"{row}.png", (40, 30), things))
    found = gather(("a", "b"), entries)
    expected = np.zeros(len(found.boxes), bool)
    for one in range(len(found.boxes)):
        for other in range(one):
            alike = found.images[one] == found.images[other] and found.labels[one] == found.labels[other]
            if alike and not (found.ignored[one] or found.ignored[other]):
                pair = torch.from_numpy(found.boxes[[one, other]])
                expected[one] |= bool(box_iou(pair[:1], pair[1:]) >= 0.9)
    assert expected.any()
    monkeypatch.setattr("d2lab.reports.annotation_faults.PAIRS", 100)
    np.testing.assert_array_equal(marked_twice(found), expected)


def test_images_without_any_box_have_none_twice():
    found = gather(("a",), [Entry(f"{n}.png", (9, 9), []) for n in range(3)])
    assert marked_twice(found).shape == (0,)
    assert not find_faults({"all": Source(found)})


def test_counts_and_faults_are_told(root):
    parts = read_source(str(root))
    rows = {row[0].strip(): row[1:] for row in count_rows(parts)}
    assert rows["images"] == ["6", "2"]
    assert rows["images without objects"] == ["1", "0"]
    assert rows["boxes"] == ["9", "2"]
    assert rows["cat"] == ["6", "2"]
    lines = describe_faults(parts, find_faults(parts))
    assert lines[0] == "1 boxes without area: train degenerate.bmp (cat)"
    assert len(lines) == 4
    valid = {"valid": parts["valid"]}
    assert describe_faults(valid, find_faults(valid)) == ["Nothing suspicious."]


def test_many_faults_are_counted_and_the_first_are_named():
    entries = [Entry(f"{n}.png", (9, 9), [Thing((1, 1, 1, 2), 0), Thing((1, 1, 1, 3), 0)]) for n in range(7)]
    parts = {"all": Source(gather(("a",), entries))}
    (line,) = describe_faults(parts, find_faults(parts))
    assert line == "14 boxes without area: 0.png (a), 1.png (a), 2.png (a) and 4 more images"


def test_a_voc_set_that_counts_from_0_is_told_of():
    parts = {"all": Source(gather(("a",), [Entry("0.png", (9, 9), [Thing((-1, -1, 3, 3), 0)])]))}
    assert "as where VOC files count from 0" in describe_faults(parts, find_faults(parts))[-1]


@pytest.fixture
def panels(monkeypatch):
    """What the figure is drawn from."""
    seen = []
    real = drawn.box_grid

    def noted(given, theme, **how):
        seen.append((given, how))
        return real(given, theme, **how)

    monkeypatch.setattr(drawn, "box_grid", noted)
    return seen


def test_suspicious_images_are_drawn_first_with_their_bad_boxes_dashed(root, tmp_path, panels):
    (root / "train" / "empty.bmp").unlink()
    parts = read_source(str(root))
    path = draw_annotations(parts, find_faults(parts), tmp_path / "figure", title="mine")
    assert path.name == "figure.png"
    assert (tmp_path / "figure-dark.png").is_file()
    given, how = panels[0]
    captions = [panel.caption for panel in given]
    assert captions[:4] == [f"train {name}.bmp: {name}" for name in ("degenerate", "outside", "twice", "thin")]
    assert sorted(captions[4:]) == ["train whole.bmp", "valid 0.bmp", "valid 1.bmp"]  # the missing one can't be
    assert how["subtitle"] == "7 of 8 images, 4 of 4 suspicious ones"
    twice = {marked.kind: marked.corners.tolist() for marked in given[2].marked}
    assert twice == {"plain": [[1, 1, 21, 21], [1, 1, 21, 21]], "wrong": [[1, 1, 21, 20]]}


def test_a_large_image_is_drawn_small_and_its_boxes_with_it(tmp_path, panels):
    pixels = np.zeros((600, 800, 3), np.uint8)
    pixels[100:200, 300:500] = 255
    Image.fromarray(pixels).save(tmp_path / "a.png")
    found = gather(("box",), [Entry("a.png", (800, 600), [Thing((300, 100, 500, 200), 0)])])
    parts = {"all": Source(found, (tmp_path / "a.png",))}
    draw_annotations(parts, [], tmp_path / "figure", title="a")
    ((panel,), _), *_ = panels
    assert panel.image.shape == (300, 400, 3)
    x1, y1, x2, y2 = map(int, panel.marked[0].corners[0])
    assert (x1, y1, x2, y2) == (150, 50, 250, 100)
    assert panel.image[y1:y2, x1:x2].min() > 127
    assert (panel.image > 127).sum() == 3 * 100 * 50


def test_a_small_figure_shows_something_of_each_part(tmp_path, panels, monkeypatch):
    monkeypatch.setattr(drawn, "IMAGES", 5)
    pixels = torch.zeros(9, 3, 8, 8, dtype=torch.uint8)
    parts = {
        part: Source(gather(("a",), [Entry(f"{n}.png", (8, 8), []) for n in range(9)]), pixels=pixels)
        for part in ("train", "test", "valid")
    }
    draw_annotations(parts, [], tmp_path / "figure", title="a")
    names = [panel.caption for panel in panels[0][0]]
    assert [name.split()[0] for name in names] == ["train", "train", "test", "test", "valid"]
    assert len(set(names)) == 5


@pytest.mark.parametrize("kind", ["coco", "voc", "yolo", "labelme"])
def test_every_format_is_a_source(kind, tmp_path):
    found = random_annotations(1)
    write = {"voc": write_voc, "labelme": write_labelme, "yolo": write_yolo}.get(kind)
    draw_all(found, tmp_path)
    write_coco(found, tmp_path / "a.json") if write is None else write(found, tmp_path)
    for name in (str(tmp_path), f"{kind}:{tmp_path}"):
        (source,) = read_source(name).values()
        assert source.annotations.names == found.names
        width, height = found.sizes[0].tolist()
        assert source.read(0).shape == (height, width, 3)
    assert read_source(str(tmp_path), kind).keys() == {"all"}


def test_scenes_are_a_source_without_files():
    parts = read_source("scenes")
    assert {name: len(part.annotations) for name, part in parts.items()} == {"train": 2000, "test": 300}
    assert {name: len(part.annotations.boxes) for name, part in parts.items()} == {"train": 3888, "test": 609}
    assert parts["test"].read(299).shape == (64, 64, 3)
    assert len(set(parts["train"].annotations.names)) == 2000
    assert not find_faults({"test": parts["test"]})


@pytest.mark.parametrize(
    ("name", "kind", "need"),
    [
        ("digits", None, "a set with boxes"),
        ("", None, "bccd, cats, scenes"),
        ("coco:", None, "the path of a folder"),
        ("coco:x", "voc", "need coco"),
        ("x", "csv", "one of coco, voc, yolo, labelme"),
        ("bccd", None, "D2LAB_DATA"),
    ],
)
def test_what_is_no_source_is_one_line(name, kind, need, cache):
    with pytest.raises((ConfigError, DataError), match=need) as error:
        read_source(name, kind)
    assert "\n" not in str(error.value)
