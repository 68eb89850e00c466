"""Masks of objects: as a small grid within a box, as a head predicts them, and as pixels of the whole image."""

import torch
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor

from d2lab.core.errors import DataError
from d2lab.vision.region import roi_align


def crop_masks(
    masks: UInt8[Tensor, "batch most height width"],
    boxes: Float[Tensor, "region 4"],
    image: Int64[Tensor, " region"],
    owner: Int64[Tensor, " region"],
    side: int,
) -> Float[Tensor, "region side side"]:
    """Return the mask of one object within each box, as a grid of 0 and 1: what a mask head is trained to say.

    A cell is 1 where the mean of the mask over it, by RoIAlign, is a half or more.

    Source: He, Gkioxari, Dollar, Girshick 2017, "Mask R-CNN", section 3, "Mask Representation".

    Args:
        masks: of the objects of each image, 0 or 1 for each pixel.
        boxes: (left, top, right, bottom), pixels.
        image: of each box.
        owner: row of the object of each box.
        side: rows and columns of the grid.
    """
    rois = torch.cat([image.unsqueeze(1).to(boxes.dtype), boxes], 1)
    shares = roi_align(masks.to(boxes.dtype), rois, side, 1.0, 2, aligned=True)  # region most side side
    return (shares[torch.arange(len(owner), device=owner.device), owner] >= 0.5).to(boxes.dtype)


def paste_masks(
    masks: Float[Tensor, "batch most rows columns"], boxes: Float[Tensor, "batch most 4"], height: int, width: int
) -> Bool[Tensor, "batch most height width"]:
    """Return the pixels of each object: those in its box where its mask, bilinear between cells, is a half or more.

    Source: He, Gkioxari, Dollar, Girshick 2017, "Mask R-CNN", section 3.1, "Inference".
    Changed: beyond the centers of the outer cells a mask keeps their value, so that it reaches the edges of its box.

    Args:
        masks: probabilities of each cell, 0 to 1, within a box.
        boxes: (left, top, right, bottom), pixels.
        height: of the image, pixels.
        width: of the image, pixels.

    Raises:
        DataError: there are not as many masks as boxes.
    """
    if masks.shape[:2] != boxes.shape[:2]:
        raise DataError("the masks", got=list(masks.shape), need=f"[{len(boxes)}, {boxes.shape[1]}, rows, columns]")
    x1, y1, x2, y2 = boxes.to(masks.dtype).unbind(2)  # batch most
    down, inside_rows = _line(y1, y2, height, masks.shape[2])  # batch most height rows
    across, inside_columns = _line(x1, x2, width, masks.shape[3])  # batch most width columns
    values = down @ masks @ across.transpose(2, 3)  # batch most height width
    return (values >= 0.5) & inside_rows.unsqueeze(3) & inside_columns.unsqueeze(2)


def _line(begin: Tensor, end: Tensor, pixels: int, cells: int) -> tuple[Tensor, Tensor]:
    """Return how much each cell counts at the center of each pixel of a line, and which centers lie in the box."""
    center = torch.arange(pixels, device=begin.device, dtype=begin.dtype) + 0.5
    share = (center - begin.unsqueeze(2)) / (end - begin).clamp(min=1e-6).unsqueeze(2)  # batch most pixel
    place = (share * cells - 0.5).clamp(0, cells - 1).unsqueeze(3)
    cell = torch.arange(cells, device=begin.device, dtype=begin.dtype)
    return (1 - (place - cell).abs()).clamp(min=0), (share >= 0) & (share < 1)
