"""Bilinear interpolation: as the kernel of a transposed convolution that learns on from it, and as two products.

With a kernel of 2s, stride s and padding s/2 an image becomes s times as large, each new pixel a mean of its four
neighbors, weighted by nearness; at the border what lies outside counts as 0.

Source: Long, Shelhamer, Darrell 2015, "Fully Convolutional Networks for Semantic Segmentation", section 4.3.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError


def bilinear_kernel(side: int) -> Float[Tensor, "side side"]:
    """Return the weights of a square kernel that enlarges side / 2 times, (side + 1) / 2 times where side is odd.

    A place of the line has 1 - |distance to the middle| / s, and the kernel is the product of both lines.

    Args:
        side: of the kernel, pixels.

    Raises:
        ConfigError: the side is below 1.
    """
    if side < 1:
        raise ConfigError("the side of a bilinear kernel", got=side, need="1 or more")
    times = (side + 1) // 2
    place = torch.arange(side, dtype=torch.float64)
    line = 1 - (place - (side - 1) / 2).abs() / times
    return line[:, None] * line


@torch.no_grad()
def bilinear_(weight: Float[Tensor, "in_ out rows columns"]) -> Float[Tensor, "in_ out rows columns"]:
    """Fill the weight of a transposed convolution in place: each channel is enlarged by itself, bilinear.

    Args:
        weight: of as many input as output channels.

    Raises:
        ConfigError: the channels differ in number, or the kernel is no square.
    """
    channels, outputs, rows, columns = weight.shape
    if channels != outputs or rows != columns:
        raise ConfigError("the weight to initialize", got=tuple(weight.shape), need="[n, n, side, side]")
    weight.zero_()
    own = torch.arange(channels, device=weight.device)
    weight[own, own] = bilinear_kernel(rows).to(weight)
    return weight


def enlarge(maps: Float[Tensor, "*axes rows columns"], times: int) -> Float[Tensor, "*axes height width"]:
    """Return maps so many times as high and wide, interpolated bilinearly; at the border the nearest place counts.

    Interpolation is linear and acts on rows and columns apart, so it is a matrix on either side: rows, then columns.
    Its backward pass is a product too, and several times faster on a CPU than one that scatters.

    Twin: torch.nn.functional.interpolate(mode="bilinear", align_corners=False).

    Args:
        maps: to enlarge.
        times: 1 or more.

    Raises:
        ConfigError: `times` is below 1.
    """
    if times < 1:
        raise ConfigError("times", got=times, need="1 or more")
    rows, columns = (interpolation_matrix(size, times).to(maps) for size in maps.shape[-2:])
    return rows @ (maps @ columns.T)


def interpolation_matrix(size: int, times: int) -> Float[Tensor, "large small"]:
    """Return the matrix that enlarges a line of `size` places: each row holds the shares of two neighbors.

    >>> interpolation_matrix(2, 2)[:, 1].tolist()
    [0.0, 0.25, 0.75, 1.0]

    Args:
        size: places of the line.
        times: new places for each.
    """
    place = ((torch.arange(size * times, dtype=torch.float64) + 0.5) / times - 0.5).clamp(0, size - 1)
    distance = (place[:, None] - torch.arange(size)).abs()
    return (1 - distance).clamp(min=0)
