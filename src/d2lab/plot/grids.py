"""Small tables of numbers side by side: kernels over images, padding, stride, pooling, columns of windows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from d2lab.core.errors import ConfigError
from d2lab.plot.font import drawable
from d2lab.plot.theme import HEADER_INCHES, LIGHT, Theme, blank, figure, font, header

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure

CELL = 0.4  # inches of a cell's side
LEAST_WIDTH = 4.4  # inches, so that the headline has room
Box = tuple[int, int, int, int]  # first row, first column, rows, columns


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """A table of numbers.

    Args:
        values: [rows, columns]; NaN is an empty cell.
        name: written above.
        marked: boxes (row, column, rows, columns) in the colors of the series: box 0 of each grid belongs together.
        faint: cells that are only added around, such as padding: rows and columns of that width on each side.
        before: a sign between this grid and the one before it: "*", "=", "+".
        spec: how a number is written.
        shaded: color the cells by their values.
    """

    values: ArrayLike
    name: str = ""
    marked: Sequence[Box] = ()
    faint: int = 0
    before: str = ""
    spec: str = "g"
    shaded: bool = False
    table: NDArray[np.float64] = field(init=False, repr=False)  # the values as numbers

    def __post_init__(self) -> None:
        table = np.asarray(self.values, dtype=np.float64)
        if table.ndim != 2 or not table.size:
            raise ConfigError(f"grid {self.name!r}", got=table.shape, need="rows and columns")
        object.__setattr__(self, "table", table)


def grids(
    tables: Sequence[Grid], theme: Theme = LIGHT, *, title: str, subtitle: str = "", cell: float | int = CELL
) -> "matplotlib.figure.Figure":
    """Draw tables in a row, their middles level.

    Args:
        tables: from left to right.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.
        cell: side of a cell, inches.

    Raises:
        ConfigError: there is no table.
    """
    if not tables:
        raise ConfigError("tables", got="none", need="one or more")
    tallest = max(grid.table.shape[0] for grid in tables)
    gaps = [1.4 if grid.before else 0.7 for grid in tables]
    gaps[0] = 0.2
    columns = sum(gaps) + sum(grid.table.shape[1] for grid in tables) + 0.2
    width = max(LEAST_WIDTH, columns * cell)
    drawn = figure(width, HEADER_INCHES + (tallest + 1.2) * cell, theme)
    axes = drawn.subplots()
    blank(axes, theme)
    left = (width / cell - columns) / 2
    for grid, gap in zip(tables, gaps, strict=True):
        top = (tallest - grid.table.shape[0]) / 2
        if grid.before:
            axes.text(left + gap / 2, tallest / 2, grid.before, ha="center", va="center", **font(14, theme.ink))
        left += gap
        _grid(axes, grid, left, top, theme, cell)
        left += grid.table.shape[1]
    axes.set_xlim(0, width / cell)
    axes.set_ylim(tallest + 0.2, -1.0)
    axes.set_aspect("equal")
    header(drawn, title, subtitle, theme)
    return drawn


def _grid(
    axes: "matplotlib.axes.Axes", grid: Grid, left: float | int, top: float | int, theme: Theme, cell: float | int
) -> None:
    """Draw one table with its name and its boxes."""
    from matplotlib.patches import Rectangle

    rows, columns = grid.table.shape
    for row in range(rows):
        for column in range(columns):
            value = grid.table[row, column]
            outside = min(row, column, rows - 1 - row, columns - 1 - column) < grid.faint
            look: dict[str, Any] = {"facecolor": _color(grid, value, theme), "edgecolor": theme.grid, "linewidth": 1}
            if outside:
                look |= {"facecolor": theme.grid, "alpha": 0.45}
            axes.add_patch(Rectangle((left + column, top + row), 1, 1, **look))
            if not np.isnan(value):
                place = (left + column + 0.5, top + row + 0.5)
                ink = theme.muted if outside else _ink(grid, value, theme)
                size = min(10.5, 26 * cell)
                axes.text(*place, format(value, grid.spec), ha="center", va="center", **font(size, ink))
    for number, (row, column, height, width) in enumerate(grid.marked):
        box: dict[str, Any] = {"facecolor": "none", "edgecolor": theme.line(number + 1), "linewidth": 2.4}
        axes.add_patch(Rectangle((left + column, top + row), width, height, zorder=3, **box))
    name: dict[str, Any] = {"ha": "center", "va": "bottom", **font(9.5, theme.muted)}
    axes.text(left + columns / 2, top - 0.2, drawable(grid.name), **name)


def _share(grid: Grid, value: float | int) -> float:
    largest = float(np.nanmax(np.abs(grid.table)))
    return float(value) / largest if largest else 0.0


def _color(grid: Grid, value: float | int, theme: Theme) -> Any:  # noqa: ANN401 (a color of matplotlib's)
    if not grid.shaded or np.isnan(value):
        return theme.background
    return theme.diverging()(0.5 + 0.5 * _share(grid, value))


def _ink(grid: Grid, value: float | int, theme: Theme) -> str:
    """Write on a strong color in the color of the paper."""
    return theme.background if grid.shaded and abs(_share(grid, value)) > 0.6 else theme.ink
