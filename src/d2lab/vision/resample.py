"""Resize, center crop and resized crop: bilinear, antialiased where an image shrinks, one operation for a batch.

In `resized_crop` a pixel of the result is a weighted mean of a few rows, then of a few columns ("taps"). Rows lie in
one piece of memory and are picked; columns do not, and are a product with a mostly empty matrix, which is fastest.
"""

import math
from typing import Literal

import torch
from jaxtyping import Float, Int64, Shaped, UInt8
from torch import Tensor
from torch.nn import functional

from d2lab.core.errors import ConfigError

Images = Float[Tensor, "batch channel height width"]
Places = Int64[Tensor, "batch side taps"]
Weights = Float[Tensor, "batch side taps"]


def resize(
    images: Shaped[Tensor, "batch channel height width"], side: int | tuple[int, int]
) -> Shaped[Tensor, "batch channel rows columns"]:
    """Resize images, bilinear, smoothed first when they shrink (antialiased); bytes in, bytes out.

    Source: the filter of Pillow's BILINEAR; bytes are rounded once, at the end, on every device alike.

    Args:
        images: bytes or floating-point pixels.
        side: height and width of the result, pixels; one number for a square.

    Raises:
        ConfigError: a side is below 1.
    """
    size = (side, side) if isinstance(side, int) else side
    if min(size) < 1:
        raise ConfigError("side", got=side, need="1 pixel or more")
    if images.shape[-2:] == size:
        return images
    if not len(images):  # which torch would refuse
        return images.new_empty(0, images.shape[1], *size)
    bytes_in = images.dtype == torch.uint8
    numbers = images.to(torch.float32) if bytes_in else images
    smooth = functional.interpolate(numbers, size, mode="bilinear", antialias=True)
    return smooth.round_().clamp_(0, 255).to(torch.uint8) if bytes_in else smooth


def nearest_index(
    first: Int64[Tensor, " batch"], length: Int64[Tensor, " batch"], side: int
) -> Int64[Tensor, "batch {side}"]:
    """Return the line of an image shown at each of `side` lines, when a part of it is resized to the nearest pixel.

    Twin: torch.nn.functional.interpolate, mode "nearest-exact": the line under the center of the one that is seen.

    Args:
        first: where the part begins, lines.
        length: of the part, lines.
        side: of the result, lines.
    """
    center = 2 * torch.arange(side, device=first.device) + 1  # in half lines, so that no rounding is met
    return first.unsqueeze(1) + (center * length.unsqueeze(1)) // (2 * side)


def center_crop(
    images: UInt8[Tensor, "batch channel height width"],
    *,
    resize: int,
    side: int,
    mode: Literal["bilinear", "bicubic"] = "bilinear",
) -> UInt8[Tensor, "batch channel side side"]:
    """Resize the shorter side, smoothed when it shrinks, and cut the middle square; bytes in, bytes out.

    Source: Krizhevsky, Sutskever, Hinton 2012, section 2 (256 and 224 pixels); sizes are rounded as torchvision does.

    Args:
        images: of any proportions.
        resize: shorter side of the resized image, pixels.
        side: of the square, pixels.
        mode: how to resize.

    Raises:
        ConfigError: the square is not inside the resized image.
    """
    if not 1 <= side <= resize:
        raise ConfigError("center_crop.side", got=side, need=f"from 1 to the {resize} pixels of the resized image")
    height, width = images.shape[-2:]
    short = min(height, width)
    size = (int(resize * height / short), int(resize * width / short))
    if size != (height, width):
        smooth = functional.interpolate(images.to(torch.float32), size, mode=mode, antialias=True)
        images = smooth.round_().clamp_(0, 255).to(torch.uint8)
    top, left = (round((length - side) / 2.0) for length in size)
    return images[..., top : top + side, left : left + side]


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
    """Return the pixels of a line that each pixel of its resized part is a weighted mean of, and the weights.

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
