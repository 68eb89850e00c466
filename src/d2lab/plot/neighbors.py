"""Which tokens have vectors that point the same way."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from d2lab.core.errors import ConfigError
from d2lab.plot.font import drawable
from d2lab.plot.theme import HEADER_INCHES, LIGHT, Theme, blank, figure, font, header

if TYPE_CHECKING:
    import matplotlib.figure

ROW, COLUMN, FIRST = 0.34, 1.02, 1.2  # inches


def neighbors(
    rows: Sequence[tuple[str, Sequence[tuple[str, float]]]],
    theme: Theme = LIGHT,
    *,
    title: str,
    subtitle: str = "",
) -> "matplotlib.figure.Figure":
    """Draw a row for each token: its nearest ones, the nearest first, each with the cosine of the angle between.

    Args:
        rows: a token, and its neighbors with their cosines.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.

    Raises:
        ConfigError: there is no token, or one without neighbors.
    """
    if not rows or not all(near for _, near in rows):
        raise ConfigError("neighbors", got="none", need="one or more of one token or more")
    from matplotlib.patches import Rectangle

    columns = max(len(near) for _, near in rows)
    width, height = FIRST + COLUMN * columns, ROW * len(rows)
    drawn = figure(max(width + 0.3, 4.6), height + HEADER_INCHES + 0.2, theme)
    header(drawn, title, subtitle, theme)
    axes = drawn.subplots()
    blank(axes, theme)
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    strong = theme.sequential()
    for place, (token, near) in enumerate(rows):
        middle = ROW * (place + 0.5)
        axes.text(FIRST - 0.25, middle, drawable(token), ha="right", va="center", **font(10.5, theme.ink))
        for column, (other, cosine) in enumerate(near):
            left, share = FIRST + COLUMN * column, min(1.0, max(0.0, cosine))
            box = (left, ROW * place + 0.03)
            axes.add_patch(Rectangle(box, COLUMN - 0.06, ROW - 0.06, facecolor=strong(share), edgecolor=theme.grid))
            ink = theme.background if share > 0.55 else theme.ink
            axes.text(left + 0.1, middle, drawable(other), ha="left", va="center", **font(10, ink))
            said = f"{cosine:.2f}".replace("-", "\N{MINUS SIGN}")
            axes.text(left + COLUMN - 0.14, middle, said, ha="right", va="center", **font(7.5, ink))
    return drawn
