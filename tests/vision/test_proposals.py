"""Color merging against a plain greedy loop, proposals of painted squares, boxes to compare with, and recall."""

import math

import pytest
import torch

from d2lab.core.errors import ConfigError, DataError
from d2lab.data.scenes import draw_scenes
from d2lab.vision.proposals import (
    color_proposals,
    merge_by_color,
    random_boxes,
    recall_by_number,
    sliding_windows,
)

ONE, COUNTED = torch.zeros(1, 1, 4), torch.ones(1, dtype=torch.int64)
BLANK = torch.full((1, 3, 24, 32), 40, dtype=torch.uint8)


def plain_merging(image):
    """Merge by the same rule with sets of pixels: in each round, all pairs that are each other's cheapest neighbor."""
    height, width = image.shape[1:]
    segments = [frozenset([(y, x)]) for y in range(height) for x in range(width)]

    def cost(one, other):
        means = [sum(image[:, y, x] for y, x in segment) / len(segment) for segment in (one, other)]
        return float((means[0] - means[1]).square().sum()) * len(one) * len(other) / (len(one) + len(other))

    def touch(one, other):
        return any((y + dy, x + dx) in other for y, x in one for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)))

    done = {}
    while len(segments) > 1:
        nearest = {}
        for one in segments:
            near = [(cost(one, other), other) for other in segments if other is not one and touch(one, other)]
            nearest[one] = min(near, key=lambda pair: pair[0])
        merged = [one for one in segments if nearest[nearest[one][1]][1] is one]
        for one in merged:
            done[one] = nearest[one][0]
        joined = {one | nearest[one][1] for one in merged}
        segments = [one for one in segments if one not in merged] + list(joined)
    done[segments[0]] = math.inf
    return done


def described(segment):
    rows, columns = [y for y, _ in segment], [x for _, x in segment]
    return (min(columns), min(rows), max(columns) + 1, max(rows) + 1, len(segment))


def test_segments_are_those_of_a_plain_loop_over_sets_of_pixels(rng):
    images = torch.rand(3, 3, 5, 6, generator=rng)
    segments = merge_by_color(images)
    for image in range(3):
        own = segments.image == image
        rows = torch.cat([segments.box[own], segments.pixels[own].unsqueeze(1)], 1).int().tolist()
        ours = sorted((*row, round(cost, 4)) for row, cost in zip(rows, segments.cost[own].tolist(), strict=True))
        plain = sorted((*described(one), round(cost, 4)) for one, cost in plain_merging(images[image].double()).items())
        assert len(ours) == 2 * 30 - 1
        assert [one[:5] for one in ours] == [one[:5] for one in plain]
        assert [one[5] for one in ours] == pytest.approx([one[5] for one in plain], abs=2e-4)


def test_images_of_a_batch_do_not_feel_one_another(rng):
    images = draw_scenes(3, part="test").images
    whole = color_proposals(images, 20)
    for image in range(3):
        alone = color_proposals(images[image : image + 1], 20)
        assert torch.equal(alone.boxes[0], whole.boxes[image])
        assert torch.equal(alone.count[0], whole.count[image])


def test_a_flat_image_merges_in_few_rounds_and_proposes_no_box_twice():
    flat = color_proposals(BLANK, 50)
    rows = [tuple(row) for row in flat.boxes[0, : int(flat.count[0])].tolist()]
    assert len(rows) == len(set(rows))
    segments = merge_by_color(BLANK)
    assert len(segments.pixels) == 2 * 24 * 32 - 1
    assert segments.pixels.max() == 24 * 32
    assert int(segments.cost.isinf().sum()) == 1


def test_the_square_that_stands_out_comes_first():
    image = BLANK.clone()
    image[:, :, 5:15, 3:12] = 200
    image[:, :, 8:18, 18:28] = 90  # stands out less
    found = color_proposals(image, 5)
    assert found.boxes[0, 0].tolist() == [3, 5, 12, 15]
    assert [18, 8, 28, 18] in found.boxes[0].int().tolist()
    assert not found.boxes[0, int(found.count[0]) :].any()


