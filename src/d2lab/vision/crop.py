"""Parts of images, a different one of each, as one batched operation on the device that holds them."""

import math

import torch
from jaxtyping import Bool, Float, Int64, Shaped
from torch import Generator, Tensor
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.vision.draw import uniform, whole

Images = Shaped[Tensor, "batch channel height width"]
TRIES = 10  # proposals of a box an image, as torchvision has it


def flip(images: Images, mirrored: Bool[Tensor, " batch"]) -> Images:
    """Mirror some images left to right.

    Args:
        images: bytes or numbers.
        mirrored: which.
    """
    return torch.where(mirrored.view(-1, 1, 1, 1), images.flip(-1), images)


def window(images: Images, top: Int64[Tensor, " batch"], left: Int64[Tensor, " batch"], side: int) -> Tensor:
    """Cut a square of `side` pixels out of each image, at its own place: one gather for the batch.

    Args:
        images: bytes or numbers.
        top: first row of each square; the caller keeps it inside.
        left: first column.
        side: pixels.
    """
    step = torch.arange(side, device=images.device)
    rows = (top.unsqueeze(1) + step).unsqueeze(2)
    columns = (left.unsqueeze(1) + step).unsqueeze(1)
    number = torch.arange(len(images), device=images.device).view(-1, 1, 1)
    return images.permute(0, 2, 3, 1)[number, rows, columns].permute(0, 3, 1, 2)


def translate(images: Images, pixels: int, draw: Generator) -> Images:
    """Move each image by its own number of pixels, at most `pixels` each way; its border is mirrored inwards.

    Source: He et al. 2016, "Deep Residual Learning", section 4.2 (pad by 4, crop 32); mirrored: Jordan 2024, 3.1.

    Raises:
        ConfigError: there are not so many pixels to mirror, or the images are not square.
    """
    if pixels < 1:
        return images
    height, width = images.shape[-2:]
    if height != width or pixels >= height:
        raise ConfigError("translate", got=f"{pixels} of {height}x{width}", need="fewer pixels than a square's side")
    padded = functional.pad(images.float(), (pixels,) * 4, mode="reflect").to(images.dtype)
    top, left = (whole(len(images), 2 * pixels + 1, draw) for _ in range(2))
    return window(padded, top, left, height)


def squares(count: int, side: int, hole: int, draw: Generator) -> Bool[Tensor, "count one side side"]:
    """Draw a square hole in each of `count` images; near the border part of it falls outside.

    Source: DeVries and Taylor 2017, "Improved Regularization with Cutout", section 3.

    Args:
        count: images.
        side: of an image, pixels.
        hole: side of the square, pixels.
        draw: luck, on the device wanted.
    """
    step = torch.arange(side, device=draw.device)
    lines = []
    for _ in range(2):
        first = (whole(count, side, draw) - hole // 2).unsqueeze(1)
        lines.append((step >= first) & (step < first + hole))
    return (lines[0].unsqueeze(2) & lines[1].unsqueeze(1)).unsqueeze(1)


def random_boxes(
    count: int, height: int, width: int, scale: tuple[float, float], ratio: tuple[float, float], draw: Generator
) -> Int64[Tensor, "count 4"]:
    """Draw a box for each image: area as a share of the image, proportions evenly in the logarithm.

    Ten boxes are proposed and the first that fits is taken, else the largest central one: top, left, height, width.

    Source: Szegedy et al. 2015, section 6 (8 % to 100 % of the area, proportions 3/4 to 4/3); the order of
        proposals is torchvision's RandomResizedCrop.
    """
    shape = (count, TRIES)
    area = uniform(shape, *scale, draw) * height * width
    proportion = uniform(shape, math.log(ratio[0]), math.log(ratio[1]), draw).exp()
    wide, high = (area * proportion).sqrt().round().long(), (area / proportion).sqrt().round().long()
    fits = (wide > 0) & (high > 0) & (wide <= width) & (high <= height)
    first = fits.long().argmax(1, keepdim=True)
    any_fits = fits.any(1)
    fallback_high, fallback_wide = _central(height, width, ratio)
    high = torch.where(any_fits, high.gather(1, first).squeeze(1), fallback_high)
    wide = torch.where(any_fits, wide.gather(1, first).squeeze(1), fallback_wide)
    place = uniform((count, 2), 0.0, 1.0, draw)
    top = torch.where(any_fits, (place[:, 0] * (height - high + 1)).long(), (height - high) // 2)
    left = torch.where(any_fits, (place[:, 1] * (width - wide + 1)).long(), (width - wide) // 2)
    return torch.stack([top, left, high, wide], 1)


def _central(height: int, width: int, ratio: tuple[float, float]) -> tuple[int, int]:
    """Give height and width of the largest box of allowed proportions."""
    if width / height < ratio[0]:
        return round(width / ratio[0]), width
    if width / height > ratio[1]:
        return height, round(height * ratio[1])
    return height, width


def resized_crop(
    images: Float[Tensor, "batch channel height width"], boxes: Int64[Tensor, "batch 4"], side: int
) -> Float[Tensor, "batch channel side side"]:
    """Cut a box out of each image and resize it, bilinear and smoothed where it shrinks: two batched products.

    Source: the filter of Pillow's BILINEAR: a triangle as wide as the pixels it stands for.

    Args:
        images: numbers.
        boxes: top, left, height and width of each, pixels.
        side: of the result, pixels.
    """
    height, width = images.shape[-2:]
    rows = _weights(boxes[:, 0], boxes[:, 2], height, side).to(images.dtype)
    columns = _weights(boxes[:, 1], boxes[:, 3], width, side).to(images.dtype)
    return rows.unsqueeze(1) @ images @ columns.mT.unsqueeze(1)


def _weights(first: Tensor, size: Tensor, pixels: int, side: int) -> Float[Tensor, "batch side pixels"]:
    """Give what each pixel of a line adds to each pixel of its resized part."""
    step = size.view(-1, 1, 1) / side
    center = first.view(-1, 1, 1) + (torch.arange(side, device=first.device).view(1, -1, 1) + 0.5) * step
    place = torch.arange(pixels, device=first.device).view(1, 1, -1)
    near = (1 - (place + 0.5 - center).abs() / step.clamp(min=1)).clamp(min=0)
    inside = (place >= first.view(-1, 1, 1)) & (place < (first + size).view(-1, 1, 1))
    near = near * inside
    return near / near.sum(2, keepdim=True)
