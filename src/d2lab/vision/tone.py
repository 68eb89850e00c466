"""Tones of pixels: inverted, solarized, posterized, gray, by a power, equalized; each image by its own amount."""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from d2lab.vision.color import to_gray

Images = Float[Tensor, "batch channel height width"]
Amounts = Float[Tensor, " batch"]
LEVELS = 256  # of a byte


def invert(images: Images, which: Bool[Tensor, " batch"]) -> Images:
    """Swap dark and bright in some images.

    Source: Cubuk et al. 2019, "AutoAugment", table 6; as Pillow's ImageOps.invert.

    Args:
        images: numbers in [0, 1].
        which: images that are inverted.
    """
    return torch.where(_each(which), 1 - images, images)


def solarize(images: Images, thresholds: Amounts) -> Images:
    """Invert what is as bright as a threshold or brighter; above 1 nothing is.

    Source: Cubuk et al. 2019, "AutoAugment", table 6; as Pillow's ImageOps.solarize.

    Args:
        images: numbers in [0, 1].
        thresholds: of each image.
    """
    return torch.where(images >= _each(thresholds).to(images.dtype), 1 - images, images)


def posterize(images: Images, bits: Int64[Tensor, " batch"]) -> Images:
    """Keep the highest bits of every byte: fewer tones, none between.

    Source: Cubuk et al. 2019, "AutoAugment", table 6; as Pillow's ImageOps.posterize.

    Args:
        images: numbers in [0, 1], taken for bytes over 255.
        bits: that are kept in each image, 1 to 8.
    """
    step = _each(2 ** (8 - bits)).to(images.dtype)
    return ((images * 255).round_() / step).floor_() * step / 255


def grayscale(images: Images, which: Bool[Tensor, " batch"]) -> Images:
    """Take the color from some images: three equal channels are left.

    Source: ITU-R Recommendation BT.601, luma.

    Args:
        images: numbers in [0, 1], gray or color.
        which: images that become gray.
    """
    return torch.where(_each(which), to_gray(images), images)


def gamma_correction(images: Images, exponents: Amounts) -> Images:
    """Raise every number to a power: below 1 dark tones become brighter, above 1 darker; black and white stay.

    Source: Poynton 1998, "The rehabilitation of gamma"; as torchvision's adjust_gamma.

    Args:
        images: numbers in [0, 1].
        exponents: of each image, above 0.
    """
    return images ** _each(exponents).to(images.dtype)


def equalize(images: Images, which: Bool[Tensor, " batch"]) -> Images:
    """Spread the tones of some images until all are about equally frequent, channel by channel.

    A tone becomes the share of pixels that are darker, as Pillow counts it: in whole steps, the brightest tone apart.

    Source: Gonzalez and Woods 2018, "Digital Image Processing", section 3.3; the rounding of Pillow's
        ImageOps.equalize.

    Args:
        images: numbers in [0, 1], taken for bytes over 255.
        which: images that are equalized.
    """
    batch, channels, height, width = images.shape
    if not batch:
        return images
    tones = (images * 255).round().long().clamp(0, LEVELS - 1).reshape(batch * channels, -1)
    table = _equalizing(tones)
    spread = table.gather(1, tones).view(batch, channels, height, width).to(images.dtype) / 255
    return torch.where(_each(which), spread, images)


def _equalizing(tones: Int64[Tensor, "line pixel"]) -> Int64[Tensor, "line tone"]:
    """Return the tone that each tone of a line becomes; a line of one tone, or almost one, stays."""
    lines = len(tones)
    ones = torch.ones_like(tones)
    counts = torch.zeros(lines, LEVELS, dtype=torch.int64, device=tones.device).scatter_add_(1, tones, ones)
    brightest = counts.gather(1, tones.amax(1, keepdim=True))
    step = (tones.shape[1] - brightest) // (LEVELS - 1)
    darker = counts.cumsum(1) - counts
    table = ((darker + step // 2) // step.clamp(min=1)).clamp(max=LEVELS - 1)
    same = torch.arange(LEVELS, device=tones.device).expand_as(table)
    return torch.where(step > 0, table, same)


def _each(amounts: Tensor) -> Tensor:
    """Shape one number an image so that it meets every pixel of it."""
    return amounts.view(-1, 1, 1, 1)