def test_small_segments_are_no_proposals():
    image = BLANK.clone()
    image[:, :, 5:10, 3:8] = 255
    assert [3, 5, 8, 10] not in color_proposals(image, 500).boxes[0].int().tolist()
    assert [3, 5, 8, 10] in color_proposals(image, 500, shortest=5).boxes[0].int().tolist()


def test_most_objects_of_scenes_are_among_ten_proposals():
    scenes = draw_scenes(64, part="test")
    found = color_proposals(scenes.images, 10)
    recall = recall_by_number(found.boxes, found.count, scenes.boxes, scenes.count)
    assert recall[-1] > 0.85
    assert recall[0] > 0.3  # one proposal cannot find the two digits of an image


@pytest.mark.parametrize("shape", [(0, 3, 8, 8), (1, 3, 1, 1), (2, 1, 1, 9)])
def test_no_image_and_single_pixels_are_legal(shape):
    found = color_proposals(torch.zeros(shape), 4)
    assert found.boxes.shape == (shape[0], 4, 4)
    assert not found.count.any()


def test_random_boxes_lie_within_the_image_in_all_sizes(rng):
    boxes = random_boxes(4000, 30, 50, rng, shortest=4.0)
    assert (boxes >= 0).all()
    assert (boxes <= torch.tensor([50.0, 30, 50, 30])).all()
    sides = boxes[:, 2:] - boxes[:, :2]
    assert sides.min() >= 4 - 1e-5
    assert sides.mean(0).tolist() == pytest.approx([27, 17], abs=0.6)
    assert boxes.mean(0).tolist() == pytest.approx([25 - 13.5, 15 - 8.5, 25 + 13.5, 15 + 8.5], abs=0.6)


def test_windows_cover_the_image_from_edge_to_edge():
    windows = sliding_windows(26, 40, 60, (10.0, 20.0), 0.25)
    assert len(windows) == 2 * 12
    sides = (windows[:, 2:] - windows[:, :2]).round(decimals=4).unique(dim=0).tolist()
    assert sides == [[5, 20], [10, 40]]
    assert windows.amin(0)[:2].tolist() == [0, 0]
    assert windows.amax(0)[2:].tolist() == [60, 40]
    assert windows[:12].unique(dim=0).shape[0] == 12


def test_recall_counts_objects_that_the_first_proposals_overlap():
    boxes = torch.tensor([[[0.0, 0, 10, 10], [20, 20, 30, 30]], [[5, 5, 15, 15], [0, 0, 99, 99]]])
    first = [[50.0, 50, 60, 60], [0, 0, 10, 8], [20, 20, 30, 30]]
    second = [[5.0, 5, 15, 14], [0, 0, 9, 9], [0, 0, 99, 99]]
    proposals = torch.tensor([first, second])
    count, found = torch.tensor([2, 1]), torch.tensor([3, 1])
    assert recall_by_number(proposals, found, boxes, count).tolist() == pytest.approx([1 / 3, 2 / 3, 1])
    assert recall_by_number(proposals, found, boxes, count, 0.95).tolist() == pytest.approx([0, 0, 1 / 3])
    assert recall_by_number(proposals, torch.tensor([2, 1]), boxes, count).tolist()[-1] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: color_proposals(torch.zeros(1, 3, 4, 4), 0), "most"),
        (lambda: color_proposals(torch.full((1, 3, 4, 4), math.nan)), "images"),
        (lambda: color_proposals(torch.zeros(1, 3, 0, 4)), "images"),
        (lambda: random_boxes(0, 5, 5, torch.Generator()), "count"),
        (lambda: random_boxes(1, 5, 9, torch.Generator(), shortest=6.0), "shortest"),
        (lambda: sliding_windows(1, 9, 9, (3.0, 4.0)), "sliding_windows"),
        (lambda: sliding_windows(9, 9, 9, (30.0,)), "the size of a window"),
        (lambda: recall_by_number(ONE, COUNTED, ONE, 0 * COUNTED), "the objects"),
        (lambda: recall_by_number(ONE, COUNTED, ONE, COUNTED, 0.0), "threshold"),
    ],
)
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises((ConfigError, DataError), match=message):
        call()
