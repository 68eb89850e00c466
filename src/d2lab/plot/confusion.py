"""The confusion matrix: how often each class was predicted for each."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from d2lab.core.errors import ConfigError
from d2lab.plot.font import class_names, families
from d2lab.plot.theme import LIGHT, Theme, figure, font, header

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure

MOST_COUNTED = 30  # classes; with more the cells are too small for numbers


def confusion(matrix: NDArray[Any], names: Sequence[str], theme: Theme = LIGHT) -> "matplotlib.figure.Figure":
    """Draw a confusion matrix: the number is the count, the color its share of the row (of the true class).

    Args:
        matrix: counts, true class in rows, predicted class in columns.
        names: one per class.
        theme: `LIGHT` or `DARK`.

    Raises:
        ConfigError: the matrix is not square, not of counts or empty, or the names don't fit it.
    """
    _check(matrix, names)
    classes, total = len(names), int(matrix.sum())
    rows = matrix.sum(1, keepdims=True)
    shares = matrix / np.maximum(rows, 1)  # a class that never occurred has an empty row
    side = float(np.clip(0.46 * classes, 2.6, 12.0))  # inches of the square
    drawn = figure(side + 2.2, side + 1.9, theme)
    right = int(matrix.trace())
    header(drawn, f"accuracy {100 * right / total:.2f} %", f"{right:,} of {total:,} right", theme)
    axes = drawn.subplots()
    image = axes.imshow(shares, cmap=theme.sequential(), vmin=0, vmax=1, interpolation="nearest")
    _name_axes(axes, class_names(names), side, theme)
    if classes <= MOST_COUNTED:
        _write_counts(axes, matrix, shares, side, theme)
    bar = drawn.colorbar(image, ax=axes, fraction=0.045, pad=0.03, format=_percent)
    bar.outline.set_visible(False)
    bar.ax.tick_params(color=theme.grid, labelcolor=theme.muted, labelsize=8, labelfontfamily=families())
    bar.ax.set_title("of row", **font(8, theme.muted))
    return drawn


def _percent(share: float | int, _: object = None) -> str:
    return f"{100 * share:.0f} %"


def _check(matrix: NDArray[Any], names: Sequence[str]) -> None:
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.dtype.kind not in "iu":
        raise ConfigError("matrix", got=f"{matrix.dtype} {matrix.shape}", need="a square of whole numbers")
    if matrix.shape[0] != len(names):
        raise ConfigError("names", got=f"{len(names)}", need=f"{matrix.shape[0]}, one per class")
    if matrix.size == 0 or matrix.min() < 0 or matrix.sum() == 0:
        raise ConfigError("matrix", got="no counts, or negative ones", need="counts of at least one answer")


def _name_axes(axes: "matplotlib.axes.Axes", names: Sequence[str], side: float, theme: Theme) -> None:
    cell = side / len(names)  # inches
    size = float(np.clip(72 * cell * 0.55, 4, 9.5))
    long = max(len(name) for name in names) * size * 0.75 / 72 > cell  # a Chinese letter is about one size wide
    turn: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if long else {}
    places = np.arange(len(names))
    axes.set_xticks(places, names, **font(size, theme.muted), **turn)
    axes.set_yticks(places, names, **font(size, theme.muted))
    axes.tick_params(length=0)
    axes.set_xlabel("predicted", **font(9.5, theme.ink))
    axes.set_ylabel("true", **font(9.5, theme.ink))
    for spine in axes.spines.values():
        spine.set_color(theme.grid)


def _write_counts(
    axes: "matplotlib.axes.Axes", matrix: NDArray[Any], shares: NDArray[Any], side: float, theme: Theme
) -> None:
    letters = len(str(matrix.max()))
    size = float(np.clip(72 * side / len(matrix) / (0.8 * max(letters, 3)), 3.5, 10))
    for (row, place), count in np.ndenumerate(matrix):
        ink = theme.background if shares[row, place] > 0.55 else theme.ink if count else theme.muted
        axes.text(place, row, str(count), ha="center", va="center", **font(size, ink))
