"""SSD's crops and canvases: torchvision's in distribution; every target by one map, and no image without an object."""

import pytest
import torch
from scipy import stats

from d2lab.core.errors import ConfigError
from d2lab.core.void import VOID
from d2lab.vision.augment import Augment, AugmentConfig
from d2lab.vision.iou_crop import OVERLAPS, random_canvases, random_iou_crops
from d2lab.vision.warping import WarpConfig

KINDS = {"mask": "mask", "points": "points", "boxes": "boxes", "labels": "labels", "count": "count"}
HEIGHT, WIDTH = 60, 84
SCENES = {  # boxes of one image; the last has none that most crops suit
    "one large": [[10.5, 5, 70.5, 50]],
    "three": [[4.5, 6.5, 20.5, 24.5], [40.5, 30.5, 75.5, 55.5], [60.5, 2.5, 80.5, 12.5]],
    "tiny": [[50.2, 31.2, 55.7, 36.9]],
}
DRAWS = 500


def augment(kinds=KINDS, side=None, border="zeros", flip=0.0, **warp):
    config = AugmentConfig(border=border, flip=flip, warp=WarpConfig(**warp))
    return Augment(config, shape=(1, HEIGHT, WIDTH), side=side, classes=9, seed=0, kinds=kinds)


def theirs(boxes, draws):
    """Return torchvision's crops (top, left, height, width), and how many boxes each keeps."""
    v2 = pytest.importorskip("torchvision.transforms.v2")
    from torchvision import tv_tensors

    image = tv_tensors.Image(torch.zeros(1, HEIGHT, WIDTH, dtype=torch.uint8))
    tensors = tv_tensors.BoundingBoxes(boxes, format="XYXY", canvas_size=(HEIGHT, WIDTH))
    crop, rows = v2.RandomIoUCrop(), []
    for _ in range(draws):
        found = crop.make_params([image, tensors])
        if found:
            kept = int(found["is_within_crop_area"].sum())
            rows.append([found["top"], found["left"], found["height"], found["width"], kept])
        else:
            rows.append([0, 0, HEIGHT, WIDTH, len(boxes)])
    return torch.tensor(rows).double()


@pytest.mark.parametrize("scene", SCENES)
def test_crops_have_the_distribution_of_torchvisions(rng, scene):
    """Each number of a crop, its area and its boxes: Kolmogorov-Smirnov; the share left whole: binomial."""
    torch.manual_seed(3)
    boxes = torch.tensor(SCENES[scene])
    reference = theirs(boxes, DRAWS)
    frames = torch.tensor([[0.0, 0.0, HEIGHT, WIDTH]]).expand(DRAWS, -1)
    count = torch.full((DRAWS,), len(boxes))
    crops, cropped = random_iou_crops(frames, boxes.expand(DRAWS, -1, -1), count, rng)
    kept = inside(crops, boxes.expand(DRAWS, -1, -1)).sum(1)
    ours = torch.cat([crops, torch.where(cropped, kept, len(boxes)).unsqueeze(1)], 1).double()
    assert torch.equal(crops, crops.round())
    for column in range(5):
        assert stats.ks_2samp(ours[:, column], reference[:, column]).pvalue > 1e-3, column
    areas = [rows[:, 2] * rows[:, 3] for rows in (ours, reference)]
    assert stats.ks_2samp(*areas).pvalue > 1e-3
    whole = [int((area == HEIGHT * WIDTH).sum()) for area in areas]
    assert stats.fisher_exact([[n, DRAWS - n] for n in whole]).pvalue > 1e-3, whole


def inside(crops, boxes):
    top, left, high, wide = crops.unsqueeze(2).unbind(1)
    x, y = (boxes[..., 0] + boxes[..., 2]) / 2, (boxes[..., 1] + boxes[..., 3]) / 2
    return (x > left) & (x < left + wide) & (y > top) & (y < top + high)


def test_canvases_have_the_distribution_of_torchvisions(rng):
    v2 = pytest.importorskip("torchvision.transforms.v2")
    torch.manual_seed(3)
    image, zoom_out = torch.zeros(1, HEIGHT, WIDTH), v2.RandomZoomOut(side_range=(1.0, 3.0))
    pads = torch.tensor([zoom_out.make_params([image])["padding"] for _ in range(DRAWS)]).double()
    left, top, right, bottom = pads.unbind(1)
    reference = torch.stack([-top, -left, HEIGHT + top + bottom, WIDTH + left + right], 1)
    which = torch.arange(2 * DRAWS) % 2 == 0
    ours = random_canvases(HEIGHT, WIDTH, which, 3.0, rng)
    plain = torch.tensor([0.0, 0.0, HEIGHT, WIDTH]).expand(DRAWS, -1)
    assert torch.equal(ours[~which].abs(), plain)
    for column in range(4):
        assert stats.ks_2samp(ours[which][:, column], reference[:, column]).pvalue > 1e-3, column


