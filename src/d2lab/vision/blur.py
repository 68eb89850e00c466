"""Blurring and sharpening, each image by its own amount."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from d2lab.core.errors import ConfigError

Images = Float[Tensor, "batch channel height width"]
Amounts = Float[Tensor, " batch"]
REACH = 3.0  # standard deviations after which a kernel ends: 0.3 % of a normal distribution lie beyond
MIDDLE = 5  # weight of a pixel beside 1 for each of its 8 neighbors: what Pillow's sharpness moves away from


def gaussian_blur(images: Images, sigma: Amounts, most: float | int) -> Images:
    """Blur each image by a normal distribution of its own width; the image is mirrored at its border.

    Twin: torchvision.transforms.v2.functional.gaussian_blur with a kernel of the same size.

    Source: Marr and Hildreth 1980, "Theory of edge detection", section 2.

    Args:
        images: numbers.
        sigma: standard deviations, pixels; 0 changes nothing.
        most: the largest of them, which decides the size of the kernel.

    Raises:
        ConfigError: the kernel is larger than the mirrored image.
    """
    radius = math.ceil(REACH * most)
    if radius >= min(images.shape[-2:]):
        need = f"at most {(min(images.shape[-2:]) - 1) // REACH:g} pixels for images of {images.shape[-1]} pixels"
        raise ConfigError("blur", got=most, need=need)
    if not radius or not len(images):
        return images
    place = torch.arange(-radius, radius + 1, device=images.device)
    narrow = 2 * sigma.to(images.dtype).clamp(min=1e-3).square().unsqueeze(1)
    kernels = (-(place**2) / narrow).exp()
    kernels = kernels / kernels.sum(1, keepdim=True)  # batch taps
    batch, channels, height, width = images.shape
    x = functional.pad(images, (radius,) * 4, mode="reflect").reshape(1, batch * channels, *_wider(images, radius))
    kernels = kernels.repeat_interleave(channels, 0)
    x = functional.conv2d(x, kernels.view(batch * channels, 1, -1, 1), groups=batch * channels)
    x = functional.conv2d(x, kernels.view(batch * channels, 1, 1, -1), groups=batch * channels)
    return x.view(batch, channels, height, width)


def sharpen(images: Images, factors: Amounts) -> Images:
    """Move every pixel from the mean of its neighborhood: 0 is smoothed, 1 changes nothing, 2 is sharper.

    Pixels at the border stay as they are.

    Source: Pillow, ImageEnhance.Sharpness.
    Twin: torchvision.transforms.v2.functional.adjust_sharpness.

    Args:
        images: numbers in [0, 1].
        factors: of each image.
    """
    if min(images.shape[-2:]) <= 2:
        return images
    kernel = images.new_ones(images.shape[1], 1, 3, 3)
    kernel[..., 1, 1] = MIDDLE
    kernel = kernel / (MIDDLE + 8)
    smooth = images.clone()
    smooth[..., 1:-1, 1:-1] = functional.conv2d(images, kernel, groups=images.shape[1])
    return torch.lerp(smooth, images, factors.to(images.dtype).view(-1, 1, 1, 1)).clamp_(0, 1)


def _wider(images: Tensor, radius: int) -> tuple[int, int]:
    return images.shape[2] + 2 * radius, images.shape[3] + 2 * radius
