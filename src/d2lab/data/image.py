"""Decode one image file: opened whole or refused by name, upright, eight bits deep, on white, cut to a square."""

import contextlib
import stat
import struct
import warnings
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import UInt8

from d2lab.core.errors import D2labError, DataError

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM")  # no others: some (EPS) start another program
MOST_PIXELS = 100_000_000  # a larger image is refused before it fills the memory
MOST_JPEG_PIXELS = 250_000_000  # a JPEG is read at an eighth of its size, but its coefficients may take 6 bytes a pixel
NEED = "a readable PNG or JPEG image"
ORIENTATION = 0x0112  # the EXIF tag in which a camera notes how it was held
GAP = 2  # a JPEG is read at a fraction of its size, but no smaller than this many times what it becomes
VERSION = 2  # of this file's decoding: other pixels from the same file need another number
BROKEN = (  # Pillow's words for files that end early or lie
    OSError, SyntaxError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, EOFError, RuntimeError,
    struct.error, zlib.error,
)  # fmt: skip


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
        if isinstance(file, Path) and not stat.S_ISREG(file.stat().st_mode):
            raise DataError(what, got="no plain file", need=NEED)
        with _opened(file) as image:
            yield image
    except FileNotFoundError:
        raise DataError(what, got="no such file", need=NEED) from None
    except UnidentifiedImageError:
        raise DataError(what, got="no image", need=NEED) from None
    except (Image.DecompressionBombError, MemoryError) as cause:
        raise _too_large(what, "far too many pixels") from cause
    except D2labError:
        raise
    except BROKEN as cause:
        reason = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
        raise DataError(what, got=reason, need=NEED) from cause


def _opened(file: Path | BytesIO) -> "Image.Image":
    """Open a file of one of our formats; a JPEG also where Pillow finds it too large, for it may be read small."""
    from PIL import Image, JpegImagePlugin

    try:
        return Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError as bomb:
        if isinstance(file, BytesIO):
            file.seek(0)
        try:
            return JpegImagePlugin.JpegImageFile(file)
        except SyntaxError:  # another format
            raise bomb from None


def _too_large(what: str, got: str) -> DataError:
    most, jpeg = MOST_PIXELS // 1_000_000, MOST_JPEG_PIXELS // 1_000_000
    need = f"at most {most} million pixels ({jpeg} million in a JPEG, which is read small)"
    return DataError(what, got=got, need=need, fix="Make the image smaller, or save it as a JPEG.")


def decoder_version() -> list[str]:
    """Return what else than the files decides decoded pixels: the versions of Pillow and of this decoder."""
    import PIL

    return [f"Pillow {PIL.__version__}", f"decoder {VERSION}"]


def read_small(image: "Image.Image", size: tuple[int, int], name: str) -> None:
    """Have a JPEG decoded at an eighth, a quarter or half of its size, but not smaller than `size`.

    Raises:
        DataError: it has too many pixels even so.
    """
    if image.width * image.height > MOST_JPEG_PIXELS:
        raise _too_large(f"image {name}", f"{image.width} x {image.height} pixels")
    image.draft(None, size)  # other formats do nothing here


def apply_orientation(image: "Image.Image") -> "Image.Image":
    """Decode the image and rotate it as its EXIF orientation says; one that can't be read means upright."""
    from PIL import Image

    image.load()
    try:
        orientation = image.getexif().get(ORIENTATION, 1)
    except BROKEN:
        return image
    turn = Image.Transpose
    turns = {
        2: turn.FLIP_LEFT_RIGHT,
        3: turn.ROTATE_180,
        4: turn.FLIP_TOP_BOTTOM,
        5: turn.TRANSPOSE,
        6: turn.ROTATE_270,
        7: turn.TRANSVERSE,
        8: turn.ROTATE_90,
    }
    known = isinstance(orientation, int) and orientation in turns
    return image.transpose(turns[orientation]) if known else image


def upright_size(image: "Image.Image") -> tuple[int, int]:
    """Return width and height as its EXIF orientation turns the image; its pixels are not decoded."""
    try:
        turned = image.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)
    except BROKEN:
        turned = False
    return (image.height, image.width) if turned else (image.width, image.height)


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
        DataError: too many pixels, or floating-point ones.
    """
    if image.width * image.height > MOST_PIXELS:
        raise _too_large(f"image {name}", f"{image.width} x {image.height} pixels")
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
        read_small(image, _draft_size(image.size, side), name)  # nothing happens unless it is a large JPEG
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
