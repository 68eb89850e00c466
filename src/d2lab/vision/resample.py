"""A box out of each image, resized: bilinear, smoothed where it shrinks, one batched operation.

A pixel of the result is a weighted mean of a few rows, then of a few columns ("taps"). Rows lie in one piece of memory
and are picked; columns don't, and are worked out as a product with a mostly empty matrix, which processors are best at.
"""

import math

import torch
from jaxtyping import Float, Int64
from torch import Tensor

Images = Float[Tensor, "batch channel height width"]
Places = Int64[Tensor, "batch side taps"]
Weights = Float[Tensor, "batch side taps"]


def resized_crop(
    images: Images, boxes: Int64[Tensor, "batch 4"], height: int, width: int
) -> Float[Tensor, "batch channel {height} {width}"]:
    """Cut a box out of each image and resize it.

    Source: the filter of Pillow's BILINEAR: a triangle as wide as the pixels that a pixel of the result stands for.
    Twin: torchvision.transforms.v2.functional.resized_crop with antialias, image by image.

    Args:
        images: numbers.
        boxes: top, left, height and width of each, pixels.
        height: of the result, pixels.
        width: of the result, pixels.
    """
    rows = taps(boxes[:, 0], boxes[:, 2], images.shape[2], height)
    columns = taps(boxes[:, 1], boxes[:, 3], images.shape[3], width)
    return _of_columns(_of_rows(images, *rows), *columns)


def taps(
    first: Int64[Tensor, " batch"], size: Int64[Tensor, " batch"], pixels: int, side: int
) -> tuple[Places, Weights]:
    """Say which pixels of a line make up each pixel of its resized part, and how much of each.

    Source: Pillow's BILINEAR; weights sum to 1 also at the edge, where taps fall outside the part.

    Args:
        first: where the part begins, pixels.
        size: how long it is, pixels.
        pixels: of the whole line.
        side: of the result, pixels.
    """
    step = size.view(-1, 1, 1) / side
    center = first.view(-1, 1, 1) + (torch.arange(side, device=first.device).view(1, -1, 1) + 0.5) * step
    reach = step.clamp(min=1)
    most = math.floor(2 * max(1.0, pixels / side)) + 1  # taps within reach of a center, however it lies
    place = (center - reach - 0.5).ceil().long() + torch.arange(most, device=first.device)
    near = (1 - (place + 0.5 - center).abs() / reach).clamp(min=0)
    inside = (place >= first.view(-1, 1, 1)) & (place < (first + size).view(-1, 1, 1))
    near = near * inside
    return place.clamp(0, pixels - 1), near / near.sum(2, keepdim=True)


def _of_rows(images: Images, places: Places, weights: Weights) -> Float[Tensor, "batch channel side width"]:
    """Make each row of the result of the rows that its taps name."""
    batch, channels, height, width = images.shape
    rows = images.reshape(-1, width)
    start = torch.arange(0, len(rows), height, device=images.device).view(batch, channels, 1)
    made = images.new_zeros(batch, channels, places.shape[1], width)
    for tap in range(places.shape[2]):
        picked = rows.index_select(0, (start + places[:, None, :, tap]).flatten()).view_as(made)
        made.addcmul_(picked, weights[:, None, :, tap, None].to(images.dtype))
    return made


def _of_columns(images: Images, places: Places, weights: Weights) -> Float[Tensor, "batch channel height side"]:
    """Make each column of the result of the columns that its taps name."""
    batch, channels, height, width = images.shape
    matrix = images.new_zeros(batch, places.shape[1], width).scatter_add_(2, places, weights.to(images.dtype))
    return (images.flatten(1, 2) @ matrix.mT).view(batch, channels, height, places.shape[1])
