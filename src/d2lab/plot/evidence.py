"""Where in a picture a net sees each class."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from d2lab.core.errors import ConfigError
from d2lab.plot.font import class_names
from d2lab.plot.theme import HEADER_INCHES, LIGHT, Theme, blank, figure, font, header, shorten

if TYPE_CHECKING:
    import matplotlib.figure

TILE, GAP, CAPTION, MARGIN = 2.1, 0.14, 0.34, 0.16  # inches
STRONGEST = 0.85  # opacity where the evidence is greatest
MOST_CLASSES = 8


def evidence(
    image: NDArray[Any],
    maps: NDArray[Any],
    names: Sequence[str],
    chances: Sequence[float],
    theme: Theme = LIGHT,
    *,
    title: str,
    subtitle: str = "",
) -> "matplotlib.figure.Figure":
    """Draw the picture, then for each class the same under its map: one color for what speaks for it, one against.

    All maps have one scale, so that they may be compared.

    Args:
        image: uint8, `[height width]` or `[height width 3]`.
        maps: `[class height width]`, of any size; each is stretched over the picture.
        names: of these classes.
        chances: their probabilities.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.

    Raises:
        ConfigError: the maps are of another shape, not finite, none or too many.
    """
    if maps.ndim != 3 or not 1 <= len(maps) <= MOST_CLASSES or len({len(maps), len(names), len(chances)}) > 1:
        raise ConfigError("maps", got=maps.shape, need=f"[class height width], 1 to {MOST_CLASSES} classes")
    if not np.isfinite(maps).all():
        raise ConfigError("maps", got="NaN or infinity", need="finite numbers")
    count = 1 + len(maps)
    width, height = 2 * MARGIN + count * (TILE + GAP) - GAP, HEADER_INCHES + TILE + CAPTION
    drawn = figure(width, height, theme)
    drawn.set_layout_engine(None)
    header(drawn, title, subtitle, theme)
    limit = float(np.abs(maps).max()) or 1.0
    spoken = ["the picture", *class_names(names)]
    gray = image.mean(-1) if image.ndim == 3 else image
    extent = (0.0, float(image.shape[1]), float(image.shape[0]), 0.0)
    for number in range(count):
        left = MARGIN + number * (TILE + GAP)
        axes = drawn.add_axes((left / width, CAPTION / height, TILE / width, TILE / height))
        blank(axes, theme)
        axes.imshow(gray if number else image, cmap="gray", vmin=0, vmax=255, interpolation="nearest", extent=extent)
        if number:
            axes.imshow(_veil(maps[number - 1] / limit, theme), interpolation="bilinear", extent=extent)
        text = spoken[number] + (f"  {100 * chances[number - 1]:.1f} %" if number else "")
        caption = axes.text(0, -0.05, text, transform=axes.transAxes, va="top", **font(9.5, theme.ink))
        shorten(caption, TILE, smallest=7)
    return drawn


def _veil(share: NDArray[Any], theme: Theme) -> NDArray[np.float64]:
    """Color a map: blue-green for, orange against, the more opaque the stronger."""
    from matplotlib.colors import to_rgb

    veil = np.empty((*share.shape, 4))
    veil[..., :3] = np.where(share[..., None] >= 0, to_rgb(theme.high), to_rgb(theme.low))
    veil[..., 3] = STRONGEST * np.abs(share)
    return veil
