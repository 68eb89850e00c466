"""Class activation maps over an image: where a model sees each class."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from d2lab.core.errors import ConfigError
from d2lab.plot.font import class_names
from d2lab.plot.theme import HEADER_INCHES, LIGHT, Theme, blank, figure, font, header, shorten

if TYPE_CHECKING:
    import matplotlib.figure

TILE, GAP, CAPTION, MARGIN = 2.1, 0.14, 0.54, 0.16  # inches
STRONGEST = 0.85  # opacity where the evidence is greatest
DARKEST = 90  # gray under a veil, which would not show on black
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
    """Draw the image, then for each class the same under its map: one color for what speaks for it, one against.

    Each map has its own scale, which stands below it: the evidence for the likeliest class may be many times smaller
    than that for another, where other parts of the model decide.

    Args:
        image: uint8, `[height width]` or `[height width 3]`.
        maps: `[class height width]`, of any size; each is stretched over the image.
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
    spoken = ["the image", *class_names(names)]
    gray = DARKEST + (1 - DARKEST / 255) * (image.mean(-1) if image.ndim == 3 else image)
    extent = (0.0, float(image.shape[1]), float(image.shape[0]), 0.0)
    for number in range(count):
        left = MARGIN + number * (TILE + GAP)
        axes = drawn.add_axes((left / width, CAPTION / height, TILE / width, TILE / height))
        blank(axes, theme)
        axes.imshow(gray if number else image, cmap="gray", vmin=0, vmax=255, interpolation="nearest", extent=extent)
        lines = [(spoken[number], theme.ink)]
        if number:
            heat = maps[number - 1]
            axes.imshow(_veil(heat, theme), interpolation="bilinear", extent=extent)
            lines = [(f"{spoken[number]}  {100 * chances[number - 1]:.1f} %", theme.ink), (_scale(heat), theme.muted)]
        for line, (text, ink) in enumerate(lines):
            down = -(0.07 + 0.2 * line) / TILE
            shorten(axes.text(0, down, text, transform=axes.transAxes, va="top", **font(9.5, ink)), TILE, smallest=7)
    return drawn


def _scale(heat: NDArray[Any]) -> str:
    low, high = float(min(heat.min(), 0)), float(max(heat.max(), 0))
    return f"{low:.2g} to {high:.2g}".replace("-", "\N{MINUS SIGN}")


def _veil(heat: NDArray[Any], theme: Theme) -> NDArray[np.float64]:
    """Color a map: one color for, the other against, the more opaque the stronger."""
    from matplotlib.colors import to_rgb

    share = heat / (float(np.abs(heat).max()) or 1.0)
    veil = np.empty((*share.shape, 4))
    veil[..., :3] = np.where(share[..., None] >= 0, to_rgb(theme.high), to_rgb(theme.low))
    veil[..., 3] = STRONGEST * np.abs(share)
    return veil
