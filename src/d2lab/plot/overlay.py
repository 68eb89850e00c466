"""Masks on images: the class of each pixel as a color that lets the image through."""

import numpy as np
from jaxtyping import UInt8
from numpy.typing import ArrayLike, NDArray

from d2lab.core.errors import ConfigError
from d2lab.core.void import VOID

VOID_COLOR = (150, 150, 150)
LIFT = 64  # added to the colors of a palette: several are too dark to be seen on a photo


def overlay(
    image: ArrayLike, mask: ArrayLike, colors: ArrayLike, *, opacity: float = 0.6, ground: int | None = 0
) -> UInt8[np.ndarray, "height width 3"]:
    """Return an image with the color of its class over each pixel; void is gray, and background stays as it is.

    Args:
        image: bytes, `[height width 3]`, or `[height width]` in gray.
        mask: class numbers `[height width]`; 255 is void.
        colors: red, green and blue by class number, 0 to 255.
        opacity: of the color, 0 to 1.
        ground: the class that is left as it is; None where there is none.

    Raises:
        ConfigError: image and mask differ in size, or a class has no color.
    """
    pixels, numbers, table = np.asarray(image), np.asarray(mask), np.asarray(colors)
    gray = pixels.ndim == 2
    if pixels.dtype != np.uint8 or pixels.shape[2:] not in ((), (3,)) or pixels.shape[:2] != numbers.shape:
        got = f"{pixels.dtype} {list(pixels.shape)} beside {list(numbers.shape)}"
        raise ConfigError("an image and its mask", got=got, need="bytes of the mask's height and width")
    known = numbers[numbers != VOID]
    if known.size and not 0 <= known.min() <= known.max() < len(table):
        raise ConfigError("class of a pixel", got=int(known.max()), need=f"0 to {len(table) - 1}, or {VOID} for void")
    base = np.repeat(pixels[..., None], 3, 2) if gray else pixels
    whole = np.broadcast_to(np.asarray(VOID_COLOR), (VOID + 1, 3)).copy()
    whole[: min(len(table), VOID)] = table[:VOID]
    painted = base + opacity * (whole[numbers] - base.astype(np.float64))
    if ground is not None:
        painted = np.where((numbers == ground)[..., None], base, painted)
    rounded: NDArray[np.uint8] = painted.round().clip(0, 255).astype(np.uint8)
    return rounded


def bright(palette: NDArray[np.uint8]) -> UInt8[np.ndarray, "number 3"]:
    """Return colors of a palette for a mask, lightened so that all of them are seen on a photo."""
    return (palette.astype(np.int64) * (255 - LIFT) // 255 + LIFT).astype(np.uint8)
