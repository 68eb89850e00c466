"""The explorer of masks: its numbers are d2lab.metrics', and a mask is painted by pointer and by keyboard."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from d2lab.data.batch import Batch
from d2lab.data.scenes import draw_scenes
from d2lab.metrics import MeanIoU
from d2lab.metrics.segmentation import per_class_iou

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def scene():
    """The scene of the explorer: image and objects."""
    drawn = draw_scenes(60, part="test", seed=3, side=32, most=2, sizes=(14, 17))
    return drawn.images[40], drawn.instances[40]


def test_the_scene_and_its_mask_are_the_course_s(explorer, scene):
    _, read = explorer("mask")
    assert read("e.data.truth") == scene[1].tolist()
    coded = read("e.querySelector('image').getAttribute('href')").split(",")[1]
    shown = torch.from_numpy(np.array(Image.open(io.BytesIO(base64.b64decode(coded)))))
    assert torch.equal(shown.permute(2, 0, 1), scene[0])


@pytest.mark.parametrize("seed", range(4))
def test_the_numbers_are_those_of_the_metric(explorer, scene, seed):
    painted = torch.randint(0, 3, (32, 32), generator=torch.Generator().manual_seed(seed))
    painted = torch.where(torch.rand(32, 32, generator=torch.Generator().manual_seed(seed)) < 0.7, scene[1], painted)
    _, read = explorer("mask", {"painted": painted.tolist()})
    metric = MeanIoU(3)
    scores = torch.nn.functional.one_hot(painted.long(), 3).permute(2, 0, 1)[None].float()
    metric.update(scores, Batch(scene[0][None], scene[1][None]))
    found = read("e.result")
    assert found["matrix"] == metric.matrix.tolist()
    assert found["iou"] == pytest.approx(per_class_iou(metric.matrix).tolist())
    wanted = metric.compute()
    assert (found["mean"], found["accuracy"]) == pytest.approx((wanted["mean_iou"], wanted["pixel_accuracy"]))
    shown = [
        float(text) for text in read("[...e.querySelectorAll('.d2-bar .d2-number')].map((one) => one.textContent)")
    ]
    assert shown == pytest.approx([found["accuracy"], *found["iou"], found["mean"]], rel=5e-3)


def test_void_is_not_counted_and_a_class_in_neither_mask_has_no_iou(explorer):
    page, _ = explorer("mask")
    found = page.evaluate(
        "([truth, painted]) => { const m = D2.masks.confusion(truth, painted, 3); return [m, D2.masks.figures(m)]; }",
        [[[0, 0, 255], [1, 1, 255]], [[0, 1, 2], [1, 1, 0]]],
    )
    assert found[0] == [[1, 1, 0], [0, 2, 0], [0, 0, 0]]
    assert found[1]["iou"][2] != found[1]["iou"][2]  # nan
    assert found[1]["mean"] == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_ready_answers(explorer, scene):
    page, read = explorer("mask")
    objects = scene[1].long()
    shares = torch.bincount(objects.flatten()) / objects.numel()
    page.click("[data-key=clear]")
    assert read("e.result.accuracy") == pytest.approx(float(shares[0]))
    assert read("e.result.mean") == pytest.approx(float(shares[0]) / 3)
    page.click("[data-key=truth]")
    assert read("[e.result.accuracy, e.result.mean]") == [1, 1]
    page.click("[data-key=shift]")
    assert read("e.data.painted") == torch.cat([torch.zeros(32, 1).long(), objects[:, :-1]], 1).tolist()
    page.click("[data-key=swap]")
    assert read("e.result.iou.slice(1)") == [0, 0]
    page.click("[data-key=box]")
    painted = torch.tensor(read("e.data.painted"))
    assert (painted[objects > 0] == objects[objects > 0]).all()
    for kind in (1, 2):
        rows, columns = (objects == kind).nonzero(as_tuple=True)
        high, wide = rows.max() - rows.min() + 1, columns.max() - columns.min() + 1
        assert int((painted == kind).sum()) == int(high * wide)


def test_a_stroke_of_the_pointer_paints_without_gaps(explorer):
    page, read = explorer("mask", {"brush": 1, "kind": 2})
    frame = page.locator("svg.d2-mask").bounding_box()
    pixel = frame["width"] / 32
    page.mouse.move(frame["x"] + 3.5 * pixel, frame["y"] + 5.5 * pixel)
    page.mouse.down()
    page.mouse.move(frame["x"] + 20.5 * pixel, frame["y"] + 5.5 * pixel, steps=2)
    page.mouse.up()
    page.mouse.move(frame["x"] + 20.5 * pixel, frame["y"] + 25.5 * pixel)
    painted = torch.tensor(read("e.data.painted"))
    assert painted.nonzero().tolist() == [[5, column] for column in range(3, 21)]
    assert (painted[5, 3:21] == 2).all()


@pytest.mark.parametrize("brush", [1, 2, 3, 5])
def test_the_brush_is_a_square_that_stops_at_the_edge(explorer, brush):
    page, read = explorer("mask", {"brush": brush, "at": [16, 16]})
    page.focus("[data-key=canvas]")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    painted = torch.tensor(read("e.data.painted"))
    rows, columns = painted.nonzero(as_tuple=True)
    assert int(painted.sum()) == brush**2
    assert rows.unique().tolist() == [15 - (brush - 1) // 2 + k for k in range(brush)]
    assert columns.unique().tolist() == [16 - (brush - 1) // 2 + k for k in range(brush)]
    for _ in range(40):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    assert read("e.state.at") == [15, 0]
    assert page.evaluate("document.activeElement.dataset.key") == "canvas"


def test_wrong_pixels_are_shown(explorer, scene):
    page, read = explorer("mask", {"view": "errors"})
    wrong = read("e.querySelector('path.d2-painted').getAttribute('d')").count("M")
    assert wrong == int((scene[1] > 0).sum())
    page.click("[data-key=truth]")
    assert read("e.querySelector('path.d2-painted').getAttribute('d')") == ""
