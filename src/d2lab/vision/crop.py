"""Random boxes to crop, and random holes (cutout)."""

import math

import torch
from jaxtyping import Bool, Int64
from torch import Generator, Tensor

from d2lab.vision.sampling import integers, uniform

TRIES = 10  # proposals of a box per image, as in torchvision


def random_holes(
    count: int, height: int, width: int, hole: int, generator: Generator
) -> Bool[Tensor, "count 1 height width"]:
    """Draw a square hole for each of `count` images; its center is anywhere, so near the border part of it is cut off.

    Source: DeVries and Taylor 2017, "Improved Regularization of Convolutional Neural Networks with Cutout", section 3.

    Args:
        count: images.
        height: of an image, pixels.
        width: of an image, pixels.
        hole: side of the square, pixels.
        generator: random generator, on the device wanted.
    """
    lines = []
    for pixels in (height, width):
        step = torch.arange(pixels, device=generator.device)
        first = (integers(count, pixels, generator) - hole // 2).unsqueeze(1)
        lines.append((step >= first) & (step < first + hole))
    return (lines[0].unsqueeze(2) & lines[1].unsqueeze(1)).unsqueeze(1)


def random_boxes(
    count: int, height: int, width: int, scale: tuple[float, float], ratio: tuple[float, float], generator: Generator
) -> Int64[Tensor, "count 4"]:
    """Draw a crop box for each image: area uniform in `scale`, the logarithm of width over height uniform in `ratio`.

    Ten boxes are proposed and the first that fits is taken, else the largest central one: top, left, height, width.

    Source: Szegedy et al. 2015, "Going Deeper with Convolutions", section 6: 8 % to 100 % of the area, proportions
        3/4 to 4/3; the proposals are those of torchvision's RandomResizedCrop.

    Args:
        count: images.
        height: of an image, pixels.
        width: of an image, pixels.
        scale: least and largest area, shares of the image's.
        ratio: least and largest width over height.
        generator: random generator, on the device wanted.
    """
    shape = (count, TRIES)
    area = uniform(shape, *scale, generator) * height * width
    proportion = uniform(shape, math.log(ratio[0]), math.log(ratio[1]), generator).exp()
    wide, high = (area * proportion).sqrt().round().long(), (area / proportion).sqrt().round().long()
    fits = (wide > 0) & (high > 0) & (wide <= width) & (high <= height)
    first = fits.long().argmax(1, keepdim=True)
    any_fits = fits.any(1)
    central_high, central_wide = _central(height, width, ratio)
    high = torch.where(any_fits, high.gather(1, first).squeeze(1), central_high)
    wide = torch.where(any_fits, wide.gather(1, first).squeeze(1), central_wide)
    place = uniform((count, 2), 0.0, 1.0, generator)
    top = torch.where(any_fits, (place[:, 0] * (height - high + 1)).long(), (height - high) // 2)
    left = torch.where(any_fits, (place[:, 1] * (width - wide + 1)).long(), (width - wide) // 2)
    return torch.stack([top, left, high, wide], 1)


def _central(height: int, width: int, ratio: tuple[float, float]) -> tuple[int, int]:
    """Return height and width of the largest box of allowed proportions."""
    if width / height < ratio[0]:
        return max(1, round(width / ratio[0])), width
    if width / height > ratio[1]:
        return height, max(1, round(height * ratio[1]))
    return height, width
