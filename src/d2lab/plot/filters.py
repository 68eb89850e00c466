"""The weights of a first layer as images."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from d2lab.core.errors import ConfigError
from d2lab.plot.font import families
from d2lab.plot.mosaic import mosaic
from d2lab.plot.theme import HEADER_INCHES, LIGHT, Theme, blank, figure, header

if TYPE_CHECKING:
    import matplotlib.figure

MOST_TILES = 128
TILE, LARGE_TILE = 0.62, 0.95  # inches; large where there are few
FEW_TILES = 16


def filters(weights: NDArray[Any], theme: Theme = LIGHT) -> "matplotlib.figure.Figure":
    """Draw weights as tiles on one scale with zero in its middle, the input channels of a unit side by side.

    Args:
        weights: `[out in height width]`, or `[out height width]` for the rows of a linear layer on images; the
            first units that fit into 128 tiles are drawn.
        theme: `LIGHT` or `DARK`.

    Raises:
        ConfigError: the array has another shape, no number in it, or one that is not finite.
    """
    units = _units(weights)
    out, channels, height, width = units.shape
    shown = min(out, max(1, MOST_TILES // channels))
    across = min(channels, MOST_TILES)  # a first layer with more inputs than tiles shows the first ones
    columns = max(1, round(np.sqrt(shown * 1.8 * height / (across * width)))) if across < 8 else 1
    columns = min(columns, shown)
    rows = -(-shown // columns)
    tiles = mosaic(units[:shown, :across], rows, columns)
    inches = (LARGE_TILE if shown * across <= FEW_TILES else TILE) / max(height, width)
    size = max(tiles.shape[1] * inches + 1.1, 3.0), tiles.shape[0] * inches + HEADER_INCHES + 0.15
    drawn = figure(*size, theme)
    limit = float(np.abs(units).max()) or 1.0
    part = f"{shown} of {out} units" if shown < out else f"{out} units"
    detail = f"{channels} × {height} × {width} weights each"
    header(drawn, f"first layer: {part}", detail, theme)
    axes = drawn.subplots()
    blank(axes, theme)
    image = axes.imshow(tiles, cmap=theme.diverging(), vmin=-limit, vmax=limit, interpolation="nearest")
    bar = drawn.colorbar(image, ax=axes, ticks=[-limit, 0, limit], format=_signed, aspect=24, pad=0.02)
    bar.outline.set_edgecolor(theme.grid)
    bar.ax.tick_params(color=theme.grid, labelcolor=theme.muted, labelsize=8, labelfontfamily=families())
    return drawn


def _signed(value: float | int, _: object = None) -> str:
    return "0" if value == 0 else f"{value:+.2g}".replace("-", "\N{MINUS SIGN}")


def _units(weights: NDArray[Any]) -> NDArray[np.float64]:
    if weights.dtype.kind != "f" or weights.ndim not in {3, 4} or weights.size == 0:
        need = "floating-point [out in height width] or [out height width]"
        raise ConfigError("weights", got=f"{weights.dtype} {weights.shape}", need=need)
    if not np.isfinite(weights).all():
        raise ConfigError("weights", got="NaN or infinity", need="finite numbers", fix="The run has diverged.")
    units = weights[:, None] if weights.ndim == 3 else weights
    return units.astype(np.float64)
