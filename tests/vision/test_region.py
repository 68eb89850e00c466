"""RoI pool and RoI align: against loops over cells and pixels, torchvision with its gradients, and by hand."""

import math

import jaxtyping
import pytest
import torch
from torchvision import ops

from d2lab.core.errors import ConfigError, DataError
from d2lab.vision import region
from d2lab.vision.region import roi_align, roi_pool
from d2lab.vision.twins import _regions

FLOAT = torch.float64
SCALE = 0.25


def plain_pool(features, roi, size, scale):
    """Take the maximum of each cell, pixel by pixel."""
    image, *corners = roi.tolist()
    x1, y1, x2, y2 = (math.floor(abs(c * scale) + 0.5) * (1 if c >= 0 else -1) for c in corners)
    channels, height, width = features.shape[1:]
    out = torch.zeros(channels, *size, dtype=FLOAT)
    for row in range(size[0]):
        for column in range(size[1]):
            high, wide = (y2 - y1 + 1) / size[0], (x2 - x1 + 1) / size[1]
            rows = range(math.floor(row * high) + y1, math.ceil((row + 1) * high) + y1)
            columns = range(math.floor(column * wide) + x1, math.ceil((column + 1) * wide) + x1)
            seen = [features[int(image), :, r, c] for r in rows for c in columns if 0 <= r < height and 0 <= c < width]
            if seen:
                out[:, row, column] = torch.stack(seen).amax(0)
    return out


def bilinear(image, y, x):
    """Read an image between its pixels, whose values lie at whole coordinates."""
    height, width = image.shape[1:]
    if not (-1 <= y <= height and -1 <= x <= width):
        return torch.zeros(len(image), dtype=FLOAT)
    y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
    top, left = min(int(y), height - 1), min(int(x), width - 1)
    below, right = min(top + 1, height - 1), min(left + 1, width - 1)
    dy, dx = y - top, x - left
    upper = (1 - dx) * image[:, top, left] + dx * image[:, top, right]
    lower = (1 - dx) * image[:, below, left] + dx * image[:, below, right]
    return (1 - dy) * upper + dy * lower


def plain_align(features, roi, size, scale, ratio, aligned):
    """Average the points of each cell, one by one."""
    image, *corners = roi.tolist()
    x1, y1, x2, y2 = (c * scale - (0.5 if aligned else 0) for c in corners)
    wide, high = (x2 - x1, y2 - y1) if aligned else (max(x2 - x1, 1), max(y2 - y1, 1))
    per_row = ratio if ratio > 0 else math.ceil(high / size[0])
    per_column = ratio if ratio > 0 else math.ceil(wide / size[1])
    out = torch.zeros(features.shape[1], *size, dtype=FLOAT)
    for row in range(size[0]):
        for column in range(size[1]):
            ys = [y1 + high / size[0] * (row + (i + 0.5) / per_row) for i in range(per_row)]
            xs = [x1 + wide / size[1] * (column + (j + 0.5) / per_column) for j in range(per_column)]
            points = [bilinear(features[int(image)], y, x) for y in ys for x in xs]
            if points:
                out[:, row, column] = torch.stack(points).mean(0)
    return out


@pytest.mark.parametrize("size", [(2, 2), (3, 4), (1, 9)])
def test_pooled_cells_are_those_of_a_loop_over_pixels(rng, size):
    features, rois = _regions(rng, 40)
    expected = torch.stack([plain_pool(features, roi, size, SCALE) for roi in rois])
    assert torch.equal(roi_pool(features, rois, size, SCALE), expected)


@pytest.mark.parametrize("size", [(2, 2), (3, 4)])
@pytest.mark.parametrize("ratio", [-1, 0, 1, 3])
@pytest.mark.parametrize("aligned", [False, True])
def test_aligned_cells_are_those_of_a_loop_over_points(rng, size, ratio, aligned):
    features, rois = _regions(rng, 12)
    expected = torch.stack([plain_align(features, roi, size, SCALE, ratio, aligned) for roi in rois])
    got = roi_align(features, rois, size, SCALE, ratio, aligned)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(got, ops.roi_align(features, rois, size, SCALE, ratio, aligned), rtol=0, atol=1e-12)


def test_halves_are_rounded_away_from_zero_as_in_c():
    numbers = torch.tensor([0.5, 1.5, 2.5, -0.5, -1.5, 0.49999997, 3.0, -2.2])
    assert region._rounded(numbers).tolist() == [1, 2, 3, -1, -2, 0, 3, -2]
    features = torch.arange(64.0).view(1, 1, 8, 8)
    halves = torch.tensor([[0, 0.5, 1.5, 2.5, 6.5], [0, 2.5, 0.5, 6.5, 4.5]])
    assert torch.equal(roi_pool(features, halves, 2), ops.roi_pool(features, halves, 2))


@pytest.mark.parametrize("pool", [roi_pool, roi_align])
def test_gradients_are_torchvisions_where_pixels_tie(rng, pool):
    """After a ReLU most pixels are 0: the first of a cell gets the gradient."""
    features, rois = _regions(rng, 30)
    gradients = []
    for function in (pool, getattr(ops, pool.__name__)):
        leaf = features.clamp(min=0).round().requires_grad_()
        out = function(leaf, rois, (3, 3), SCALE)
        gradients.append(torch.autograd.grad((out * torch.arange(out.numel()).view_as(out).cos()).sum(), leaf)[0])
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-12)


