"""The explorer of augmentation: matrix, boxes, shares and masks are those of d2lab.vision."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from d2lab.data.scenes import draw_scenes
from d2lab.vision.boxes import bound
from d2lab.vision.geometry import AffineMap, rotation_map, scale_map
from d2lab.vision.iou import box_iou
from d2lab.vision.projective import crop_and_pad_map, projective, shear_map, zoom_map
from d2lab.vision.targets import move_targets
from d2lab.vision.warp import Warp

pytestmark = pytest.mark.slow
SIDE = 64
PLAIN = {"degrees": 0, "zoom": 1, "right": 0, "down": 0, "shear": 0, "mirror": False, "crop": 1, "least": 0.25}
CASES = [
    {},
    {"degrees": 45},
    {"degrees": -130, "zoom": 0.7, "right": 9, "down": -14, "shear": 20, "mirror": True, "crop": 0.8},
    {"mirror": True, "right": 25},
    {"crop": 0.4, "shear": -35},
    {"zoom": 1.75, "degrees": 15, "down": 12},
    {"degrees": 180, "right": -40, "down": 40, "least": 0.6},
    {"zoom": 2, "right": 40, "down": 40, "crop": 0.3},
]


@pytest.fixture(scope="module")
def scene():
    """The scene of the explorer, its number in the drawn ones aside."""
    drawn = draw_scenes(120, part="test", seed=3, side=SIDE, most=3, sizes=(18, 26))
    return {name: getattr(drawn, name)[117] for name in ("images", "boxes", "labels", "instances")}


def composed(state):
    """Compose the map as vision.warping does: mirror, shift, rotation, zoom, shear, crop."""
    number = {name: torch.tensor([float(value)], dtype=torch.float64) for name, value in state.items()}
    flip = number["mirror"]
    scale = torch.stack([1 - 2 * flip, torch.ones_like(flip)], 1)
    made = projective(scale_map(scale, torch.stack([SIDE * flip + number["right"], number["down"]], 1)))
    made = made.then(projective(rotation_map(number["degrees"], SIDE, SIDE)))
    made = made.then(zoom_map(number["zoom"], SIDE, SIDE))
    made = made.then(shear_map(number["shear"], 0 * number["shear"], SIDE, SIDE))
    side = SIDE * number["crop"]
    box = torch.stack([(SIDE - side) / 2, (SIDE - side) / 2, side, side], 1)
    return made.then(crop_and_pad_map(box, (SIDE, SIDE)))


def as_warp(state):
    return Warp(map=composed(state), height=SIDE, width=SIDE, size=(SIDE, SIDE))


def test_the_scene_is_the_course_s(explorer, scene):
    _, read = explorer("augmentation")
    assert read("e.data.mask") == scene["instances"].tolist()
    assert read("e.data.boxes") == scene["boxes"].tolist()
    assert read("e.data.digits") == scene["labels"].tolist()
    coded = read("e.querySelector('image').getAttribute('href')").split(",")[1]
    shown = torch.from_numpy(np.array(Image.open(io.BytesIO(base64.b64decode(coded)))))
    assert torch.equal(shown.permute(2, 0, 1), scene["images"])


@pytest.mark.parametrize("case", CASES)
def test_matrix_boxes_and_masks_are_those_of_the_library(explorer, scene, case):
    state = PLAIN | case
    _, read = explorer("augmentation", state)
    found, warp = read("e.result"), as_warp(state)
    assert torch.tensor(found["matrix"]).double() == pytest.approx(warp.map.matrices[0], abs=1e-5)

    boxes = scene["boxes"].double()[None]
    around = torch.tensor([one["around"] for one in found["objects"]]).double()
    assert around == pytest.approx(warp.map.corners(boxes)[0], abs=1e-4)
    wanted, share = (values[0] for values in warp.boxes(boxes))
    assert [one["share"] for one in found["objects"]] == pytest.approx(share.tolist(), abs=1e-3)
    masks = (scene["instances"] == torch.arange(1, 4).view(3, 1, 1)).to(torch.uint8)
    moved = warp.masks(masks[None])[0]
    mine = torch.tensor(found["mask"]) == torch.arange(1, 4).view(3, 1, 1)
    assert (mine != moved.bool()).sum() <= 2  # a center on the edge of two pixels may fall to either
    for one, box, pixels in zip(found["objects"], wanted, mine, strict=True):
        if one["loose"]:
            assert one["loose"] == pytest.approx(box.tolist(), abs=2e-3)
        if not pixels.any():
            assert one["tight"] is None
            continue
        rows, columns = pixels.nonzero(as_tuple=True)
        places = torch.stack([columns, rows], 1).double()
        tight = bound(torch.cat([places, places + 1]))
        assert one["tight"] == tight.tolist()
        if one["loose"]:
            assert one["iou"] == pytest.approx(float(box_iou(box[None], tight[None])), abs=1e-3)


@pytest.mark.parametrize("case", CASES)
def test_the_same_boxes_are_kept(explorer, scene, case):
    state = PLAIN | case
    _, read = explorer("augmentation", state)
    fates = read("e.result.objects.map((one) => one.fate)")
    targets = {"boxes": scene["boxes"][None], "labels": scene["labels"][None], "count": torch.tensor([3])}
    kinds = {"boxes": "boxes", "labels": "labels", "count": "count"}
    moved = move_targets(targets, kinds, as_warp(state), state["least"])
    kept = [digit for digit, fate in zip(scene["labels"].tolist(), fates, strict=True) if fate != "dropped"]
    assert kept == moved["labels"][0, : int(moved["count"])].tolist()
    _, share = as_warp(state).boxes(scene["boxes"].double()[None])
    assert [fate == "whole" for fate in fates] == [bool(part > 1 - 1e-6) for part in share[0]]
    assert read("e.querySelectorAll('.d2-gone').length") == fates.count("dropped")
    assert read("e.querySelectorAll('.d2-loose').length") == 3 - fates.count("dropped")


def test_a_quarter_turn_keeps_boxes_tight_and_45_degrees_do_not(explorer):
    _, read = explorer("augmentation", PLAIN | {"degrees": 90})
    tight = read("e.result.objects.map((one) => one.iou)")
    assert tight == pytest.approx([1, 1, 1])
    _, read = explorer("augmentation", PLAIN | {"degrees": 45})
    assert max(read("e.result.objects.map((one) => one.iou)")) < 0.85


def test_what_is_drawn_is_what_was_computed(explorer):
    _, read = explorer("augmentation", PLAIN | {"degrees": 30, "right": 8})
    matrix = read("e.result.matrix")
    drawn = read("e.querySelector('[data-view=after] image').getAttribute('transform')")
    (a, b, c), (d, e, f), _ = matrix
    assert [float(v) for v in drawn[len("matrix(") : -1].split()] == pytest.approx([a, d, b, e, c, f])
    cells = read("[...e.querySelectorAll('[data-table=matrix] td')].map((one) => Number(one.textContent))")
    assert cells == pytest.approx([v for row in matrix for v in row], rel=6e-3, abs=1e-9)
    overlaps = read("[...e.querySelectorAll('.d2-overlap')].map((one) => Number(one.textContent))")
    assert overlaps == pytest.approx(read("e.result.objects.map((one) => one.iou)"), abs=5e-3)
    frame = read("e.querySelector('[data-view=before] .d2-shown .d2-edge-line').getAttribute('points')")
    points = torch.tensor([[float(v) for v in pair.split(",")] for pair in frame.split()])
    back = AffineMap(torch.tensor(matrix)[None, :2])
    around = torch.tensor([[0.0, 0], [64, 0], [64, 64], [0, 64]])
    assert back.points(points[None])[0] == pytest.approx(around, abs=1e-2)


def test_a_draw_and_back_to_nothing(explorer):
    page, read = explorer("augmentation")
    page.click("[data-key=random]")
    assert page.evaluate("document.activeElement.dataset.key") == "random"
    assert float(page.input_value("[data-key=degrees]")) == read("e.state.degrees")
    page.click("[data-key=clear]")
    assert read("e.result.matrix") == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert read("e.result.objects.map((one) => one.iou)") == [1, 1, 1]
