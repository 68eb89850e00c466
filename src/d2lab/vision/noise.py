"""Noise on pixels: normal, salt and pepper, and coarse dropout, each image by its own amount."""

import torch
from jaxtyping import Float
from torch import Generator, Tensor
from torch.nn import functional

Images = Float[Tensor, "batch channel height width"]
Amounts = Float[Tensor, " batch"]


def gaussian_noise(images: Images, deviations: Amounts, generator: Generator) -> Images:
    """Add a normal number to each channel of each pixel, cut off at 0 and 1.

    Source: Bishop 1995, "Training with Noise is Equivalent to Tikhonov Regularization".

    Args:
        images: numbers in [0, 1].
        deviations: standard deviation of each image's noise, 1 being the whole range.
        generator: random generator, on the device of the images.
    """
    noise = torch.randn(images.shape, generator=generator, device=generator.device).to(images.dtype)
    return torch.addcmul(images, noise, deviations.to(images.dtype).view(-1, 1, 1, 1)).clamp_(0, 1)


def salt_and_pepper(images: Images, shares: Amounts, generator: Generator) -> Images:
    """Make some pixels of each image white and as many black, as dead pixels of a sensor are.

    Source: Gonzalez and Woods 2018, "Digital Image Processing", section 5.2.

    Args:
        images: numbers in [0, 1].
        shares: of each image's pixels that are changed, 0 to 1.
        generator: random generator, on the device of the images.
    """
    batch, _, height, width = images.shape
    place = torch.rand((batch, 1, height, width), generator=generator, device=generator.device)
    half = shares.view(-1, 1, 1, 1) / 2
    return images.masked_fill(place < half, 0.0).masked_fill(place >= 1 - half, 1.0)


def coarse_dropout(
    images: Images, shares: Amounts, cells: int, generator: Generator, fill: float | int = 0.5
) -> Images:
    """Hide cells of a coarse grid, each with the probability of its image: cutout with many holes.

    Source: DeVries and Taylor 2017, "Cutout"; Chen, Liu, Zhao, Jia 2020, "GridMask": holes on a grid.
    Changed: each cell is dropped by itself, as dropout does with units.

    Args:
        images: numbers.
        shares: probability that a cell of an image is hidden, 0 to 1.
        cells: along each side of the grid.
        generator: random generator, on the device of the images.
        fill: what is shown instead.
    """
    batch, _, height, width = images.shape
    place = torch.rand((batch, 1, cells, cells), generator=generator, device=generator.device)
    hidden = (place < shares.view(-1, 1, 1, 1)).float()
    if not batch:
        return images
    return images.masked_fill(functional.interpolate(hidden, (height, width), mode="nearest-exact") > 0, fill)
