"""Pictures from files, in the form of a data set."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from d2lab.core.errors import DataError
from d2lab.data.image import open_image, quiet_pillow, to_gray_or_rgb

if TYPE_CHECKING:
    from PIL import Image


def read_image(
    path: Path, *, channels: int, height: int, width: int, invert: bool = False
) -> UInt8[Tensor, "channel height width"]:
    """Read a PNG, JPEG or any other picture that Pillow knows.

    It is turned upright as its camera noted, put on white where it is transparent, padded to the wanted
    proportions with the color of its border, and resized.

    Source: none; plumbing around Pillow.

    Args:
        path: the file.
        channels: 1 for gray, 3 for color.
        height: of the result, pixels.
        width: of the result, pixels.
        invert: swap dark and bright, for ink on paper where the data are white on black.

    Raises:
        DataError: no such file, no picture, or one too large to be true.
    """
    from PIL import ImageOps

    if channels not in (1, 3):
        raise DataError("channels", got=channels, need="1 (gray) or 3 (color)")
    with quiet_pillow(), open_image(path, str(path)) as file:
        picture = to_gray_or_rgb(file, str(path), channels)
    padded = ImageOps.pad(picture, (width, height), color=_border(picture))
    pixels = torch.from_numpy(np.array(padded, dtype=np.uint8))
    stacked = pixels.unsqueeze(0) if channels == 1 else pixels.permute(2, 0, 1)
    return 255 - stacked if invert else stacked.contiguous()


def _border(picture: "Image.Image") -> int | tuple[int, ...]:
    """Return the median color of the outermost pixels."""
    pixels = np.asarray(picture)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    median = np.median(edge, axis=0).astype(int)
    return int(median) if median.ndim == 0 else tuple(median.tolist())
