"""Drawings of mechanisms: boxes with numbers in them, words and arrows, placed by hand on a grid.

A lesson draws with it what no measurement shows: a window over a series, states along time, a tree of merges. One unit
is the side of a cell; the second coordinate grows downward, as one reads.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from d2lab.core.errors import ConfigError
from d2lab.plot.font import drawable
from d2lab.plot.theme import HEADER_INCHES, LIGHT, Theme, blank, figure, font, header

if TYPE_CHECKING:
    import matplotlib.figure

CELL = 0.42  # inches of a unit: eleven fit a phone with letters that can be read
TEXT = 10.5  # points
Number = float | int
Place = tuple[Number, Number]
Side = Literal["left", "center", "right"]


class Diagram:
    """A drawing of `width` by `height` cells; colors are numbers of the theme's series, None is quiet.

    Args:
        width: cells from left to right.
        height: cells from top to bottom.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.
        cell: side of a cell, inches.

    Raises:
        ConfigError: a side is not positive.
    """

    def __init__(
        self,
        width: Number,
        height: Number,
        theme: Theme = LIGHT,
        *,
        title: str,
        subtitle: str = "",
        cell: Number = CELL,
    ) -> None:
        if not (width > 0 and height > 0):
            raise ConfigError("the sides of a diagram", got=(width, height), need="two above 0")
        self.theme = theme
        self.figure: matplotlib.figure.Figure = figure(width * cell + 0.24, height * cell + HEADER_INCHES, theme)
        self._axes = self.figure.subplots()
        blank(self._axes, theme)
        self._axes.set_xlim(0, width)
        self._axes.set_ylim(height, 0)
        self._axes.set_aspect("equal")
        header(self.figure, title, subtitle, theme)

    def box(
        self,
        place: Place,
        text: str = "",
        *,
        size: tuple[Number, Number] = (1, 1),
        color: int | None = None,
        filled: bool = False,
    ) -> None:
        """Draw a box with a text in its middle.

        Args:
            place: its left upper corner.
            text: a number or a word.
            size: width and height.
            color: of its frame, or of the whole where it is filled.
            filled: strongly, with the text in the color of the paper.
        """
        from matplotlib.patches import FancyBboxPatch

        line = self.theme.muted if color is None else self.theme.line(color)
        look: dict[str, Any] = {"boxstyle": "round,pad=0,rounding_size=0.12", "edgecolor": line, "linewidth": 1.4}
        look |= {"facecolor": line if filled else self.theme.background}
        inset = 0.06
        corner = (place[0] + inset, place[1] + inset)
        self._axes.add_patch(FancyBboxPatch(corner, size[0] - 2 * inset, size[1] - 2 * inset, **look))
        middle = (place[0] + size[0] / 2, place[1] + size[1] / 2)
        self._write(middle, text, "center", TEXT, self.theme.background if filled else self.theme.ink)

    def row(
        self, place: Place, texts: Sequence[object], *, colors: Sequence[int | None] = (), filled: bool = False
    ) -> None:
        """Draw boxes side by side.

        Args:
            place: left upper corner of the first.
            texts: one a box.
            colors: one a box; quiet where there is none.
            filled: as `box` takes it.
        """
        for number, text in enumerate(texts):
            color = colors[number] if number < len(colors) else None
            self.box((place[0] + number, place[1]), str(text), color=color, filled=filled and color is not None)

    def text(
        self, place: Place, words: str, *, align: Side = "center", size: Number = TEXT, color: int | None = None
    ) -> None:
        """Write words level with a place.

        Args:
            place: of their middle, or of the side named by `align`.
            words: on one line.
            align: which part of the words stands at the place.
            size: points.
            color: number of a series; None is ink of second rank.
        """
        self._write(place, words, align, size, self.theme.muted if color is None else self.theme.line(color))

    def arrow(self, start: Place, end: Place, *, color: int | None = None, curve: Number = 0) -> None:
        """Draw an arrow.

        Args:
            start: where it begins.
            end: where its head is.
            color: number of a series; None is quiet.
            curve: how far it bows to a side, as a share of its length.
        """
        line = self.theme.muted if color is None else self.theme.line(color)
        look: dict[str, Any] = {"arrowstyle": "-|>", "color": line, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 0}
        look |= {"connectionstyle": f"arc3,rad={curve}", "mutation_scale": 10}
        self._axes.annotate("", xy=end, xytext=start, arrowprops=look)

    def bracket(self, left: Number, right: Number, level: Number, words: str = "", *, color: int | None = None) -> None:
        """Draw a line over a span, with words above its middle.

        Args:
            left: where the span begins.
            right: where it ends.
            level: height of the line.
            words: what the span is.
            color: number of a series; None is quiet.
        """
        line = self.theme.muted if color is None else self.theme.line(color)
        across, up = [left, left, right, right], [level + 0.18, level, level, level + 0.18]
        self._axes.plot(across, up, color=line, linewidth=1.4, solid_joinstyle="miter")
        self.text(((left + right) / 2, level - 0.32), words, color=color)

    def _write(self, place: Place, words: str, align: Side, size: Number, color: str) -> None:
        style: dict[str, Any] = {"ha": align, "va": "center", **font(size, color)}
        self._axes.text(*place, drawable(words), **style)
