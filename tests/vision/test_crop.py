"""Boxes, holes and resizing: the distributions they are drawn from, and the pixels against torchvision and Pillow."""

import itertools

import pytest
import torch
from scipy import stats
from torchvision.transforms.v2 import RandomResizedCrop
from torchvision.transforms.v2 import functional as reference

from d2lab.vision.crop import random_boxes, random_holes
from d2lab.vision.resample import resize, resized_crop, taps

SCALE, RATIO = (0.08, 1.0), (3 / 4, 4 / 3)
EXTREMES = [(0, 0, 1, 1), (0, 0, 20, 28), (19, 27, 1, 1), (3, 5, 16, 2), (7, 0, 1, 28), (11, 13, 9, 15)]


@pytest.mark.parametrize("size", [(7, 5), (20, 28), (33, 48), (1, 1)])
def test_each_box_is_resized_as_torchvision_does_one_by_one(rng, size):
    images = torch.rand(len(EXTREMES), 3, 20, 28, generator=rng, dtype=torch.float64)
    pairs = zip(images, EXTREMES, strict=True)
    expected = torch.stack([reference.resized_crop(image, *box, list(size), antialias=True) for image, box in pairs])
    got = resized_crop(images, torch.tensor(EXTREMES), *size)
    # torch keeps its centers in the precision of the images, we in float32: a bend of the triangle may move by 1e-6
    torch.testing.assert_close(got, expected, rtol=0, atol=5e-6)


def test_the_weights_of_the_taps_sum_to_one_and_lie_inside(rng):
    for pixels, side in ((28, 96), (97, 32), (5, 5), (130, 1)):
        first = torch.randint(0, pixels, (200,), generator=rng)
        size = 1 + ((pixels - first) * torch.rand(200, generator=rng)).long().clamp(max=pixels - 1)
        size = torch.minimum(size, pixels - first)
        places, weights = taps(first, size, pixels, side)
        torch.testing.assert_close(weights.sum(2), torch.ones(200, side))
        inside = (places >= first.view(-1, 1, 1)) & (places < (first + size).view(-1, 1, 1))
        assert (weights[~inside] == 0).all()


def test_a_box_takes_nothing_from_beyond_its_edge():
    image = torch.full((1, 1, 12, 12), 9.0)
    image[..., 3:7, 2:9] = torch.arange(4.0).view(4, 1) / 4
    cut = resized_crop(image, torch.tensor([[3, 2, 4, 7]]), 24, 24)
    assert cut.max() <= 0.75


def test_the_whole_image_at_its_own_size_stays_itself(rng):
    images = torch.rand(2, 3, 17, 11, generator=rng)
    whole = torch.tensor([[0, 0, 17, 11]] * 2)
    torch.testing.assert_close(resized_crop(images, whole, 17, 11), images, rtol=0, atol=1e-6)
    last = resized_crop(images.to(memory_format=torch.channels_last), whole, 17, 11)
    torch.testing.assert_close(last, images, rtol=0, atol=1e-6)
    assert resized_crop(images[:0], whole[:0], 5, 5).shape == (0, 3, 5, 5)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 48), (200, 20)])
def test_boxes_follow_the_distribution_of_torchvision(rng, height, width):
    count, image = 4000, torch.zeros(1, height, width)
    ours = random_boxes(count, height, width, SCALE, RATIO, rng).double()
    torch.manual_seed(1)
    draw = RandomResizedCrop(8, scale=SCALE, ratio=RATIO, antialias=True).make_params
    drawn = [draw([image]) for _ in range(count)]
    theirs = torch.tensor([[d["top"], d["left"], d["height"], d["width"]] for d in drawn]).double()
    for quantity in (lambda b: b[:, 2] * b[:, 3], lambda b: b[:, 3] / b[:, 2], lambda b: b[:, 0], lambda b: b[:, 1]):
        assert stats.ks_2samp(quantity(ours).numpy(), quantity(theirs).numpy()).pvalue > 1e-3