def test_the_books_region_and_the_lessons_by_hand():
    features = torch.arange(16.0).view(1, 1, 4, 4)
    rois = torch.tensor([[0.0, 0, 0, 20, 20], [0, 0, 10, 30, 30]])
    assert roi_pool(features, rois, 2, 0.1).flatten(1).tolist() == [[5, 6, 9, 10], [9, 11, 13, 15]]
    middle = torch.tensor([[0.0, 0.5, 0.5, 1.5, 1.5]])  # one cell whose point is (1, 1), between all four centers
    assert roi_align(torch.arange(4.0).view(1, 1, 2, 2), middle, 1, 1.0, 1, True).item() == 1.5


def test_align_glides_with_its_box_where_pool_jumps():
    ramp = torch.arange(20.0, dtype=FLOAT).expand(1, 1, 20, 20).contiguous()
    moved = torch.arange(0, 1, 0.1, dtype=FLOAT).unsqueeze(1) * torch.tensor([0.0, 1, 0, 1, 0]) + torch.tensor(
        [0.0, 4, 4, 10, 10]
    )
    glided = roi_align(ramp, moved, 1, 1.0, 2, True).flatten()
    torch.testing.assert_close(glided.diff(), torch.full((9,), 0.1, dtype=FLOAT))
    assert roi_pool(ramp, moved, 1).flatten().unique().tolist() == [10, 11]


def test_align_has_a_gradient_with_respect_to_boxes(rng):
    features = torch.randn(1, 2, 9, 9, generator=rng, dtype=FLOAT)
    rois = torch.tensor([[0.0, 1.3, 2.1, 6.2, 7.7]], dtype=FLOAT)
    corners = rois[:, 1:].clone().requires_grad_()

    def aligned(edges):
        return roi_align(features, torch.cat([rois[:, :1], edges], 1), 2, 1.0, 2, True)

    assert torch.autograd.gradcheck(aligned, corners)


@pytest.mark.parametrize("pool", [roi_pool, roi_align])
def test_a_list_of_boxes_is_rows_with_the_number_of_their_image(rng, pool):
    features, rois = _regions(rng, 20)
    rois = rois[rois[:, 0].argsort(stable=True)]
    listed = [rois[rois[:, 0] == image, 1:] for image in range(2)]
    assert torch.equal(pool(features, listed, 3, SCALE), pool(features, rois, 3, SCALE))
    assert pool(features, [listed[0], listed[1][:0]], 3, SCALE).shape == (len(listed[0]), 3, 3, 3)


@pytest.mark.parametrize("pool", [roi_pool, roi_align])
def test_boxes_keep_their_order_and_do_not_feel_one_another(rng, pool):
    features, rois = _regions(rng, 20)
    whole = pool(features, rois, (2, 3), SCALE)
    for row, roi in zip(whole, rois, strict=True):
        torch.testing.assert_close(pool(features, roi.unsqueeze(0), (2, 3), SCALE)[0], row, rtol=0, atol=1e-13)


@pytest.mark.parametrize("pool", [roi_pool, roi_align])
def test_parts_are_the_whole(rng, monkeypatch, pool):
    features, rois = _regions(rng, 20)
    whole = pool(features, rois, (2, 3), SCALE)
    monkeypatch.setattr(region, "VALUES", 1)
    torch.testing.assert_close(pool(features, rois, (2, 3), SCALE), whole, rtol=0, atol=1e-13)


@pytest.mark.parametrize("pool", [roi_pool, roi_align])
@pytest.mark.parametrize("batch", [0, 2])
def test_no_boxes_and_no_images_are_legal(pool, batch):
    features = torch.ones(batch, 3, 5, 6, requires_grad=True)
    out = pool(features, torch.zeros(0, 5), (2, 3), SCALE)
    assert out.shape == (0, 3, 2, 3)
    assert (torch.autograd.grad(out.sum(), features)[0] == 0).all()
    assert pool(features, [torch.zeros(0, 4)] * batch, 2).shape == (0, 3, 2, 2)


@pytest.mark.parametrize("pool", [roi_pool, roi_align])
def test_a_box_of_one_pixel_and_one_outside_of_the_map(pool):
    features = torch.arange(30.0, dtype=FLOAT).view(1, 1, 5, 6)
    rois = torch.tensor([[0.0, 2, 3, 3, 4], [0, 2, 2, 2, 2], [0, 50, 50, 60, 60], [0, -9, -9, 40, 40]], dtype=FLOAT)
    expected = getattr(ops, pool.__name__)(features, rois, 2)
    torch.testing.assert_close(pool(features, rois, 2), expected, rtol=0, atol=1e-12)


MAP, ROI = torch.ones(1, 1, 4, 4), torch.tensor([[0.0, 0, 0, 2, 2]])


@pytest.mark.parametrize("pool", [roi_pool, roi_align])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"output_size": 0}, "output_size: got (0, 0), need 1 or more"),
        ({"spatial_scale": 0.0}, "spatial_scale: got 0.0, need above 0"),
        ({"boxes": ROI + 1}, "the images of boxes: got [1.0], need numbers from 0 to 0"),
        ({"boxes": ROI - 1}, "the images of boxes"),
        ({"boxes": ROI.flip(1)}, "the images of boxes"),
        ({"boxes": torch.tensor([[0.0, 2, 0, 1, 2]])}, "turned round"),
        ({"boxes": torch.tensor([[0.0, 0, 0, math.nan, 2]])}, "not finite"),
        ({"boxes": [ROI[:, 1:], ROI[:, 1:]]}, "got '2 lists', need one for each of 1 images"),
        ({"boxes": ROI[:, 1:]}, "need [roi, 5]"),
    ],
)
def test_regions_that_cannot_be_are_refused(pool, change, words, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises((ConfigError, DataError)) as refusal:
        pool(**{"input": MAP, "boxes": ROI, "output_size": 2, **change})
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
