"""The middle of a picture, as models for ImageNet are judged: resize the shorter side, cut a square."""

from typing import Literal

import torch
from jaxtyping import UInt8
from torch import Tensor
from torch.nn import functional

from d2lab.core.errors import ConfigError


def center(
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
        resize: shorter side of the resized picture, pixels.
        side: of the square, pixels.
        mode: how to resize.

    Raises:
        ConfigError: the square is not inside the resized picture.
    """
    if not 1 <= side <= resize:
        raise ConfigError("center.side", got=side, need=f"from 1 to the {resize} pixels of the resized picture")
    height, width = images.shape[-2:]
    short = min(height, width)
    size = (int(resize * height / short), int(resize * width / short))
    if size != (height, width):
        smooth = functional.interpolate(images.to(torch.float32), size, mode=mode, antialias=True)
        images = smooth.round_().clamp_(0, 255).to(torch.uint8)
    top, left = (round((length - side) / 2.0) for length in size)
    return images[..., top : top + side, left : left + side]
