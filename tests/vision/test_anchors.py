"""Anchor boxes: against a plain loop, the book's figures, and by hand."""

import math

import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.vision.anchors import FORMULAS, anchor_boxes, anchors_per_cell, level_sizes, multiscale_anchors
from d2lab.vision.box_form import convert_boxes

TINY_SSD = ((0.2, 0.272), (0.37, 0.447), (0.54, 0.619), (0.71, 0.79), (0.88, 0.961))
GRIDS = ((32, 32), (16, 16), (8, 8), (4, 4), (1, 1))


def plain_anchors(height, width, sizes, ratios, formula):
    """List the anchors one by one."""
    shapes = [(size, ratios[0]) for size in sizes] + [(sizes[0], ratio) for ratio in ratios[1:]]
    found = []
    for row in range(height):
        for column in range(width):
            x, y = (column + 0.5) / width, (row + 0.5) / height
            for size, ratio in shapes:
                wide = size * math.sqrt(ratio) * (height / width if formula == "code" else 1)
                high = size / math.sqrt(ratio)
                found.append([x - wide / 2, y - high / 2, x + wide / 2, y + high / 2])
    return torch.tensor(found, dtype=torch.float64)


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("grid", [(1, 1), (3, 3), (2, 5), (7, 4)])
@pytest.mark.parametrize(("sizes", "ratios"), [([0.5], [1.0]), ([0.75, 0.5, 0.25], [1, 2, 0.5]), ([0.2, 0.3], [2.0])])
def test_anchors_are_those_of_a_plain_loop(formula, grid, sizes, ratios):
    got = anchor_boxes(grid, sizes, ratios, formula=formula, dtype=torch.float64)
    assert len(got) == grid[0] * grid[1] * anchors_per_cell(sizes, ratios)
    torch.testing.assert_close(got, plain_anchors(*grid, sizes, ratios, formula), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("formula", "width", "height"), [("code", 421, 421), ("text", 546, 421)])
def test_the_two_formulas_on_the_books_photo(formula, width, height):
    one = anchor_boxes((561, 728), [0.75], [1.0], formula=formula)[0]
    shape = convert_boxes(one, "relative-xyxy", "xywh", size=(561, 728))[2:]
    assert shape.round().tolist() == [width, height]
    every = anchor_boxes((561, 728), [0.75, 0.5, 0.25], [1.0, 2.0, 0.5], formula=formula)
    assert every.shape == (2_042_040, 4)


def test_only_the_code_keeps_the_ratio_on_an_oblong_image():
    for formula, ratio in (("code", 2.0), ("text", 4.0)):
        one = anchor_boxes((50, 100), [0.3], [2.0], formula=formula, dtype=torch.float64)[0]
        _, _, wide, high = convert_boxes(one, "relative-xyxy", "xywh", size=(50, 100)).tolist()
        assert wide / high == pytest.approx(ratio)
    square = [anchor_boxes((8, 8), [0.3, 0.5], [2.0, 1.0], formula=formula) for formula in FORMULAS]
    assert torch.equal(*square)


def test_the_anchors_of_the_books_ssd():
    anchors = multiscale_anchors(GRIDS, TINY_SSD, [1, 2, 0.5])
    assert anchors.shape == (5_444, 4)
    assert torch.equal(anchors[: 32 * 32 * 4], anchor_boxes((32, 32), TINY_SSD[0], [1, 2, 0.5]))
    assert torch.equal(anchors[-4:], anchor_boxes((1, 1), TINY_SSD[-1], [1, 2, 0.5]))
    for given, expected in zip(level_sizes(5), TINY_SSD, strict=True):
        assert given == pytest.approx(expected, abs=5e-4)
    assert multiscale_anchors([], [], [1.0]).shape == (0, 4)


def test_the_sizes_of_ssd_as_published():
    own = [size for size, _ in level_sizes(6, 0.2, 0.9)]
    assert own == pytest.approx([0.2, 0.34, 0.48, 0.62, 0.76, 0.9])
    assert level_sizes(1, 0.3, 0.3) == (pytest.approx((0.3, 0.3)),)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: anchor_boxes((0, 3), [0.5], [1.0]), "anchor_boxes.grid: got (0, 3), need 1 or more"),
        (lambda: anchor_boxes((2, 3), [], [1.0]), "the sizes of anchors: got (), need one or more numbers above 0"),
        (lambda: anchor_boxes((2, 3), [0.5], [0.0]), "the ratios of anchors: got (0.0,)"),
        (lambda: anchor_boxes((2, 3), [math.nan], [1.0]), "the sizes of anchors"),
        (lambda: anchors_per_cell([0.1], [math.inf]), "the ratios of anchors"),
        (lambda: multiscale_anchors(GRIDS, TINY_SSD[1:], [1.0]), "got '4 lists', need one for each of 5 grids"),
        (lambda: level_sizes(0), "level_sizes.levels"),
        (lambda: level_sizes(3, 0.5, 0.2), "smallest above 0, largest not below it"),
    ],
)
def test_settings_that_cannot_be_are_refused(call, words):
    with pytest.raises(ConfigError) as refusal:
        call()
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
