"""From bytes to the numbers a net reads, one operation for a whole batch."""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional

from d2lab.core.errors import ConfigError


def to_unit(
    images: UInt8[Tensor, "batch channel height width"],
) -> Float[Tensor, "batch channel height width"]:
    """Scale bytes 0..255 to float32 in [0, 1]."""
    return images.to(torch.float32).mul_(1 / 255)


def resize(images: UInt8[Tensor, "batch channel height width"], side: int) -> UInt8[Tensor, "batch channel side side"]:
    """Resize images to side x side pixels, bilinear, smoothed first when they shrink; bytes in, bytes out.

    Raises:
        ConfigError: side is below 1.
    """
    if side < 1:
        raise ConfigError("side", got=side, need="1 pixel or more")
    if images.shape[-2:] == (side, side):
        return images
    size = (side, side)
    smooth = functional.interpolate(images.to(torch.float32), size, mode="bilinear", antialias=True)
    return smooth.round_().clamp_(0, 255).to(torch.uint8)
