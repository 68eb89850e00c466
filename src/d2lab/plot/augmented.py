"""What augmentation makes of images: each row an image as stored, then a few of its versions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from d2lab.core.errors import ConfigError
from d2lab.plot.font import drawable
from d2lab.plot.theme import HEADER_INCHES, LIGHT, Theme, blank, figure, font, header, shorten

if TYPE_CHECKING:
    import matplotlib.figure

TILE = 0.95  # inches: a side of an image
GAP, CAPTION, APART = 0.08, 0.24, 0.2  # sides of an image: between two, room below one, behind the stored ones


def augmented(
    stored: NDArray[Any],
    versions: NDArray[Any],
    captions: Sequence[Sequence[str]] | None = None,
    theme: Theme = LIGHT,
    *,
    title: str = "",
    subtitle: str = "",
) -> "matplotlib.figure.Figure":
    """Draw each image and, right of it, its versions.

    Args:
        stored: uint8, `[n height width]` gray or `[n height width 3]` in color.
        versions: numbers 0 to 1, `[n versions height width]` or `[n versions height width 3]`; of any size.
        captions: for each image one line below each version, or none.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: line below it.

    Raises:
        ConfigError: an array has another shape or type, or the numbers of images differ.
    """
    _check(stored, versions)
    count, across = versions.shape[:2]
    high, wide = 1 + GAP + (CAPTION if captions else 0), 1 + GAP
    size = (APART + (across + 1) * wide - GAP, count * high - GAP)
    drawn = figure(max(TILE * size[0] + 0.3, 4.2), TILE * size[1] + HEADER_INCHES + 0.1, theme)
    header(drawn, title, subtitle, theme)
    axes = drawn.subplots()
    blank(axes, theme)
    look: dict[str, Any] = {"cmap": "gray", "interpolation": "nearest", "aspect": "equal"}
    for row in range(count):
        top = -row * high
        axes.imshow(stored[row], extent=(0, 1, top - 1, top), vmin=0, vmax=255, **look)
        for column in range(across):
            left = APART + (column + 1) * wide
            axes.imshow(versions[row, column], extent=(left, left + 1, top - 1, top), vmin=0, vmax=1, **look)
            if captions:
                place, below = left + 0.5, top - 1 - 0.04
                text = drawable(captions[row][column])
                written = axes.text(place, below, text, ha="center", va="top", **font(7.5, theme.muted))
                shorten(written, TILE * wide, smallest=5.5)
    axes.set(xlim=(0, size[0]), ylim=(-size[1], 0))
    return drawn


def _check(stored: NDArray[Any], versions: NDArray[Any]) -> None:
    gray = stored.ndim == 3
    if stored.dtype != np.uint8 or not (gray or (stored.ndim == 4 and stored.shape[-1] == 3)) or not stored.size:
        need = "uint8 [n height width] or [n height width 3]"
        raise ConfigError("stored images", got=f"{stored.dtype} {stored.shape}", need=need)
    fits = versions.ndim == stored.ndim + 1 and len(versions) == len(stored) and versions.size
    if versions.dtype.kind != "f" or not fits or (not gray and versions.shape[-1] != 3):
        need = f"floating-point [{len(stored)} versions height width{'' if gray else ' 3'}], as the stored images"
        raise ConfigError("versions", got=f"{versions.dtype} {versions.shape}", need=need)
