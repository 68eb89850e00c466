"""Images from files, in the form of a data set."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from d2lab.core.errors import DataError
from d2lab.data.image import GAP, MOST_PIXELS, open_image, quiet_pillow, read_small, to_gray_or_rgb
from d2lab.data.image_fit import read_as_square, read_fitted

if TYPE_CHECKING:
    from PIL import Image

FileFit = Literal["crop", "letterbox", "pad", "whole"]  # how an image of other proportions is made to fit


def read_image(
    path: Path,
    *,
    channels: int,
    height: int,
    width: int,
    fit: FileFit = "pad",
    invert: bool = False,
) -> UInt8[Tensor, "channel height width"]:
    """Return an image file as bytes of the wanted size.

    It is turned upright as its camera noted and put on white where it is transparent. Then "crop" takes the largest
    central part of the wanted proportions, as folders of images are decoded; "letterbox" keeps the whole image in the
    middle of a square, between gray bars; "pad" keeps the whole image, padded with
    the color of its border; "whole" keeps it in the upper left corner, so that boxes move by a factor alone, and fills
    up with gray, as annotated images are decoded.

    Args:
        path: the file: PNG, JPEG or another format that Pillow reads.
        channels: 1 for gray, 3 for color.
        height: of the result, pixels.
        width: of the result, pixels.
        fit: how an image of other proportions is made to fit.
        invert: swap dark and bright, for ink on paper where the data are white on black.

    Raises:
        DataError: no such file, no image, or one too large to be true.
    """
    if channels not in (1, 3):
        raise DataError("channels", got=channels, need="1 (gray) or 3 (color)")
    if fit in ("crop", "letterbox") and height == width:
        with quiet_pillow():
            square = read_as_square(path, str(path), side=height, channels=channels, fit=fit)
        stacked = torch.from_numpy(square.copy())
    elif fit == "whole":
        with quiet_pillow():
            stacked = torch.from_numpy(read_fitted(path, frame=(height, width)))
        if channels == 1:
            raise DataError("channels", got=1, need="3: annotated images are in color")
    else:
        stacked = _padded(path, channels, height, width)
    return 255 - stacked if invert else stacked.contiguous()


def _padded(path: Path, channels: int, height: int, width: int) -> Tensor:
    from PIL import ImageOps

    with quiet_pillow(), open_image(path, str(path)) as file:
        if file.width * file.height > MOST_PIXELS:
            scale = GAP * max(min(width / file.width, height / file.height), 1 / max(file.size))
            read_small(file, (round(file.width * scale), round(file.height * scale)), str(path))
        image = to_gray_or_rgb(file, str(path), channels)
    padded = ImageOps.pad(image, (width, height), color=_border(image))
    pixels = torch.from_numpy(np.array(padded, dtype=np.uint8))
    return pixels.unsqueeze(0) if channels == 1 else pixels.permute(2, 0, 1)


def _border(image: "Image.Image") -> int | tuple[int, ...]:
    """Return the median color of the outermost pixels."""
    pixels = np.asarray(image)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    median = np.median(edge, axis=0).astype(int)
    return int(median) if median.ndim == 0 else tuple(median.tolist())
