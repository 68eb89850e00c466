"""Decode one image file: opened whole or refused by name, upright, eight bits deep, on white, cut to a square."""

import contextlib
import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import UInt8

from d2lab.core.errors import DataError

if TYPE_CHECKING:
    from PIL import Image

MOST_PIXELS = 100_000_000  # a larger image is refused before it fills the memory
NEED = "a readable PNG or JPEG image"
ORIENTATION = 0x0112  # the EXIF tag in which a camera notes how it was held
GAP = 2  # a JPEG is read at a fraction of its size, but no smaller than this many times what it becomes


@contextlib.contextmanager
def quiet_pillow() -> Iterator[None]:
    """Keep Pillow's warnings off the screen (odd EXIF, many pixels): what matters is raised as an error.

    Filters of warnings belong to the whole process, so this is entered once around many images, not in threads.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def open_image(file: Path | BytesIO, name: str) -> Iterator["Image.Image"]:
    """Open an image; what goes wrong inside, in the header or in the pixels, is an error that names it.

    Args:
        file: the file, or its content.
        name: what an error calls it.

    Raises:
        DataError: no such file, no image, broken, or too large to be true.
    """
    from PIL import Image, UnidentifiedImageError

    what = f"image {name}"
    try:
        with Image.open(file) as image:
            if image.width * image.height > MOST_PIXELS:
                raise DataError(what, got=f"{image.width} x {image.height} pixels", need=NEED)
            yield image
    except FileNotFoundError:
        raise DataError(what, got="no such file", need=NEED) from None
    except UnidentifiedImageError:
        raise DataError(what, got="no image", need=NEED) from None
    except Image.DecompressionBombError as cause:
        raise DataError(what, got="too many pixels", need=NEED) from cause
    except DataError:
        raise
    except (OSError, SyntaxError, ValueError) as cause:  # Pillow's words for files that end early or lie
        reason = getattr(cause, "strerror", None) or str(cause)
        raise DataError(what, got=reason, need=NEED) from cause


def apply_orientation(image: "Image.Image") -> "Image.Image":
    """Decode the image and rotate it as its EXIF orientation says."""
    from PIL import ImageOps

    turned = image.getexif().get(ORIENTATION, 1) not in (0, 1)
    image.load()
    return ImageOps.exif_transpose(image) if turned else image


def to_eight_bits(image: "Image.Image", name: str) -> "Image.Image":
    """Scale 16-bit gray to 8 bits; an older Pillow would cut off all that is brighter than 255 instead.

    Raises:
        DataError: the pixels are floating-point numbers.
    """
    from PIL import Image

    if image.mode == "F":
        raise DataError(f"image {name}", got="floating-point pixels", need="an image of 8 or 16 bits")
    if not image.mode.startswith("I"):  # I;16 and its kin, or I: 32 bits that hold 16
        return image
    values = np.asarray(image).astype(np.int64)
    deep = image.mode != "I" or values.max() > 255
    return Image.fromarray((values // 257 if deep else values).clip(0, 255).astype(np.uint8))


def composite_on_white(image: "Image.Image") -> "Image.Image":
    """Composite a transparent image onto a white background."""
    from PIL import Image

    if not image.has_transparency_data:
        return image
    layered = image.convert("RGBA")
    white = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(white, layered)


def to_gray_or_rgb(image: "Image.Image", name: str, channels: int) -> "Image.Image":
    """Decode an image as it is meant to be seen: upright, eight bits deep, on white, in one or three channels.

    Args:
        image: opened, not yet decoded.
        name: what an error calls it.
        channels: 1 for gray, 3 for color.

    Raises:
        DataError: the pixels are floating-point numbers.
    """
    seen = composite_on_white(to_eight_bits(apply_orientation(image), name))
    return seen.convert("L" if channels == 1 else "RGB")


def read_square(file: Path | BytesIO, name: str, *, side: int, channels: int) -> UInt8[np.ndarray, "channel side side"]:
    """Return the largest central square of an image, resized to `side` pixels, bilinear and smoothed where it shrinks.

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
        image.draft(None, _draft_size(image.size, side))  # nothing happens unless it is a large JPEG
        whole = to_gray_or_rgb(image, name, channels)
        short = min(whole.size)
        left, top = (whole.width - short) / 2, (whole.height - short) / 2
        if whole.size != (side, side):
            box = (left, top, left + short, top + short)
            whole = whole.resize((side, side), Image.Resampling.BILINEAR, box=box)
        pixels = np.asarray(whole)
    return pixels[None] if channels == 1 else np.ascontiguousarray(pixels.transpose(2, 0, 1))


def _draft_size(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return the size below which a JPEG must not be read, so that enough pixels are left to antialias."""
    scale = GAP * side / min(size)
    return round(size[0] * scale), round(size[1] * scale)
