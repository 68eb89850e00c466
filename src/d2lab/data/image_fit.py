"""Whole images fitted into one size without distortion: scaled by one factor, what is left over is gray.

With boxes the corner of the image stays at (0, 0), so that they move by the factor alone; a letterbox has it in the
middle, between two bars.
"""

from io import BytesIO
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8

from d2lab.core.errors import DataError
from d2lab.data.card import SquareFit
from d2lab.data.image import GAP, open_image, read_small, read_square, to_gray_or_rgb

FILL = 114  # the gray of what is left over, as YOLO's programs have it

Sizes = Int64[np.ndarray, "image 2"]


def frame_for(sizes: Sizes, longest: int) -> tuple[int, int]:
    """Return the height and width that hold images of these sizes (width, height) scaled to a longest side.

    It has their proportions where all are of one size, and is a square where they are not.
    """
    if (sizes != sizes[0]).any():
        return longest, longest
    width, height = fitted_sizes(sizes[:1], (longest, longest))[0].tolist()
    return height, width


def scaled_frame(shape: tuple[int, ...], longest: int) -> tuple[int, int]:
    """Return the height and width of images scaled to a longest side, each 1 pixel or more.

    Args:
        shape: channels, height, width.
        longest: of the two sides, pixels.
    """
    height, width = shape[1:]
    scale = longest / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def fitted_sizes(sizes: Sizes, frame: tuple[int, int]) -> Sizes:
    """Return the sizes (width, height) that images take in a frame of this height and width, pixels."""
    scale = np.min(np.array(frame[::-1]) / sizes, axis=1, keepdims=True)
    fitted: np.ndarray = np.rint(sizes * scale).clip(1, frame[::-1]).astype(np.int64)
    return fitted


def read_fitted(
    file: Path, *, frame: tuple[int, int], size: tuple[int, int] | None = None
) -> UInt8[np.ndarray, "channel height width"]:
    """Return an image scaled into a frame, in color; it is smoothed where it shrinks.

    Args:
        file: of the image.
        frame: height and width of the result, pixels.
        size: its width and height as its annotation states them, if there is one.

    Raises:
        DataError: the image can't be read, or is of another size.
    """
    from PIL import Image

    name = str(file)
    with open_image(file, name) as image:
        whole = to_gray_or_rgb(image, name, 3)
        if size is not None and whole.size != size:
            got, need = ("{} x {} pixels".format(*one) for one in (whole.size, size))
            raise DataError(f"image {name}", got=got, need=f"{need}, as its annotation says")
        width, height = fitted_sizes(np.array([whole.size], np.int64), frame)[0].tolist()
        if whole.size != (width, height):
            whole = whole.resize((width, height), Image.Resampling.BILINEAR)
        pixels = np.full((3, *frame), FILL, np.uint8)
        pixels[:, :height, :width] = np.asarray(whole).transpose(2, 0, 1)
    return pixels


def read_letterbox(
    file: Path | BytesIO, name: str, *, side: int, channels: int
) -> UInt8[np.ndarray, "channel side side"]:
    """Return a whole image in the middle of a square, between two gray bars; it is smoothed where it shrinks.

    Source: Redmon and Farhadi 2018, "YOLOv3"; the authors' code calls it letterbox.

    Args:
        file: the file, or its content.
        name: what an error calls it.
        side: of the result, pixels.
        channels: 1 for gray, 3 for color.

    Raises:
        DataError: no image, a broken one, or one too large to be true.
    """
    from PIL import Image

    with open_image(file, name) as image:
        scale = GAP * side / max(image.size)  # enough pixels are left to antialias
        read_small(image, (round(image.width * scale), round(image.height * scale)), name)
        whole = to_gray_or_rgb(image, name, channels)
        width, height = fitted_sizes(np.array([whole.size], np.int64), (side, side))[0].tolist()
        if whole.size != (width, height):
            whole = whole.resize((width, height), Image.Resampling.BILINEAR)
        seen = np.asarray(whole).reshape(height, width, channels)
    left, top = (side - width) // 2, (side - height) // 2
    pixels = np.full((channels, side, side), FILL, np.uint8)
    pixels[:, top : top + height, left : left + width] = seen.transpose(2, 0, 1)
    return pixels


def read_as_square(
    file: Path | BytesIO, name: str, *, side: int, channels: int, fit: SquareFit = "crop"
) -> UInt8[np.ndarray, "channel side side"]:
    """Return an image as a square; see `read_letterbox` and `d2lab.data.image.read_square`.

    Args:
        file: the file, or its content.
        name: what an error calls it.
        side: of the result, pixels.
        channels: 1 for gray, 3 for color.
        fit: how.

    Raises:
        DataError: no image, a broken one, or one too large to be true.
    """
    return (read_square if fit == "crop" else read_letterbox)(file, name, side=side, channels=channels)
