"""Brightness, contrast, saturation and hue at once: the formulas of `vision.color`, in place, a few images at a time.

A change of color is some tens of operations on each pixel, and each of them costs little beside fetching the pixel from
memory. So a few images go through all changes while they lie in the cache, in buffers that are made once.
"""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.vision.color import LUMA

Images = Float[Tensor, "batch channel height width"]
Amounts = Float[Tensor, " batch"]
CHANGES = ("brightness", "contrast", "saturation", "hue")  # in the order in which they are applied
BLOCK = (
    2**17
)  # pixels of the images that are changed together: what is fetched for one change is still near for the next
FAINT = 1e-12  # least chroma that is divided by; a gray pixel has none and keeps its color whatever the quotient


def jitter(images: Images, amounts: Mapping[str, Amounts]) -> Images:
    """Return images with brightness, contrast, saturation and hue of each changed by its own amounts.

    Source: Pillow, ImageEnhance; Smith 1978, "Color gamut transform pairs" (hue).

    Args:
        images: as `jitter_` takes them; they stay as they are.
        amounts: by name, what `vision.color` takes; a name that is missing changes nothing.
    """
    return jitter_(images.clone(memory_format=torch.contiguous_format), amounts)


def jitter_(images: Images, amounts: Mapping[str, Amounts]) -> Images:
    """Change brightness, contrast, saturation and hue of each image in place, in this order, by its own amounts.

    Source: Pillow, ImageEnhance; Smith 1978, "Color gamut transform pairs" (hue).
    Twin: brightness, contrast, saturation and hue of vision.color, one after the other; equal but for rounding.

    Args:
        images: gray or color, numbers in [0, 1]; any number of channels where only brightness changes.
        amounts: by name, what `vision.color` takes; a name that is missing changes nothing.

    Raises:
        ConfigError: a change is unknown, or the images are neither gray nor color.
    """
    unknown = set(amounts) - set(CHANGES)
    if unknown:
        raise ConfigError("color", got=", ".join(sorted(unknown)), need=f"some of {', '.join(CHANGES)}")
    if images.shape[1] not in (1, 3) and set(amounts) - {"brightness"}:
        raise ConfigError("color", got=f"{images.shape[1]} channels", need="1 (gray) or 3 (red, green, blue)")
    count, _, height, width = images.shape
    together = max(1, BLOCK // max(1, height * width)) if images.device.type == "cpu" else max(1, count)
    buffers = list(images.new_empty(4, min(together, count), height, width))
    factors = {name: amounts[name].to(images.dtype) for name in CHANGES if name in amounts}
    for first in range(0, count, together):
        some = slice(first, first + together)
        block = images[some]
        own = [buffer[: len(block)] for buffer in buffers]
        for name, factor in factors.items():
            _IN_PLACE[name](block, factor[some].view(-1, 1, 1), own)
    return images


def _brightness(block: Tensor, factor: Tensor, _: list[Tensor]) -> None:
    block.mul_(factor.unsqueeze(1)).clamp_(0, 1)


def _contrast(block: Tensor, factor: Tensor, buffers: list[Tensor]) -> None:
    mean = _gray(block, buffers[0]).mean((1, 2), keepdim=True)
    block.mul_(factor.unsqueeze(1)).add_((mean * (1 - factor)).unsqueeze(1)).clamp_(0, 1)


def _saturation(block: Tensor, factor: Tensor, buffers: list[Tensor]) -> None:
    if block.shape[1] == 3:
        gray = _gray(block, buffers[0]).mul_(1 - factor)
        block.mul_(factor.unsqueeze(1)).add_(gray.unsqueeze(1)).clamp_(0, 1)


def _hue(block: Tensor, turns: Tensor, buffers: list[Tensor]) -> None:
    """Turn the color wheel without a branch.

    Between red and cyan over green (green >= blue) the angle, in sixths of a turn, is 1 - R + G + B of the colors
    stretched to [0, 1], on the other side the same with a minus: so no pixel asks which of its channels is strongest.
    """
    if block.shape[1] != 3:
        return
    red, green, blue = block.unbind(1)
    lowest, chroma, angle, other = buffers
    torch.minimum(torch.minimum(red, green, out=lowest), blue, out=lowest)
    torch.maximum(torch.maximum(red, green, out=chroma), blue, out=chroma).sub_(lowest)
    torch.sub(green, red, out=other).add_(blue).sub_(lowest).add_(chroma)
    other.div_(torch.clamp(chroma, min=FAINT, out=angle))
    torch.copysign(other, torch.sub(green, blue, out=angle), out=angle).add_(6 * turns)
    angle.sub_(torch.mul(angle, 1 / 6, out=other).floor_(), alpha=6)
    for channel, middle in ((red, 3), (green, 2), (blue, 4)):  # sixths of a turn: red is weakest, the others strongest
        share = torch.sub(angle, middle, out=other).abs_()
        share = share.sub_(1) if middle == 3 else torch.sub(2, share, out=other)
        torch.addcmul(lowest, chroma, share.clamp_(0, 1), out=channel)


def _gray(block: Tensor, gray: Tensor) -> Tensor:
    """Write the brightness of every pixel into a buffer."""
    if block.shape[1] == 1:
        return gray.copy_(block[:, 0])
    red, green, blue = block.unbind(1)
    return torch.mul(red, LUMA[0], out=gray).add_(green, alpha=LUMA[1]).add_(blue, alpha=LUMA[2])


_IN_PLACE = {"brightness": _brightness, "contrast": _contrast, "saturation": _saturation, "hue": _hue}
