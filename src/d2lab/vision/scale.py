"""From bytes to the numbers a model reads, one operation for a whole batch."""

import torch
from jaxtyping import Float, Shaped
from torch import Tensor
from torch.nn import functional

from d2lab.core.errors import ConfigError


def to_unit(inputs: Shaped[Tensor, " batch *input"]) -> Float[Tensor, " batch *input"]:
    """Scale bytes 0..255 to float32 in [0, 1]; numbers stay as they are.

    Source: none; plumbing.
    """
    return inputs.to(torch.float32).mul_(1 / 255) if inputs.dtype == torch.uint8 else inputs


def resize(
    images: Shaped[Tensor, "batch channel height width"], side: int
) -> Shaped[Tensor, "batch channel {side} {side}"]:
    """Resize images to side x side pixels, bilinear, smoothed first when they shrink; bytes in, bytes out.

    Source: the filter of Pillow's BILINEAR; bytes are rounded once, at the end, on every device alike.

    Raises:
        ConfigError: side is below 1.
    """
    if side < 1:
        raise ConfigError("side", got=side, need="1 pixel or more")
    if images.shape[-2:] == (side, side):
        return images
    if not len(images):  # which torch would refuse
        return images.new_empty(0, images.shape[1], side, side)
    bytes_in = images.dtype == torch.uint8
    numbers = images.to(torch.float32) if bytes_in else images
    smooth = functional.interpolate(numbers, (side, side), mode="bilinear", antialias=True)
    return smooth.round_().clamp_(0, 255).to(torch.uint8) if bytes_in else smooth
