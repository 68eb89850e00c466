"""Masks within boxes and in images: against loops over pixels, by hand, and there and back."""

import jaxtyping
import pytest
import torch

from d2lab.core.errors import DataError
from d2lab.vision.masks import crop_masks, paste_masks

FLOAT = torch.float64


def plain_paste(grid, box, height, width):
    """Read the grid between its cells at the center of each pixel of the box."""
    rows, columns = grid.shape
    x1, y1, x2, y2 = box.tolist()
    seen = torch.zeros(height, width, dtype=torch.bool)
    for y in range(height):
        for x in range(width):
            if not (x1 <= x + 0.5 < x2 and y1 <= y + 0.5 < y2):
                continue
            down = min(max((y + 0.5 - y1) / (y2 - y1) * rows - 0.5, 0), rows - 1)
            across = min(max((x + 0.5 - x1) / (x2 - x1) * columns - 0.5, 0), columns - 1)
            top, left = int(down), int(across)
            below, right = min(top + 1, rows - 1), min(left + 1, columns - 1)
            upper = (1 - across + left) * grid[top, left] + (across - left) * grid[top, right]
            lower = (1 - across + left) * grid[below, left] + (across - left) * grid[below, right]
            seen[y, x] = (1 - down + top) * upper + (down - top) * lower >= 0.5
    return seen


def test_pasted_masks_are_those_of_a_loop_over_pixels(rng):
    grids = torch.rand(2, 6, 4, 3, generator=rng, dtype=FLOAT)
    corner = 20 * torch.rand(2, 6, 2, generator=rng, dtype=FLOAT) - 4
    boxes = torch.cat([corner, corner + 0.5 + 14 * torch.rand(2, 6, 2, generator=rng, dtype=FLOAT)], 2)
    boxes[1, 3:] = 0  # padding
    pasted = paste_masks(grids, boxes, 17, 20)
    for image in range(2):
        for row in range(6):
            assert torch.equal(pasted[image, row], plain_paste(grids[image, row], boxes[image, row], 17, 20))
    assert not pasted[1, 3:].any()


def test_a_full_grid_fills_its_box_to_the_edges():
    pasted = paste_masks(torch.ones(1, 1, 2, 2), torch.tensor([[[2.0, 1, 5, 3]]]), 4, 6)
    expected = torch.zeros(4, 6, dtype=torch.bool)
    expected[1:3, 2:5] = True
    assert torch.equal(pasted[0, 0], expected)


def test_a_mask_is_cropped_from_its_own_object_and_image(rng):
    masks = torch.zeros(2, 3, 16, 16, dtype=torch.uint8)
    masks[1, 2, 4:12, 4:8] = 1  # left half of its box
    masks[1, 0] = 1
    boxes = torch.tensor([[4.0, 4, 12, 12], [4, 4, 12, 12], [0, 0, 16, 16]])
    found = crop_masks(masks, boxes, torch.tensor([1, 1, 0]), torch.tensor([2, 0, 2]), 4)
    assert found[0].tolist() == [[1.0, 1, 0, 0]] * 4
    assert (found[1] == 1).all()
    assert (found[2] == 0).all()


def test_cropped_and_pasted_masks_are_what_they_were():
    """A grid of a cell a pixel loses nothing."""
    line = torch.arange(20) + 0.5
    disk = ((line - 9).square() + (line[:, None] - 11).square() <= 36).to(torch.uint8)[None, None]
    box = torch.tensor([[3.0, 5, 15, 17]])
    grid = crop_masks(disk, box, torch.tensor([0]), torch.tensor([0]), 12)
    assert torch.equal(paste_masks(grid.unsqueeze(0), box.unsqueeze(0), 20, 20), disk.bool())


def test_no_region_is_legal():
    none = torch.zeros(0, dtype=torch.int64)
    assert crop_masks(torch.zeros(1, 2, 8, 8, dtype=torch.uint8), torch.zeros(0, 4), none, none, 7).shape == (0, 7, 7)
    assert paste_masks(torch.ones(2, 0, 3, 3), torch.zeros(2, 0, 4), 5, 6).shape == (2, 0, 5, 6)


def test_masks_of_other_boxes_are_refused(monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(DataError, match="the masks"):
        paste_masks(torch.ones(1, 2, 3, 3), torch.zeros(1, 3, 4), 5, 5)
