"""Masks as image files: the class of each pixel as the index of a palette, in which void is 255, as in Pascal VOC.

The palette makes a mask readable to the eye and changes nothing: its numbers are the classes. Pascal VOC's spreads the
bits of a number over the three colors, from the highest down.
Source: Everingham et al. 2010, The Pascal Visual Object Classes Challenge; the color map of its development kit.
"""

import io
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Int64, Shaped, UInt8
from numpy.typing import NDArray

from d2lab.core.atomic import write_bytes
from d2lab.core.errors import DataError
from d2lab.core.void import VOID
from d2lab.data.image import MOST_PIXELS, open_image
from d2lab.data.image_fit import fitted_sizes

if TYPE_CHECKING:
    from PIL import Image

NUMBERS = ("P", "L", "1", "I", "I;16")  # modes whose pixels are numbers
COLORS = ("RGB", "RGBA")
Mask = UInt8[np.ndarray, "height width"]


def voc_palette() -> UInt8[np.ndarray, "number 3"]:
    """Return red, green and blue of the 256 numbers; 0 is black, 255 is (224, 224, 192).

    >>> voc_palette()[[0, 1, 2, 15]].tolist()
    [[0, 0, 0], [128, 0, 0], [0, 128, 0], [192, 128, 128]]
    """
    number, color = np.arange(256), np.zeros((256, 3), np.int64)
    for place in range(7, -1, -1):
        for channel in range(3):
            color[:, channel] |= (number >> channel & 1) << place
        number = number >> 3
    return color.astype(np.uint8)


@cache
def _numbers() -> tuple[Int64[np.ndarray, " color"], Int64[np.ndarray, " color"]]:
    """Return the colors of the palette as numbers, ascending, and the index of each."""
    keys = _key(voc_palette())
    order = np.argsort(keys)
    return keys[order], order


def _key(colors: UInt8[np.ndarray, "*place 3"]) -> Int64[np.ndarray, "*place"]:
    """Return each color as one number."""
    wide = colors.astype(np.int64)
    key: np.ndarray = wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
    return key


def read_mask(path: Path, *, size: tuple[int, int] | None = None, classes: int = VOID) -> Mask:
    """Return the class of each pixel: the indices of a palette, the values of a gray image, or VOC's colors.

    Args:
        path: of a PNG file, or of another format that keeps every value.
        size: width and height of its image; any unless given.
        classes: number of classes; 255 is void beside them.

    Raises:
        DataError: it can't be read, was saved with loss, is of another size, or a pixel is no class.
    """
    name = str(path)
    with open_image(path, name) as image:
        if image.format in ("JPEG", "WEBP"):
            need = "a PNG file: what is saved with loss changes the numbers of classes"
            raise DataError(f"mask {name}", got=image.format, need=need)
        if size is not None and image.size != size:
            got, need = ("{} x {} pixels".format(*one) for one in (image.size, size))
            raise DataError(f"mask {name}", got=got, need=f"{need}, as its image")
        if image.width * image.height > MOST_PIXELS:
            got = f"{image.width} x {image.height} pixels"
            raise DataError(f"mask {name}", got=got, need=f"at most {MOST_PIXELS // 1_000_000} million pixels")
        numbers = _numbers_of(image, name)
    wrong = (numbers != VOID) & ((numbers < 0) | (numbers >= classes))
    if wrong.any():
        got = f"class {int(numbers[wrong][0])} at {int(wrong.sum()):,} pixels"
        raise DataError(f"mask {name}", got=got, need=f"class numbers from 0 to {classes - 1}, and {VOID} for void")
    return numbers.astype(np.uint8)


def _numbers_of(image: "Image.Image", name: str) -> Shaped[np.ndarray, "height width"]:
    """Return the number of each pixel."""
    if image.mode in NUMBERS:
        numbers = np.asarray(image)
        return numbers.astype(np.int64) if numbers.dtype != np.uint8 else numbers
    if image.mode not in COLORS:
        raise DataError(f"mask {name}", got=f"pixels of the kind {image.mode}", need="a palette, gray, or VOC's colors")
    known, order = _numbers()
    keys = _key(np.asarray(image.convert("RGB")))
    place = np.searchsorted(known, keys).clip(max=len(known) - 1)
    strange = known[place] != keys
    if strange.any():
        got = "the color ({}, {}, {})".format(*np.asarray(image)[strange][0][:3].tolist())
        raise DataError(f"mask {name}", got=got, need="colors of Pascal VOC's palette, or class numbers")
    found: np.ndarray = order[place]
    return found


def fit_mask(mask: Mask, frame: tuple[int, int]) -> UInt8[np.ndarray, "frame_height frame_width"]:
    """Return a mask scaled into a frame as `read_fitted` scales its image: the nearest pixel, and void around it.

    Args:
        mask: class of each pixel.
        frame: height and width of the result, pixels.
    """
    from PIL import Image

    width, height = fitted_sizes(np.array([mask.shape[::-1]], np.int64), frame)[0].tolist()
    fitted = np.full(frame, VOID, np.uint8)
    scaled = Image.fromarray(mask).resize((width, height), Image.Resampling.NEAREST)
    fitted[:height, :width] = np.asarray(scaled)
    return fitted


def write_mask(mask: NDArray[Any], path: Path) -> None:
    """Write a mask as a PNG file with Pascal VOC's palette, whole or not at all.

    Args:
        mask: class of each pixel, 255 for void.
        path: of the file.

    Raises:
        DataError: the mask is none, or the file can't be written.
    """
    from PIL import Image

    if mask.dtype != np.uint8 or mask.ndim != 2 or not mask.size:
        raise DataError("a mask", got=f"{mask.dtype} {list(mask.shape)}", need="uint8 [height, width]")
    image = Image.fromarray(mask)
    image.putpalette(voc_palette().tobytes())  # and its mode is P
    content = io.BytesIO()
    image.save(content, "PNG")
    write_bytes(path, content.getvalue(), DataError)
