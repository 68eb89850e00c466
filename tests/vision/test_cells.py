"""Cells of a grid: the paper's example by hand, a plain loop over objects, and what is encoded comes back."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lab.core.errors import ConfigError, DataError
from d2lab.data.scenes import draw_scenes
from d2lab.vision.cells import cell_of, decode_cells, encode_cells

FLOAT = torch.float64


def scenes(rng, batch=6, most=7, size=(60, 90)):
    """Draw boxes of one pixel and more, as many as `count` in each image, and rubbish beyond."""
    frame = torch.tensor([size[1], size[0]], dtype=FLOAT)
    low = torch.rand(batch, most, 2, generator=rng, dtype=FLOAT) * (frame - 1)
    high = low + 1 + torch.rand(batch, most, 2, generator=rng, dtype=FLOAT) * (frame - low - 1)
    boxes = torch.cat([low, high], 2)
    count = torch.randint(0, most + 1, (batch,), generator=rng)
    count[:2] = torch.tensor([0, most])
    boxes[torch.arange(most) >= count.unsqueeze(1)] = torch.nan
    return boxes, count


def plain(boxes, count, grid, size, root):
    """Go through the objects of one image: owner of each cell, its numbers, and how many objects have no cell."""
    owner, numbers, dropped = [-1] * grid**2, [[0.0] * 4 for _ in range(grid**2)], 0
    for number, (x1, y1, x2, y2) in enumerate(boxes[:count]):
        x, y = (x1 + x2) / 2 * grid / size[1], (y1 + y2) / 2 * grid / size[0]
        column, row = min(int(x), grid - 1), min(int(y), grid - 1)
        width, height = (x2 - x1) / size[1], (y2 - y1) / size[0]
        cell = row * grid + column
        if owner[cell] >= 0:
            dropped += 1
            continue
        owner[cell] = number
        power = 0.5 if root else 1
        numbers[cell] = [x - column, y - row, width**power, height**power]
    return owner, numbers, dropped


def test_the_example_of_a_photo_of_448_pixels():
    cell, offset = cell_of(torch.tensor([200.0, 120.0]), 7, (448, 448))
    assert cell == 1 * 7 + 3  # row 1, column 3, counted from 0
    assert offset.tolist() == [0.125, 0.875]
    targets = encode_cells(torch.tensor([[[144.0, 8, 256, 232]]]), torch.tensor([1]), 7, (448, 448))
    assert targets.numbers[0, 10].tolist() == [0.125, 0.875, 0.5, pytest.approx(0.5**0.5)]
    assert targets.numbers.count_nonzero() == 4


@pytest.mark.parametrize("grid", [1, 3, 7])
@pytest.mark.parametrize("root", [True, False])
def test_cells_are_those_of_a_plain_loop(grid, root, rng):
    boxes, count = scenes(rng)
    targets = encode_cells(boxes, count, grid, (60, 90), root=root)
    for image in range(len(boxes)):
        owner, numbers, dropped = plain(boxes[image].tolist(), int(count[image]), grid, (60, 90), root)
        assert targets.owner[image].tolist() == owner
        assert targets.dropped[image] == dropped
        torch.testing.assert_close(targets.numbers[image], torch.tensor(numbers, dtype=FLOAT))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 9), st.integers(1, 99), st.integers(1, 99), st.booleans(), st.integers(0, 2**31))
def test_what_is_encoded_comes_back(grid, height, width, root, seed):
    rng = torch.Generator().manual_seed(seed)
    boxes, count = scenes(rng, most=12, size=(height, width))
    targets = encode_cells(boxes, count, grid, (height, width), root=root)
    found = decode_cells(targets.numbers, grid, (height, width), root=root)
    image, cell = (targets.owner >= 0).nonzero(as_tuple=True)
    torch.testing.assert_close(found[image, cell], boxes[image, targets.owner[image, cell]], rtol=1e-9, atol=1e-9)
    assert torch.equal(targets.dropped + (targets.owner >= 0).sum(1), count)


def test_several_boxes_of_a_cell_are_decoded_each_for_itself(rng):
    numbers = torch.rand(2, 9, 3, 4, generator=rng, dtype=FLOAT)
    found = decode_cells(numbers, 3, (30, 60))
    for box in range(3):
        torch.testing.assert_close(found[:, :, box], decode_cells(numbers[:, :, box], 3, (30, 60)))


def test_a_center_on_a_line_belongs_right_and_below_and_at_the_edge_to_the_last_cell():
    centers = torch.tensor([[0.0, 0], [30, 0], [59.9, 60], [60, 60], [-5, 70]])
    cell, offset = cell_of(centers, 2, (60, 60))
    assert cell.tolist() == [0, 1, 3, 3, 2]
    torch.testing.assert_close(offset[3:], torch.tensor([[1.0, 1.0], [-1 / 6, 70 / 30 - 1]]))


def test_of_objects_in_one_cell_the_first_has_it_and_the_others_are_counted():
    boxes = torch.tensor([[[8.0, 8, 12, 12], [2, 2, 18, 18], [9, 9, 11, 11], [30, 30, 40, 40]]])
    targets = encode_cells(boxes, torch.tensor([4]), 2, (40, 40))
    assert targets.owner.tolist() == [[0, -1, -1, 3]]
    assert targets.dropped.tolist() == [2]
    swapped = encode_cells(boxes[:, [1, 0, 2, 3]], torch.tensor([4]), 2, (40, 40))
    assert swapped.numbers[0, 0, 2] > targets.numbers[0, 0, 2]


def test_two_digits_of_a_scene_share_a_cell_only_where_cells_are_as_large_as_digits_lie_apart():
    drawn = draw_scenes(2000, part="train")
    dropped = [int(encode_cells(drawn.boxes, drawn.count, grid, (64, 64)).dropped.sum()) for grid in range(1, 9)]
    assert dropped == sorted(dropped, reverse=True)
    assert dropped[0] == int(drawn.count.sum()) - 2000
    assert dropped[3:] == [2, 0, 0, 0, 0]  # for S = 4 to 8


def test_images_without_objects_a_hundred_objects_and_boxes_without_a_side():
    none = encode_cells(torch.zeros(3, 0, 4), torch.zeros(3, dtype=torch.int64), 4, (64, 64))
    assert bool((none.owner == -1).all())
    assert not none.numbers.any()
    assert not none.dropped.any()
    many = torch.rand(1, 100, 4) * 30
    many[..., 2:] += many[..., :2]
    targets = encode_cells(many, torch.tensor([100]), 4, (64, 64))
    assert int(targets.dropped) + int((targets.owner >= 0).sum()) == 100
    flat = encode_cells(torch.tensor([[[9.0, 9, 9, 12], [50, 50, 40, 52]]]), torch.tensor([2]), 4, (64, 64))
    assert bool(flat.numbers.isfinite().all())


def test_a_negative_size_is_no_box_turned_round():
    numbers = torch.tensor([[[0.5, 0.5, -0.5, 0.5]]])
    assert decode_cells(numbers, 1, (40, 40)).tolist() == [[[15, 15, 25, 25]]]
    assert decode_cells(numbers, 1, (40, 40), root=False).tolist() == [[[20, 10, 20, 30]]]


def test_refuses_what_can_not_be():
    boxes, count = torch.zeros(2, 3, 4), torch.tensor([1, 2])
    for grid, size in ((0, (8, 8)), (3, (0, 8))):
        with pytest.raises(ConfigError, match="grid and size of cells: got"):
            encode_cells(boxes, count, grid, size)
    with pytest.raises(DataError, match="the count of boxes"):
        encode_cells(boxes, torch.tensor([1, 4]), 3, (8, 8))
    with pytest.raises(DataError, match="the boxes of objects"):
        encode_cells(torch.full((2, 3, 4), torch.inf), count, 3, (8, 8))
    with pytest.raises(DataError, match="the numbers of cells"):
        decode_cells(torch.zeros(2, 8, 4), 3, (8, 8))
