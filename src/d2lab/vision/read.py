"""Pictures from files, in the form of a data set."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from d2lab.core.errors import DataError

if TYPE_CHECKING:
    from PIL import Image

MOST_PIXELS = 100_000_000  # a larger picture is refused before it fills the memory


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
    picture = _on_white(_eight_bits(_open(path), path)).convert("L" if channels == 1 else "RGB")
    padded = ImageOps.pad(picture, (width, height), color=_border(picture))
    pixels = torch.from_numpy(np.array(padded, dtype=np.uint8))
    stacked = pixels.unsqueeze(0) if channels == 1 else pixels.permute(2, 0, 1)
    return 255 - stacked if invert else stacked.contiguous()


def _open(path: Path) -> "Image.Image":
    """Decode the whole file now, so that a broken one is found here."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    need = "a readable PNG or JPEG picture"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise DataError(f"image {path}", got=f"{picture.width} x {picture.height} pixels", need=need)
                upright = ImageOps.exif_transpose(picture)
                upright.load()
                return upright
    except FileNotFoundError:
        raise DataError(f"image {path}", got="no such file", need=need) from None
    except UnidentifiedImageError:
        raise DataError(f"image {path}", got="no picture", need=need) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as cause:
        raise DataError(f"image {path}", got="too many pixels", need=need) from cause
    except (OSError, SyntaxError, ValueError) as cause:  # Pillow's words for files that end early or lie
        reason = getattr(cause, "strerror", None) or str(cause)
        raise DataError(f"image {path}", got=reason, need=need) from cause


def _eight_bits(picture: "Image.Image", path: Path) -> "Image.Image":
    """Scale 16-bit gray to 8 bits; an older Pillow would cut off all that is brighter than 255 instead."""
    from PIL import Image

    if picture.mode == "F":
        raise DataError(f"image {path}", got="floating-point pixels", need="a picture of 8 or 16 bits")
    if not picture.mode.startswith("I"):  # I;16 and its kin, or I: 32 bits that hold 16
        return picture
    values = np.asarray(picture).astype(np.int64)
    deep = picture.mode != "I" or values.max() > 255
    return Image.fromarray((values // 257 if deep else values).clip(0, 255).astype(np.uint8))


def _on_white(picture: "Image.Image") -> "Image.Image":
    """Put a transparent picture on white paper."""
    from PIL import Image

    if not picture.has_transparency_data:
        return picture
    layered = picture.convert("RGBA")
    paper = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(paper, layered)


def _border(picture: "Image.Image") -> int | tuple[int, ...]:
    """Give the median color of the outermost pixels."""
    pixels = np.asarray(picture)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    median = np.median(edge, axis=0).astype(int)
    return int(median) if median.ndim == 0 else tuple(median.tolist())