def test_boxes_lie_inside_and_touch_every_edge(rng):
    boxes = random_boxes(20_000, 9, 13, SCALE, RATIO, rng)
    top, left, height, width = boxes.T
    assert min(top.min(), left.min()) == 0
    assert min(height.min(), width.min()) >= 1
    assert (top + height)[height < 9].max() == 9
    assert (left + width)[width < 13].max() == 13


@pytest.mark.parametrize(
    ("height", "width", "box"), [(100, 10, (43, 0, 13, 10)), (10, 100, (0, 43, 10, 13)), (12, 12, (0, 0, 12, 12))]
)
def test_where_no_proposal_fits_the_largest_central_box_is_taken(rng, height, width, box):
    boxes = random_boxes(5, height, width, (1.0, 1.0), (0.76, 4 / 3) if height == width else RATIO, rng)
    if height == width:  # only a square of the whole area fits, and that one is hardly ever proposed
        assert set(map(tuple, boxes.tolist())) <= {box}
        return
    torch.manual_seed(0)
    theirs = RandomResizedCrop(8, scale=(1.0, 1.0), ratio=RATIO, antialias=True).make_params
    drawn = theirs([torch.zeros(1, height, width)])
    assert boxes.tolist() == [list(box)] * 5
    assert box == (drawn["top"], drawn["left"], drawn["height"], drawn["width"])


@pytest.mark.parametrize(("height", "width", "hole"), [(8, 8, 3), (8, 5, 4), (6, 6, 1), (4, 4, 20), (5, 7, 0)])
def test_holes_are_equally_likely_everywhere_and_cut_at_the_border(rng, height, width, hole):
    count = 20_000
    holes = random_holes(count, height, width, hole, rng)
    assert holes.shape == (count, 1, height, width)
    shares = torch.zeros(height, width, dtype=torch.float64)
    areas = []
    for row, column in itertools.product(range(height), range(width)):  # every middle, by brute force
        mask = torch.zeros(height, width)
        top, left = row - hole // 2, column - hole // 2
        mask[max(top, 0) : max(top + hole, 0), max(left, 0) : max(left + hole, 0)] = 1
        shares += mask / (height * width)
        areas.append(int(mask.sum()))
    spread = (shares * (1 - shares) / count).sqrt()
    assert ((holes.double().mean((0, 1)) - shares).abs() <= 5 * spread + 1e-12).all()
    seen = holes.sum((1, 2, 3))
    for area in set(areas) | set(seen.tolist()):
        chance = areas.count(area) / len(areas)
        assert abs(float((seen == area).double().mean()) - chance) <= 5 * (chance * (1 - chance) / count) ** 0.5


@pytest.mark.parametrize(("shape", "side"), [((3, 1, 28, 28), 96), ((2, 3, 32, 20), 12), ((2, 1, 8, 8), 32)])
def test_numbers_are_resized_as_torchvision_resizes_them_and_not_rounded(rng, shape, side):
    images = torch.rand(shape, generator=rng, dtype=torch.float64)
    torch.testing.assert_close(resize(images, side), reference.resize(images, [side, side], antialias=True))
    boxes = torch.tensor([[0, 0, *shape[-2:]]] * len(images))
    torch.testing.assert_close(resized_crop(images, boxes, side, side), resize(images, side), rtol=0, atol=5e-6)


def test_resized_bytes_are_torchvisions_to_one_level(rng):
    images = torch.randint(0, 256, (4, 3, 40, 31), generator=rng, dtype=torch.uint8)
    theirs = reference.resize(images, [24, 24], antialias=True)
    assert (resize(images, 24).int() - theirs.int()).abs().max() <= 1  # torch rounds between the axes too


def test_nothing_is_resized_to_nothing():
    for dtype in (torch.uint8, torch.float32):
        assert resize(torch.zeros(0, 3, 8, 8, dtype=dtype), 5).shape == (0, 3, 5, 5)
