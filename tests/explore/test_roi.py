"""The explorer of regions: what it pools and aligns is d2lab.vision's, and the box is moved in quarter pixels."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from d2lab.data.scenes import draw_scenes
from d2lab.vision.region import roi_align, roi_pool

pytestmark = pytest.mark.slow
DOUBLE = {"dtype": torch.float64}
PIXEL = 40


def close(given, wanted):
    torch.testing.assert_close(torch.as_tensor(given, **DOUBLE), wanted, atol=1e-9, rtol=1e-9)


def drawn(seed, *, beyond=0.0):
    """A map and boxes in quarter pixels (halves among them), some of no size; with `beyond` partly outside."""
    draw = torch.Generator().manual_seed(seed)
    features = torch.randn(8, 6 + seed % 3, generator=draw, **DOUBLE)
    low = torch.rand(12, 2, generator=draw, **DOUBLE) * (5 + 2 * beyond) - beyond
    boxes = torch.cat([low, low + torch.rand(12, 2, generator=draw, **DOUBLE) * (3 + 3 * beyond)], 1)
    return features, (boxes if seed % 4 == 3 else (boxes * 4).round() / 4)


def as_rois(boxes):
    return torch.cat([boxes.new_zeros(len(boxes), 1), boxes], 1)


def scene():
    return draw_scenes(18, part="test", most=1, sizes=(46, 54)).images[10]


def test_the_map_is_the_edges_of_a_scene(explorer):
    _, read = explorer("roi", {"photo": True})
    gray = scene().double().mean(0)
    steps = torch.zeros(64, 64, **DOUBLE)
    steps[:, 1:] += gray.diff(dim=1).abs()
    steps[1:] += gray.diff(dim=0).abs()
    squares = steps.view(8, 8, 8, 8).mean((1, 3))
    wanted = 99 * squares / squares.max()
    assert (torch.tensor(read("e.data.map"), **DOUBLE) - wanted).abs().max() <= 0.5 + 1e-6
    coded = read("e.querySelector('image').getAttribute('href')").split(",")[1]
    shown = torch.from_numpy(np.array(Image.open(io.BytesIO(base64.b64decode(coded)))))
    assert (shown.double() - scene().permute(1, 2, 0)).abs().mean() < 8  # of 255: it is compressed


@pytest.mark.parametrize("beyond", [0.0, 2.0])
@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_pooling_and_aligning(explorer, count, beyond):
    page, _ = explorer("roi")
    for seed in range(8):
        features, boxes = drawn(seed, beyond=beyond)
        given = [features.tolist(), boxes.tolist(), count]
        pooled = page.evaluate("([x, boxes, n]) => boxes.map((box) => D2.roi.pool(x, box, n).values)", given)
        close(pooled, roi_pool(features[None, None], as_rois(boxes), count)[:, 0])
        for ratio in (0, 1, 2, 3):
            aligned = page.evaluate(
                "([x, boxes, n, ratio]) => boxes.map((box) => D2.roi.align(x, box, n, ratio).values)", [*given, ratio]
            )
            wanted = roi_align(
                features[None, None], as_rois(boxes), count, sampling_ratio=ratio or -1, aligned=True
            )[:, 0]  # fmt: skip
            close(aligned, wanted)


def test_weights_of_neighbors_sum_to_one_and_lie_beside_the_point(explorer):
    page, read = explorer("roi")
    x = read("e.data.map")
    for point in ([0.1, 0.2], [0.5, 0.5], [3.25, 4.75], [7.9, 7.5], [4.5, 2.0]):
        found = page.evaluate("([x, point]) => D2.roi.neighbors(x, point)", [x, point])
        assert 1 <= len(found) <= 4
        assert sum(one["weight"] for one in found) == pytest.approx(1)
        for one in found:
            assert abs(one["column"] + 0.5 - point[0]) < 1
            assert abs(one["row"] + 0.5 - point[1]) < 1


@pytest.mark.parametrize("axis", [0, 1])
def test_the_curve_is_the_cells_number_at_every_place(explorer, axis):
    _, read = explorer("roi", {"axis": axis, "count": 3, "cell": [1, 2]})
    features, box = torch.tensor(read("e.data.map"), **DOUBLE), torch.tensor(read("e.data.box"), **DOUBLE)
    for at, pooled, aligned in read("e.curve(4)"):
        there = box.clone()
        there[axis::2] += at - box[axis]
        roi = as_rois(there[None])
        assert pooled == roi_pool(features[None, None], roi, 3)[0, 0, 1, 2]
        close(aligned, roi_align(features[None, None], roi, 3, sampling_ratio=2, aligned=True)[0, 0, 1, 2])
    assert {one[0] for one in read("e.curve(4)")} >= {0.0, float(box[axis])}


def test_what_is_shown_is_what_was_computed(explorer):
    page, read = explorer("roi")
    for key, kind in (("pool", "pooled"), ("align", "aligned")):
        shown = [float(text) for text in page.locator(f"[data-key={key}] td").all_inner_texts()]
        assert shown == pytest.approx([v for row in read(f"e.result.{kind}.values") for v in row], rel=5e-3)
    [(i, j)] = [read("e.state.cell")]
    best = read("e.result.pooled.values")[i][j]
    assert f"largest of 2 × 3 pixels, {best};" in read("e.words.textContent")


def test_the_box_is_dragged_in_quarter_pixels(explorer):
    page, read = explorer("roi")
    before = read("e.boxes[0]")
    frame = page.locator("svg.d2-boxes").bounding_box()
    scale = frame["width"] / (8 * PIXEL)
    start = [before[0] + 60, before[1] + 60]
    page.mouse.move(frame["x"] + scale * start[0], frame["y"] + scale * start[1])
    page.mouse.down()
    page.mouse.move(frame["x"] + scale * (start[0] + 33), frame["y"] + scale * (start[1] - 18), steps=4)
    page.mouse.up()
    assert read("e.boxes[0]") == [before[0] + 30, before[1] - 20, before[2] + 30, before[3] - 20]
    assert page.evaluate("document.activeElement.dataset.key") == "box-0"
    corner = read("e.boxes[0]")[2:]
    page.mouse.move(frame["x"] + scale * corner[0], frame["y"] + scale * corner[1])
    page.mouse.down()
    page.mouse.move(frame["x"] - 500, frame["y"] - 500, steps=4)
    page.mouse.up()
    left, top, right, bottom = read("e.boxes[0]")
    assert (right - left, bottom - top) == (PIXEL, PIXEL)  # no smaller than a pixel


def test_the_box_is_moved_by_keyboard(explorer):
    page, read = explorer("roi")
    before = read("e.data.box")
    page.focus("[data-key=box-0]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    assert read("e.data.box") == [before[0] + 0.25, before[1] - 1, before[2] + 0.25, before[3] - 1]
    page.keyboard.press("Space")
    page.keyboard.press("ArrowLeft")
    assert read("e.data.box") == [before[0], before[1] - 1, before[2] + 0.25, before[3] - 1]
    label = page.get_attribute("[data-key=box-0]", "aria-label")
    assert f"left {before[0]}" in label
    assert "top left corner" in label


def test_a_cell_is_chosen_in_either_table_and_stays_in_range(explorer):
    page, read = explorer("roi")
    page.focus("[data-key=align]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert read("e.state.cell") == [1, 2]
    assert page.evaluate("document.activeElement.dataset.key") == "align"
    page.fill("[data-key=count]", "1")
    assert read("e.state.cell") == [0, 0]
    page.fill("[data-key=count]", "4")
    page.select_option("[data-key=ratio]", index=2)
    page.fill("[data-key=point]", "9")
    assert read("e.point") == 8
    page.select_option("[data-key=ratio]", index=0)
    assert read("e.state.point") == 1
    assert page.get_attribute("[data-key=point]", "max") == "1"


def test_a_box_as_large_as_the_map_has_no_room(explorer):
    page, read = explorer("roi")
    page.evaluate("document.querySelector('d2-roi').place([0, 0, 320, 320])")
    assert "no room" in read("e.words.textContent")
    assert len(read("e.curve(4)")) == 1
