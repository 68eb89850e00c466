"""Pixel values: bytes to [0, 1], and brightness, contrast, saturation and hue, each image by its own amount.

The formulas are those of Pillow's ImageEnhance and of torchvision, so that a recipe means what its paper meant.
"""

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from d2lab.core.errors import ConfigError

Images = Float[Tensor, "batch channel height width"]
Amounts = Float[Tensor, " batch"]
LUMA = (0.299, 0.587, 0.114)  # weights of red, green and blue in brightness. Source: ITU-R BT.601


def to_unit(inputs: Shaped[Tensor, " batch *input"]) -> Float[Tensor, " batch *input"]:
    """Scale bytes 0..255 to float32 in [0, 1]; floating-point inputs are returned as they are."""
    return inputs.to(torch.float32).mul_(1 / 255) if inputs.dtype == torch.uint8 else inputs


def to_gray(images: Images) -> Float[Tensor, "batch 1 height width"]:
    """Return the brightness of every pixel; one channel comes back as it is.

    Source: ITU-R Recommendation BT.601, luma.
    Changed: torchvision rounds the weight of red to 0.2989, so that its white is 0.9999.

    Raises:
        ConfigError: there are neither one nor three channels.
    """
    if _is_gray(images):
        return images
    red, green, blue = images.unbind(1)
    return (LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue).unsqueeze(1)


def brightness(images: Images, factors: Amounts) -> Images:
    """Multiply every pixel: 0 is black, 1 changes nothing.

    Source: Pillow, ImageEnhance.Brightness.
    """
    return (images * _each(factors, images)).clamp_(0, 1)


def contrast(images: Images, factors: Amounts) -> Images:
    """Move every pixel from the image's mean brightness: 0 is flat gray, 1 changes nothing.

    Source: Pillow, ImageEnhance.Contrast.
    """
    mean = to_gray(images).mean((1, 2, 3), keepdim=True)
    return torch.lerp(mean.expand_as(images), images, _each(factors, images)).clamp_(0, 1)


def saturation(images: Images, factors: Amounts) -> Images:
    """Move every pixel from its own gray: 0 takes all color away, 1 changes nothing.

    Source: Pillow, ImageEnhance.Color.
    """
    return torch.lerp(to_gray(images).expand_as(images), images, _each(factors, images)).clamp_(0, 1)


def hue(images: Images, turns: Amounts) -> Images:
    """Turn the color wheel; 0 and 1 change nothing, 1/3 makes red green. Gray images have no hue.

    Source: Smith 1978, "Color gamut transform pairs", the hexcone (HSV).

    Raises:
        ConfigError: there are neither one nor three channels.
    """
    if _is_gray(images):
        return images
    value, lowest = images.amax(1), images.amin(1)
    chroma = value - lowest
    safe = torch.where(chroma > 0, chroma, torch.ones_like(chroma))
    red, green, blue = ((value - channel) / safe for channel in images.unbind(1))  # 0 for the strongest
    sector = torch.where(
        images[:, 0] == value,
        blue - green,
        torch.where(images[:, 1] == value, 2 + red - blue, 4 + green - red),
    )
    angle = torch.remainder(sector / 6 + turns.to(images.dtype).view(-1, 1, 1), 1) * 6
    # The channel n/6 of a turn away from red, green or blue: Smith's six cases in one formula.
    channels = [_hexcone(angle, offset, value, chroma) for offset in (5, 3, 1)]
    return torch.stack(channels, 1)


def _hexcone(angle: Tensor, offset: int, value: Tensor, chroma: Tensor) -> Tensor:
    place = torch.remainder(angle + offset, 6)
    return value - chroma * torch.minimum(place, 4 - place).clamp(0, 1)


def _is_gray(images: Tensor) -> bool:
    if images.shape[1] not in (1, 3):
        raise ConfigError("color", got=f"{images.shape[1]} channels", need="1 (gray) or 3 (red, green, blue)")
    return images.shape[1] == 1


def _each(amounts: Tensor, images: Tensor) -> Tensor:
    """Shape one number an image so that it meets every pixel of it."""
    return amounts.to(images.dtype).view(-1, 1, 1, 1)
