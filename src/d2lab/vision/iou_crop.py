"""The crops and canvases of SSD: what an image of objects shows is drawn until it holds enough of one of them."""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Generator, Tensor

from d2lab.vision.boxes import rows_within
from d2lab.vision.iou import paired_iou
from d2lab.vision.sampling import integers, uniform

OVERLAPS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)  # least IoU of a crop with an object; 1 leaves the image whole
SIDES = (0.3, 1.0)  # of a crop, shares of the image's
RATIO = (0.5, 2.0)  # least and largest width over height of a crop, pixels
TRIES = 40  # crops that are proposed for one overlap
ROUNDS = 16  # overlaps that are drawn before an image stays whole
MARGIN = 1e-2  # pixels: a center this near to an edge of the crop lies outside, whatever rounding says
Frames = Float[Tensor, "batch 4"]


def random_iou_crops(
    frames: Frames, boxes: Float[Tensor, "batch most 4"], count: Int64[Tensor, " batch"], generator: Generator
) -> tuple[Frames, Bool[Tensor, " batch"]]:
    """Draw the part of each image that is shown, so that it holds the center of an object and overlaps it enough.

    A least IoU is drawn, then up to 40 crops, with sides of 0.3 of the image's or more, and a width between half and
    twice the height. The first in which the center of an object lies whose IoU with the crop reaches the least is
    taken; where there is none, another least IoU is drawn. An image without objects stays whole.

    Source: Liu et al. 2016, "SSD: Single Shot MultiBox Detector", section 2.2, "Data augmentation".
    Changed: settings are those of torchvision and of the authors' code: an overlap of 0 with any crop, sides (not
        areas) from 0.3 on.
    Twin: torchvision.transforms.v2.RandomIoUCrop in distribution, but that it draws overlaps without end, and after 16
        of them the image stays whole here: at most (6/7)^16 = 8 % where no crop suits, below 1 % in most images.
    Cost: on the processor the rounds end when each image has its crop; on another device there are always 16.

    Args:
        frames: top, left, height and width of what is shown so far, pixels; whole numbers.
        boxes: (x1, y1, x2, y2) of the objects, in the same coordinates.
        count: how many of the boxes of each image are real.
        generator: random generator, on the device of the boxes.

    Returns:
        Top, left, height and width of what is shown, and which images are cropped.
    """
    real = rows_within(count, boxes.shape[1])  # batch most
    crops, cropped, done = frames, torch.zeros_like(count, dtype=torch.bool), count == 0
    least = torch.tensor(OVERLAPS, device=boxes.device, dtype=boxes.dtype)
    for _ in range(ROUNDS if boxes.shape[1] else 0):
        if boxes.device.type == "cpu" and bool(done.all()):
            break
        overlap = least[integers(len(frames), len(OVERLAPS), generator)]  # batch
        proposed, legal = _proposals(frames, generator)  # batch tries 4, batch tries
        suits = legal & _holds(proposed, boxes, real, overlap)  # batch tries
        first = suits.long().argmax(1)[:, None, None].expand(-1, 1, 4)
        whole = overlap >= 1
        taken = ~done & ~whole & suits.any(1)
        crops = torch.where(taken.unsqueeze(1), proposed.gather(1, first).squeeze(1), crops)
        cropped, done = cropped | taken, done | taken | whole
    return crops, cropped


def random_canvases(
    height: int, width: int, which: Bool[Tensor, " batch"], most: float, generator: Generator
) -> Frames:
    """Draw a larger canvas around some images, which lie anywhere on it: objects become smaller.

    Source: Liu et al. 2016, "SSD", section 3.6: a canvas of up to 16 times the area, for small objects.
    Twin: torchvision.transforms.v2.RandomZoomOut, whose `side_range` is (1, most).

    Args:
        height: of an image, pixels.
        width: of an image, pixels.
        which: images that have one.
        most: largest side of a canvas, sides of the image; at least 1.
        generator: random generator, on the device wanted.

    Returns:
        Top, left, height and width of what is shown, pixels of the image.
    """
    larger, right, down = uniform((3, len(which)), 0.0, 1.0, generator)
    larger = torch.where(which, 1 + (most - 1) * larger, torch.ones_like(larger))
    high, wide = (height * larger).floor(), (width * larger).floor()
    return torch.stack([-((high - height) * down).floor(), -((wide - width) * right).floor(), high, wide], 1)


def _proposals(
    frames: Frames, generator: Generator
) -> tuple[Float[Tensor, "batch tries 4"], Bool[Tensor, "batch tries"]]:
    """Draw crops (top, left, height, width) in frames, and say which have a legal ratio of sides."""
    shape = (2, len(frames), TRIES)
    wide, high = uniform(shape, *SIDES, generator)
    right, down = uniform(shape, 0.0, 1.0, generator)
    top, left, frame_high, frame_wide = frames.unsqueeze(2).unbind(1)  # batch 1
    wide, high = (frame_wide * wide).floor(), (frame_high * high).floor()
    legal = (wide > 0) & (high > 0) & (wide >= RATIO[0] * high) & (wide <= RATIO[1] * high)
    left, top = left + ((frame_wide - wide) * right).floor(), top + ((frame_high - high) * down).floor()
    return torch.stack([top, left, high, wide], 2), legal


def _holds(
    crops: Float[Tensor, "batch tries 4"], boxes: Float[Tensor, "batch most 4"], real: Tensor, least: Tensor
) -> Bool[Tensor, "batch tries"]:
    """Say which crops hold the center of an object that they overlap enough."""
    top, left, high, wide = crops.unsqueeze(2).unbind(3)  # batch tries 1
    x, y = ((boxes[..., i] + boxes[..., 2 + i]).unsqueeze(1) / 2 for i in (0, 1))  # batch 1 most
    inside = (x > left + MARGIN) & (x < left + wide - MARGIN) & (y > top + MARGIN) & (y < top + high - MARGIN)
    as_boxes = torch.cat([left, top, left + wide, top + high], 2).unsqueeze(2)  # batch tries 1 4
    iou = paired_iou(as_boxes.to(boxes.dtype), boxes.unsqueeze(1))  # batch tries most
    held: Tensor = inside & real.unsqueeze(1) & (iou >= least.view(-1, 1, 1))
    return held.any(2)
