"""Which layers of two models say the same."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from d2lab.core.errors import ConfigError
from d2lab.plot.font import drawable
from d2lab.plot.theme import LIGHT, Theme, figure, font, header

if TYPE_CHECKING:
    import matplotlib.figure

CELL = 0.46  # inches


def similarity(
    table: NDArray[Any],
    ours: Sequence[str],
    theirs: Sequence[str],
    theme: Theme = LIGHT,
    *,
    title: str,
    subtitle: str = "",
    axes_names: tuple[str, str] = ("", ""),
) -> "matplotlib.figure.Figure":
    """Draw how alike each layer of one model is to each of another: 0 nothing in common, 1 the same.

    Args:
        table: `[ours theirs]`, at most 1.
        ours: names of the rows.
        theirs: names of the columns.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.
        axes_names: what the rows and the columns are layers of.

    Raises:
        ConfigError: the table doesn't fit the names, or holds what is no similarity.
    """
    if table.shape != (len(ours), len(theirs)) or not table.size:
        raise ConfigError("similarities", got=table.shape, need=f"({len(ours)}, {len(theirs)}), one or more")
    if not (np.isfinite(table).all() and table.max() <= 1.0001):
        raise ConfigError("similarities", got=f"{table.min()} to {table.max()}", need="numbers up to 1")
    drawn = figure(max(CELL * len(theirs) + 2.6, 4.6), CELL * len(ours) + 2.4, theme)
    header(drawn, title, subtitle, theme)
    axes = drawn.subplots()
    axes.imshow(table.clip(0, 1), cmap=theme.sequential(), vmin=0, vmax=1, interpolation="nearest")
    turn: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(range(len(theirs)), [drawable(name) for name in theirs], **font(9, theme.muted), **turn)
    axes.set_yticks(range(len(ours)), [drawable(name) for name in ours], **font(9, theme.muted))
    axes.set_ylabel(drawable(axes_names[0]), **font(9.5, theme.ink))
    axes.set_xlabel(drawable(axes_names[1]), **font(9.5, theme.ink))
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_color(theme.grid)
    for (row, place), value in np.ndenumerate(table):
        ink = theme.background if value > 0.55 else theme.ink
        text = f"{value:.2f}".replace("-", "\N{MINUS SIGN}")
        axes.text(place, row, text, ha="center", va="center", **font(9, ink))
    return drawn