def scenes(rng, count=64, most=4):
    """Draw rectangles, their classes at their center's pixel, and a point in each center."""
    low = torch.stack([torch.randint(0, n - 14, (count, most), generator=rng) for n in (WIDTH, HEIGHT)], 2)
    boxes = torch.cat([low, low + 2 * torch.randint(3, 7, (count, most, 2), generator=rng) + 1], 2).float()
    real = torch.randint(0, most + 1, (count,), generator=rng)
    rows = torch.arange(most) < real.unsqueeze(1)
    mask = torch.zeros(count, HEIGHT, WIDTH, dtype=torch.uint8)
    for image in range(count):
        for place in range(int(real[image])):
            x1, y1, x2, y2 = boxes[image, place].long().tolist()
            mask[image, y1:y2, x1:x2] = place + 1
    points = (boxes[..., :2] + boxes[..., 2:]) / 2
    labels = torch.where(rows, torch.arange(most) + 1, -1)
    targets = {"mask": mask, "points": points, "boxes": boxes, "labels": labels, "count": real}
    return mask.unsqueeze(1) * 50, targets


@pytest.mark.parametrize("side", [None, 72])
@pytest.mark.parametrize("more", [{}, {"zoom_out": 0.7, "canvas": 3.0}])
def test_pixels_masks_boxes_and_points_move_by_one_map(rng, side, more):
    images, targets = scenes(rng)
    seen, moved = augment(side=side, iou_crop=1.0, **more)(images, targets, 0)
    height, width = seen.shape[2:]
    smaller = 0
    for row in range(len(images)):
        count, before = int(moved["count"][row]), int(targets["count"][row])
        assert (count > 0) == (before > 0)  # an image keeps an object
        smaller += count < before
        for place in range(count):
            x1, y1, x2, y2 = moved["boxes"][row, place].tolist()
            x, y = moved["points"][row, place].tolist()
            assert 0 < x < width  # the center of an object is shown
            assert 0 < y < height
            label = int(moved["labels"][row, place])
            column, line = targets["points"][row, label - 1].long().tolist()
            if (targets["mask"][row, line - 2 : line + 3, column - 2 : column + 3] == label).all():
                assert moved["mask"][row, int(y), int(x)] == label  # unless others cover its center
            if not (moved["mask"][row] == label).any():
                continue
            rows, columns = (moved["mask"][row] == label).nonzero().unbind(1)
            assert columns.min() >= x1 - 1  # what is seen of it lies in its box
            assert columns.max() + 1 <= x2 + 1
            assert rows.min() >= y1 - 1
            assert rows.max() + 1 <= y2 + 1
    assert smaller > 5
    assert bool((moved["mask"] == VOID).any()) == bool(more)  # a crop shows nothing beyond the image


def test_crops_of_flipped_images_hold_a_flipped_object(rng):
    images, targets = scenes(rng)
    _, moved = augment(flip=1.0, iou_crop=1.0)(images, targets, 0)
    assert torch.equal(moved["count"] > 0, targets["count"] > 0)


def test_objects_are_kept_by_their_center_alone(rng):
    """One of which more than half is cut off leaves; a large one in whose middle the crop lies stays."""
    images, targets = scenes(rng)
    stay = augment(iou_crop=1.0)(images, targets, 0)[1]
    for row in range(len(images)):
        labels = stay["labels"][row, : int(stay["count"][row])]
        x, y = stay["points"][row, : len(labels)].unbind(1)
        assert ((x > 0) & (x < WIDTH) & (y > 0) & (y < HEIGHT)).all()
    large = {**targets, "boxes": targets["boxes"].clone(), "count": torch.ones_like(targets["count"])}
    large["boxes"][:, 0] = torch.tensor([0.0, 0.0, WIDTH, HEIGHT])
    for step in range(4):
        assert (augment(iou_crop=1.0)(images, large, step)[1]["count"] == 1).all()


def test_share_empty_images_and_reflection(rng):
    images, targets = scenes(rng)
    seen, moved = augment(border="reflect", iou_crop=0.0001)(images, targets, 0)
    torch.testing.assert_close(seen * 255, images.float(), rtol=0, atol=0.01)
    assert torch.equal(moved["labels"], targets["labels"])
    none = {**targets, "count": torch.zeros_like(targets["count"])}
    seen, _ = augment(iou_crop=1.0)(images, none, 0)
    torch.testing.assert_close(seen * 255, images.float(), rtol=0, atol=0.01)
    no_rows = {**none, **{name: targets[name][:, :0] for name in ("points", "boxes", "labels")}}
    assert augment(iou_crop=1.0)(images, no_rows, 0)[1]["boxes"].shape == (len(images), 0, 4)
    _, cut = augment(iou_crop=1.0, mosaic=1e-9)(images, targets, 0)  # no mosaic: the first quarter is all
    for name, values in augment(iou_crop=1.0)(images, targets, 0)[1].items():
        of_four = cut[name] if values.ndim != 2 and name != "points" and name != "boxes" else cut[name][:, :4]
        torch.testing.assert_close(of_four, values)
    assert len(OVERLAPS) == 7


def test_refuses_what_has_no_boxes_or_two_crops():
    with pytest.raises(ConfigError, match=r"iou_crop: got 1.0, need 0 for targets of mask: crops are chosen by"):
        augment(kinds="mask", iou_crop=1.0)
    with pytest.raises(ConfigError, match=r"crop: got 0.3, need 0 beside iou_crop"):
        AugmentConfig(crop=0.3, warp=WarpConfig(iou_crop=0.5))
    with pytest.raises(
        ConfigError, match=r"border: got .reflect., need .zeros. for targets of .* with augment.warp.zoom_"
    ):
        augment(border="reflect", zoom_out=0.5)
    with pytest.raises(ConfigError, match=r"canvas: got 0\.5"):
        WarpConfig(canvas=0.5)
