"""A quantity over a plane as contours, and paths that walk on it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from d2lab.core.errors import ConfigError
from d2lab.plot.font import drawable
from d2lab.plot.theme import LIGHT, Theme, dress, figure, font, header

if TYPE_CHECKING:
    import matplotlib.figure

LEVELS = 14
MARKED_POINTS = 60  # a path with more is a line alone


def surface(
    across: ArrayLike,
    up: ArrayLike,
    heights: ArrayLike,
    paths: Mapping[str, ArrayLike] | None = None,
    theme: Theme = LIGHT,
    *,
    title: str,
    subtitle: str = "",
    horizontal: str,
    vertical: str,
    log: bool = True,
    best: tuple[float | int, float | int] | None = None,
) -> "matplotlib.figure.Figure":
    """Draw contours of a surface with paths upon it; the darker, the higher.

    Args:
        across: places along the horizontal axis.
        up: places along the vertical axis.
        heights: a number for each place, a row each of `up`.
        paths: points (across, up) in their order, by name; a path ends in a dot.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.
        horizontal: name of the axis.
        vertical: name of the axis.
        log: space the contours by factors; otherwise evenly.
        best: marked with a cross.

    Raises:
        ConfigError: the heights do not fit the places, or are not positive where contours go by factors.
    """
    x, y, z = (np.asarray(values, dtype=np.float64) for values in (across, up, heights))
    if z.shape != (len(y), len(x)):
        raise ConfigError("heights", got=z.shape, need=f"a row each of up, a column each of across: {len(y), len(x)}")
    if log and not z.min() > 0:
        raise ConfigError("heights", got=float(z.min()), need="numbers above 0 for log=True", fix="Set log=False.")
    drawn = figure(6.4, 5.4, theme)
    axes = drawn.subplots()
    dress(axes, theme, title=drawable(vertical), horizontal=drawable(horizontal))
    space = np.geomspace if log else np.linspace
    levels = space(z.min(), z.max(), LEVELS)
    axes.contourf(x, y, np.log(z) if log else z, np.log(levels) if log else levels, cmap=theme.sequential(), alpha=0.5)
    axes.contour(x, y, z, levels, colors=theme.grid, linewidths=0.8)
    for number, (name, points) in enumerate((paths or {}).items()):
        walked = np.asarray(points, dtype=np.float64)
        color = theme.line(number + 1)
        mark = "o" if len(walked) <= MARKED_POINTS else None
        axes.plot(
            walked[:, 0], walked[:, 1], color=color, marker=mark, markersize=3, linewidth=1.5, label=drawable(name)
        )
        axes.plot(*walked[-1], "o", color=color, markersize=7, markeredgecolor=theme.background)
    if best is not None:
        axes.plot(*best, "x", color=theme.ink, markersize=9, markeredgewidth=2)
    axes.set_xlim(x.min(), x.max())
    axes.set_ylim(y.min(), y.max())
    if paths:
        text = font(9.5, theme.ink)
        box = axes.legend(frameon=True, facecolor=theme.background, edgecolor=theme.grid, labelcolor=theme.ink)
        for label in box.get_texts():
            label.set_fontfamily(text["fontfamily"])
    header(drawn, title, subtitle, theme)
    return drawn
