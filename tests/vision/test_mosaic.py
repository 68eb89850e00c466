"""Mosaics: every quarter is one image of the batch, and its boxes, masks and labels are where it is."""

import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.core.void import VOID
from d2lab.vision.augment import Augment, AugmentConfig
from d2lab.vision.warping import WarpConfig

KINDS = {"mask": "mask", "instances": "mask", "boxes": "boxes", "labels": "labels", "count": "count"}
COUNT, HEIGHT, WIDTH, MOST = 24, 40, 60, 3


def scenes(rng):
    """Draw rectangles of the image's own brightness: label and brightness tell from which image a box is."""
    low = torch.stack([torch.randint(0, n - 14, (COUNT, MOST), generator=rng) for n in (WIDTH, HEIGHT)], 2)
    boxes = torch.cat([low, low + torch.randint(8, 14, (COUNT, MOST, 2), generator=rng)], 2).float()
    count = torch.randint(0, MOST + 1, (COUNT,), generator=rng)
    real = torch.arange(MOST) < count.unsqueeze(1)
    x, y = torch.arange(WIDTH).view(1, 1, 1, -1), torch.arange(HEIGHT).view(1, 1, -1, 1)
    x1, y1, x2, y2 = (edge[..., None, None] for edge in boxes.unbind(2))
    instances = ((x >= x1) & (x < x2) & (y >= y1) & (y < y2) & real[..., None, None]).to(torch.uint8)
    mask = instances.amax(1) * (torch.arange(COUNT).view(-1, 1, 1) + 1).to(torch.uint8)
    labels = torch.where(real, torch.arange(COUNT).unsqueeze(1) + 1, -1)
    targets = {"mask": mask, "instances": instances, "boxes": boxes, "labels": labels, "count": count}
    return mask.unsqueeze(1) * 9 + 30, targets


def augment(*, kinds=KINDS, side=None, border="zeros", min_visible=0.1, **warp):
    config = AugmentConfig(border=border, warp=WarpConfig(**warp))
    shape = (1, HEIGHT, WIDTH)
    return Augment(config, shape=shape, side=side, classes=9, seed=0, kinds=kinds, min_visible=min_visible)


def tight(mask):
    rows, columns = mask.any(1).nonzero().flatten(), mask.any(0).nonzero().flatten()
    return torch.stack([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]).float()


@pytest.mark.parametrize("side", [None, 64])
@pytest.mark.parametrize("more", [{}, {"zoom": 0.2}, {"perspective": 0.2, "crop_and_pad": 0.1}])
def test_every_object_of_a_mosaic_is_where_its_pixels_are(rng, side, more):
    images, targets = scenes(rng)
    seen, moved = augment(side=side, mosaic=1.0, **more)(images, targets, 0)
    height, width = seen.shape[2:]
    assert moved["boxes"].shape == (COUNT, 4 * MOST, 4)
    several = 0
    for row in range(COUNT):
        count = int(moved["count"][row])
        labels = moved["labels"][row, :count]
        assert (labels > 0).all()
        several += len(labels.unique()) > 1
        for place in range(count):
            mask, box = moved["instances"][row, place] > 0, moved["boxes"][row, place]
            if mask.sum() < 12:
                continue
            assert (box - tight(mask)).abs().max() < (2.6 if more else 1.1)
            inner = mask.clone()  # away from its edges it has the class and the brightness of its image
            for axis in (0, 1):
                inner &= mask.roll(2, axis) & mask.roll(-2, axis)
            classes = moved["mask"][row][inner]
            assert (classes == labels[place]).all()
            wanted = (9 * float(labels[place]) + 30) / 255
            assert ((seen[row, 0][inner] - wanted).abs() < 1e-3).all()
        assert (moved["boxes"][row, :count, 2] <= width + 1e-3).all()
        assert (moved["boxes"][row, :count, 3] <= height + 1e-3).all()
    assert several > COUNT / 2
    if not more:
        assert not (moved["mask"] == VOID).any()  # quarters are covered


def test_what_becomes_no_mosaic_is_the_image_itself(rng):
    images, targets = scenes(rng)
    seen, moved = augment(mosaic=0.5)(images, targets, 0)
    alone = [bool(torch.equal(a, b)) for a, b in zip((seen[:, 0] * 255).round(), images[:, 0].float(), strict=True)]
    assert 4 < sum(alone) < COUNT - 4
    for row in (row for row in range(COUNT) if alone[row]):
        count = int(targets["count"][row])
        assert moved["count"][row] == count
        assert torch.equal(moved["mask"][row], targets["mask"][row])
        for name in ("boxes", "labels", "instances"):
            torch.testing.assert_close(moved[name][row, :count], targets[name][row, :count], rtol=0, atol=1e-4)


def test_a_mosaic_of_masks_alone(rng):
    images, targets = scenes(rng)
    seen, moved = augment(kinds="mask", mosaic=1.0)(images, targets["mask"], 0)
    exact = (9 * moved.float() + 30) / 255
    assert ((seen[:, 0] - exact).abs() < 1e-3).float().mean() > 0.85  # all but edges


def test_reflection_has_no_boxes_but_a_mosaic_of_whole_images_may_have_it(rng):
    images, targets = scenes(rng)
    augment(border="reflect", mosaic=1.0)(images, targets, 0)
    with pytest.raises(ConfigError, match=r"augment.border: got 'reflect', need 'zeros' .* with augment.warp.zoom"):
        augment(border="reflect", zoom=0.1)
    with pytest.raises(ConfigError, match=r"mosaic: got 1.0, need 0 for targets of class: four images become one"):
        augment(kinds={**KINDS, "scene": "class"}, mosaic=1.0)
