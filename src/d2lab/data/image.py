"""One picture file as bytes: opened whole or refused by name, eight bits deep, on white, cut to a square."""

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

MOST_PIXELS = 100_000_000  # a larger picture is refused before it fills the memory
NEED = "a readable PNG or JPEG picture"
ORIENTATION = 0x0112  # the EXIF tag in which a camera notes how it was held
GAP = 2  # a JPEG is read at a fraction of its size, but no smaller than this many times what it becomes


@contextlib.contextmanager
def quiet_pillow() -> Iterator[None]:
    """Keep Pillow's warnings off the screen (odd EXIF, many pixels): what matters is raised as an error.

    Filters of warnings belong to the whole process, so this is entered once around many pictures, not in threads.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def opened(file: Path | BytesIO, name: str) -> Iterator["Image.Image"]:
    """Open a picture; what goes wrong inside, in the header or in the pixels, is an error that names it.

    Args:
        file: the file, or its content.
        name: what an error calls it.

    Raises:
        DataError: no such file, no picture, broken, or too large to be true.
    """
    from PIL import Image, UnidentifiedImageError

    what = f"image {name}"
    try:
        with Image.open(file) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise DataError(what, got=f"{picture.width} x {picture.height} pixels", need=NEED)
            yield picture
    except FileNotFoundError:
        raise DataError(what, got="no such file", need=NEED) from None
    except UnidentifiedImageError:
        raise DataError(what, got="no picture", need=NEED) from None
    except Image.DecompressionBombError as cause:
        raise DataError(what, got="too many pixels", need=NEED) from cause
    except DataError:
        raise
    except (OSError, SyntaxError, ValueError) as cause:  # Pillow's words for files that end early or lie
        reason = getattr(cause, "strerror", None) or str(cause)
        raise DataError(what, got=reason, need=NEED) from cause


def upright(picture: "Image.Image") -> "Image.Image":
    """Decode the picture and turn it as its camera noted."""
    from PIL import ImageOps

    turned = picture.getexif().get(ORIENTATION, 1) not in (0, 1)
    picture.load()
    return ImageOps.exif_transpose(picture) if turned else picture


def eight_bits(picture: "Image.Image", name: str) -> "Image.Image":
    """Scale 16-bit gray to 8 bits; an older Pillow would cut off all that is brighter than 255 instead.

    Raises:
        DataError: the pixels are floating-point numbers.
    """
    from PIL import Image

    if picture.mode == "F":
        raise DataError(f"image {name}", got="floating-point pixels", need="a picture of 8 or 16 bits")
    if not picture.mode.startswith("I"):  # I;16 and its kin, or I: 32 bits that hold 16
        return picture
    values = np.asarray(picture).astype(np.int64)
    deep = picture.mode != "I" or values.max() > 255
    return Image.fromarray((values // 257 if deep else values).clip(0, 255).astype(np.uint8))


def on_white(picture: "Image.Image") -> "Image.Image":
    """Put a transparent picture on white paper."""
    from PIL import Image

    if not picture.has_transparency_data:
        return picture
    layered = picture.convert("RGBA")
    paper = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(paper, layered)


def read_square(file: Path | BytesIO, name: str, *, side: int, channels: int) -> UInt8[np.ndarray, "channel side side"]:
    """The largest central square of a picture, resized to `side` pixels, bilinear and smoothed where it shrinks.

    Args:
        file: the file, or its content.
        name: what an error calls it.
        side: of the result, pixels.
        channels: 1 for gray, 3 for color.

    Raises:
        DataError: no picture, a broken one, or one too large to be true.
    """
    from PIL import Image

    with opened(file, name) as picture:
        picture.draft(None, _draft_size(picture.size, side))  # nothing happens unless it is a large JPEG
        whole = on_white(eight_bits(upright(picture), name)).convert("L" if channels == 1 else "RGB")
        short = min(whole.size)
        left, top = (whole.width - short) / 2, (whole.height - short) / 2
        if whole.size != (side, side):
            box = (left, top, left + short, top + short)
            whole = whole.resize((side, side), Image.Resampling.BILINEAR, box=box)
        pixels = np.asarray(whole)
    return pixels[None] if channels == 1 else np.ascontiguousarray(pixels.transpose(2, 0, 1))


def _draft_size(size: tuple[int, int], side: int) -> tuple[int, int]:
    """The size below which a JPEG must not be read, so that enough is left to smooth."""
    scale = GAP * side / min(size)
    return round(size[0] * scale), round(size[1] * scale)
