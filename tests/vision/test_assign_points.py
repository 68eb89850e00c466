"""Assignment of points: against a plain loop over points and objects, and by hand."""

import math

import jaxtyping
import pytest
import torch

from d2lab.core.errors import ConfigError, DataError
from d2lab.vision import assign_points as module
from d2lab.vision.assign_points import assign_points, decode_distances
from d2lab.vision.boxes import box_area

FLOAT = torch.float64


def grid(rows, columns, stride=8):
    return torch.tensor(
        [[stride * (column + 0.5), stride * (row + 0.5)] for row in range(rows) for column in range(columns)],
        dtype=FLOAT,
    )


def plain_owners(points, boxes, radius):
    """Assign the points of one image, all of whose boxes are real, by the words of the docstring."""
    centers = [((x1 + x2) / 2, (y1 + y2) / 2) for x1, y1, x2, y2 in boxes]

    def is_near(point, row):
        (x, y), (x1, y1, x2, y2) = point, boxes[row]
        inside = x1 < x < x2 and y1 < y < y2
        return inside and abs(x - centers[row][0]) <= radius and abs(y - centers[row][1]) <= radius

    areas = [(x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in boxes]
    owners = []
    for point in points:
        near = [row for row in range(len(boxes)) if is_near(point, row)]
        owners.append(min(near, key=lambda row: (areas[row], row)) if near else -1)
    missed = [row for row in range(len(boxes)) if not any(is_near(point, row) for point in points)]
    squares = [
        ((points[at][0] - centers[row][0]) ** 2 + (points[at][1] - centers[row][1]) ** 2, at, row)
        for at in range(len(points))
        for row in missed
    ]
    done, used = set(), set()
    for _, at, row in sorted(squares):
        if row not in done and at not in used:
            owners[at] = row
            done.add(row)
            used.add(at)
    return owners


def objects(rng, batch=12, most=9, side=48, padding=math.nan):
    """Draw objects of 1 to 30 pixels, as many as `count` in each image, and rubbish beyond."""
    size = 1 + 29 * torch.rand(batch, most, 2, generator=rng, dtype=FLOAT) ** 2
    low = side * torch.rand(batch, most, 2, generator=rng, dtype=FLOAT) - size / 2
    count = torch.randint(0, most + 1, (batch,), generator=rng)
    count[:2] = torch.tensor([0, most])
    boxes = torch.cat([low, low + size], 2)
    boxes[torch.arange(most) >= count.unsqueeze(1)] = torch.tensor(padding, dtype=FLOAT)
    return boxes, count


@pytest.mark.parametrize("radius", [2.0, 6.0, 12.0, 1e6])
@pytest.mark.parametrize("padding", [math.nan, -1.0, [4.0, 3.0, 21.0, 30.0]], ids=["nan", "none", "a box"])
def test_owners_are_those_of_a_plain_loop(rng, radius, padding):
    points = grid(6, 7)
    boxes, count = objects(rng, padding=padding)
    owners = assign_points(points, boxes, count, radius=radius)
    for image, number in enumerate(count.tolist()):
        assert owners[image].tolist() == plain_owners(points.tolist(), boxes[image, :number].tolist(), radius)


def test_images_are_assigned_alike_alone_and_when_the_table_is_large(rng, monkeypatch):
    points = grid(6, 7)
    boxes, count = objects(rng)
    together = assign_points(points, boxes, count, radius=12.0)
    alone = [assign_points(points, boxes[i : i + 1], count[i : i + 1], radius=12.0) for i in range(len(boxes))]
    assert torch.equal(torch.cat(alone), together)
    monkeypatch.setattr(module, "PAIRS", 1)
    assert torch.equal(assign_points(points, boxes, count, radius=12.0), together)


def test_the_smallest_object_wins_where_two_contain_a_point():
    boxes = torch.tensor([[[0, 0, 32, 32], [4, 4, 14, 14], [4, 4, 14, 14]]], dtype=FLOAT)
    owners = assign_points(grid(4, 4), boxes, torch.tensor([3]), radius=20.0)
    assert owners.view(4, 4)[:2, :2].tolist() == [[0, 0], [0, 1]]  # (4, 4) lies on an edge, which is left out
    assert (owners == 2).sum() == 0  # equal to the second one: the lower number wins all its points
    assert assign_points(grid(4, 4), boxes, torch.tensor([1]), radius=20.0).unique().tolist() == [0]


def test_only_points_within_the_radius_of_the_center_answer():
    boxes = torch.tensor([[[0, 0, 80, 80]]], dtype=FLOAT)
    for radius, side in ((3.9, 1), (4.0, 2), (11.9, 2), (12.0, 4), (100.0, 10)):
        owners = assign_points(grid(10, 10), boxes, torch.ones(1, dtype=torch.int64), radius=radius)
        assert (owners == 0).sum() == side**2
        if side % 2 == 0:
            middle = slice(5 - side // 2, 5 + side // 2)
            assert (owners.view(10, 10)[middle, middle] == 0).all()


def test_an_object_of_one_pixel_gets_the_nearest_point_and_two_of_them_never_share_one():
    boxes = torch.tensor([[[8, 8, 9, 9], [9, 8, 10, 9], [0, 0, 32, 32]]], dtype=FLOAT)
    owners = assign_points(grid(4, 4), boxes, torch.tensor([3]), radius=100.0)
    assert owners[0, 5] == 1  # (12, 12) is nearer to the second one
    assert owners[0, 1] == 0  # (12, 4): of equal distances the first that is left, although the large object has it
    assert (owners == 2).sum() == 14


def test_each_of_a_hundred_tiny_objects_has_a_point_of_its_own(rng):
    low = 64 * torch.rand(3, 100, 2, generator=rng, dtype=FLOAT)
    owners = assign_points(grid(10, 10), torch.cat([low, low + 0.01], 2), torch.full((3,), 100), radius=12.0)
    assert owners.sort(1).values.tolist() == [list(range(100))] * 3


def test_more_tiny_objects_than_points_leave_some_without():
    boxes = torch.ones(1, 5, 4, dtype=FLOAT)
    owners = assign_points(grid(1, 2), boxes, torch.tensor([5]), radius=12.0)
    assert len({*owners[0].tolist()} - {-1}) == 2


@pytest.mark.parametrize(("batch", "most", "points"), [(0, 3, 4), (2, 0, 4), (2, 3, 0)])
def test_nothing_to_assign_is_legal(batch, most, points):
    boxes = torch.zeros(batch, most, 4)
    owners = assign_points(torch.zeros(points, 2), boxes, torch.zeros(batch, dtype=torch.int64), radius=1.0)
    assert owners.shape == (batch, points)
    assert (owners == -1).all()


def test_bad_input_is_refused():
    points, boxes, count = grid(2, 2), torch.ones(1, 2, 4, dtype=FLOAT), torch.tensor([2])
    with pytest.raises(ConfigError, match=r"radius: got 0\.0, need above 0"):
        assign_points(points, boxes, count, radius=0.0)
    with pytest.raises(DataError, match="the count of boxes"):
        assign_points(points, boxes, torch.tensor([3]), radius=1.0)
    with pytest.raises(DataError, match="finite numbers in each row within the count"):
        assign_points(points, boxes * math.nan, count, radius=1.0)
    with pytest.raises((DataError, jaxtyping.TypeCheckError)):
        assign_points(points, boxes[..., :3], count, radius=1.0)


def test_distances_are_decoded_to_boxes_and_back(rng):
    points = grid(3, 4)
    distances = 20 * torch.rand(5, 12, 4, generator=rng, dtype=FLOAT)
    boxes = decode_distances(points, distances)
    torch.testing.assert_close(torch.cat([points - boxes[..., :2], boxes[..., 2:] - points], -1), distances)
    torch.testing.assert_close(
        box_area(boxes), (distances[..., 0] + distances[..., 2]) * (distances[..., 1] + distances[..., 3])
    )
