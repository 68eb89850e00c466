"""A multilayer perceptron as a diagram: circles in columns, a line for every weight."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from d2lab.core.errors import ConfigError
from d2lab.plot.font import drawable
from d2lab.plot.theme import HEADER_INCHES, LIGHT, Theme, blank, figure, font, header

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure

MOST = 9  # circles of a column; a wider layer shows its first and last ones and dots between
RADIUS = 0.2


def neurons(
    widths: Sequence[int],
    theme: Theme = LIGHT,
    *,
    title: str,
    subtitle: str = "",
    names: Sequence[str] = (),
    units: Sequence[Sequence[str]] = (),
) -> "matplotlib.figure.Figure":
    """Draw the layers from left to right.

    Args:
        widths: units of each layer, the inputs first.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.
        names: of the layers, written below them.
        units: what is written into the circles, a list a layer; empty leaves them blank.

    Raises:
        ConfigError: fewer than two layers, or one without units.
    """
    if len(widths) < 2 or min(widths) < 1:
        raise ConfigError("widths", got=tuple(widths), need="two layers or more, of one unit or more")
    shown = [min(width, MOST) for width in widths]
    tallest = max(shown)
    drawn = figure(max(4.6, 1.7 * len(widths)), HEADER_INCHES + 0.5 * tallest + 0.6, theme)
    axes = drawn.subplots()
    blank(axes, theme)
    places = [
        [(1.7 * layer, (tallest - count) / 2 + unit) for unit in range(count)] for layer, count in enumerate(shown)
    ]
    gone = [{count // 2} if width > MOST else set() for width, count in zip(widths, shown, strict=True)]
    for layer in range(len(widths) - 1):
        for i, start in enumerate(places[layer]):
            for j, end in enumerate(places[layer + 1]):
                if i not in gone[layer] and j not in gone[layer + 1]:
                    axes.plot(*zip(start, end, strict=True), color=theme.grid, linewidth=1, zorder=0)
    for layer, column in enumerate(places):
        written = units[layer] if len(units) > layer else ()
        _column(axes, column, gone[layer], theme.line(layer), written, theme)
        if len(names) > layer:
            label: dict[str, Any] = {"ha": "center", "va": "top", **font(9.5, theme.muted)}
            axes.text(1.7 * layer, tallest - 0.25, drawable(names[layer]), **label)
    axes.set_xlim(-0.7, 1.7 * (len(widths) - 1) + 0.7)
    axes.set_ylim(tallest + 0.35, -0.5)
    axes.set_aspect("equal")
    header(drawn, title, subtitle, theme)
    return drawn


def _column(
    axes: "matplotlib.axes.Axes",
    column: Sequence[tuple[float, float]],
    gone: set[int],
    color: str,
    written: Sequence[str],
    theme: Theme,
) -> None:
    """Draw the circles of a layer."""
    from matplotlib.patches import Circle

    for unit, (x, y) in enumerate(column):
        if unit in gone:
            axes.text(x, y, "⋮", ha="center", va="center", **font(14, theme.muted))
            continue
        circle: dict[str, Any] = {"facecolor": theme.background, "edgecolor": color, "linewidth": 1.8, "zorder": 2}
        axes.add_patch(Circle((x, y), RADIUS * 1.4, **circle))
        if len(written) > unit:
            label: dict[str, Any] = {"ha": "center", "va": "center", "zorder": 3, **font(9, theme.ink)}
            axes.text(x, y, drawable(written[unit]), **label)
