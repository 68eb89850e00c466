"""Counts or rates side by side, one bar each, or a table of counts by row and column."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from d2lab.core.errors import ConfigError
from d2lab.plot.font import drawable
from d2lab.plot.theme import HEADER_INCHES, LIGHT, Theme, blank, dress, figure, font, header

if TYPE_CHECKING:
    import matplotlib.figure

ROW, FRAME, WIDTH = 0.4, 0.5, 6.4  # inches: of a bar with the space around it, of the axis, of the figure
CELL = (1.15, 0.42)  # inches of a cell of the table
NAMES = 1.9  # inches beside the table


def counts(
    numbers: Mapping[str, int], theme: Theme = LIGHT, *, title: str, subtitle: str = "", horizontal: str = ""
) -> "matplotlib.figure.Figure":
    """Draw a bar for each count, its number behind it.

    Args:
        numbers: by name, from the top down.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.
        horizontal: what is counted.

    Raises:
        ConfigError: there is none, or one is below 0.
    """
    if not numbers or min(numbers.values()) < 0:
        raise ConfigError("counts", got=dict(numbers), need="one or more, none below 0")
    from matplotlib.ticker import MaxNLocator

    drawn = _bars(numbers, max(1, *numbers.values()), ",", theme, horizontal)
    drawn.axes[0].xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True))
    header(drawn, title, subtitle, theme)
    return drawn


def rates(
    numbers: Mapping[str, float], theme: Theme = LIGHT, *, title: str, subtitle: str = "", horizontal: str = ""
) -> "matplotlib.figure.Figure":
    """Draw a bar for each rate from 0 to 1, its number behind it.

    Args:
        numbers: by name, from the top down.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.
        horizontal: what the rates are of.

    Raises:
        ConfigError: there is none, or one is not from 0 to 1.
    """
    if not numbers or not all(0 <= number <= 1 for number in numbers.values()):
        raise ConfigError("rates", got=dict(numbers), need="one or more, from 0 to 1")
    drawn = _bars(numbers, 1, ".3f", theme, horizontal)
    header(drawn, title, subtitle, theme)
    return drawn


def _bars(
    numbers: Mapping[str, int] | Mapping[str, float], most: float | int, form: str, theme: Theme, horizontal: str
) -> "matplotlib.figure.Figure":
    """Draw a bar for each number, which is written behind it."""
    drawn = figure(WIDTH, HEADER_INCHES + FRAME + ROW * len(numbers), theme)
    axes = drawn.subplots()
    dress(axes, theme, horizontal=drawable(horizontal))
    axes.grid(visible=False, axis="y")
    places = range(len(numbers))
    axes.barh(places, list(numbers.values()), height=0.62, color=theme.line(0))
    for place, number in zip(places, numbers.values(), strict=True):
        style: dict[str, Any] = {"va": "center", "ha": "left", **font(9.5, theme.ink)}
        axes.text(number + 0.012 * most, place, f"{number:{form}}", **style)
    axes.set_yticks(places, [drawable(name) for name in numbers], **font(9.5, theme.ink))
    axes.set(ylim=(len(numbers) - 0.5, -0.5), xlim=(0, 1.13 * most))
    return drawn


def count_table(
    numbers: ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str],
    theme: Theme = LIGHT,
    *,
    title: str,
    subtitle: str = "",
) -> "matplotlib.figure.Figure":
    """Draw a table of counts; the color of a cell is its share of its column.

    Args:
        numbers: `[row, column]`, none below 0.
        rows: a name each.
        columns: a name each.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.

    Raises:
        ConfigError: the names do not fit the table, or it holds no counts.
    """
    table = np.asarray(numbers)
    fits = table.shape == (len(rows), len(columns)) and table.size
    if not fits or table.dtype.kind not in "iu" or table.min() < 0:
        need = f"whole numbers [{len(rows)}, {len(columns)}], none below 0"
        raise ConfigError("the table of counts", got=f"{table.dtype} {table.shape}", need=need)
    width, height = (cell * count for cell, count in zip(CELL, (len(columns), len(rows)), strict=True))
    drawn = figure(max(WIDTH, NAMES + width + 0.4), HEADER_INCHES + height + 0.5, theme)
    drawn.set_layout_engine(None)
    whole = drawn.get_figwidth(), drawn.get_figheight()
    axes = drawn.add_axes((NAMES / whole[0], 0.12 / whole[1], width / whole[0], height / whole[1]))
    blank(axes, theme)
    shares = table / np.maximum(table.sum(0, keepdims=True), 1)
    axes.imshow(shares, cmap=theme.sequential(), vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    for (row, column), number in np.ndenumerate(table):
        share = shares[row, column]
        ink = theme.background if share > 0.55 else theme.ink if number else theme.muted
        axes.text(column, row, f"{number:,}", ha="center", va="center", **font(9.5, ink))
    axes.set_yticks(range(len(rows)), [drawable(name) for name in rows], **font(9, theme.ink))
    axes.set_xticks(range(len(columns)), [drawable(name) for name in columns], **font(9, theme.ink))
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    header(drawn, title, subtitle, theme)
    return drawn
