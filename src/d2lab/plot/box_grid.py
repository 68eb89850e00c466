"""Images in a grid, each with the boxes of its objects and of what was found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from d2lab.core.errors import ConfigError
from d2lab.plot.boxes import DASHES, MISSED, MarkedBoxes, draw_boxes, show_image
from d2lab.plot.font import drawable
from d2lab.plot.theme import HEADER_INCHES, LIGHT, Theme, figure, font, header, shorten

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure

GAP, CAPTION, KEY, MARGIN = 0.12, 0.22, 0.28, 0.12  # inches: between images, below one, of the key, around all
TALLEST = 1.6  # height of the room of an image over its width
BIG = 3.0  # inches of an image from which on letters and lines are larger


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BoxPanel:
    """An image with its boxes.

    Args:
        image: bytes or numbers 0 to 1, `[height width]` gray or `[height width 3]` in color.
        marked: its boxes; later ones are drawn above earlier ones.
        caption: a line below it.
    """

    image: ArrayLike
    marked: Sequence[MarkedBoxes] = ()
    caption: str = ""


def box_grid(
    panels: Sequence[BoxPanel],
    theme: Theme = LIGHT,
    *,
    title: str,
    subtitle: str = "",
    columns: int = 5,
    inches: float | int = 1.8,
    key: Mapping[str, str] | None = None,
) -> "matplotlib.figure.Figure":
    """Draw images with boxes, row by row; they may differ in size.

    Where boxes are marked as right, wrong or missed, a key below the header says which line is which.

    Args:
        panels: the images.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.
        columns: images a row.
        inches: width of an image; from 3 on letters and lines are larger.
        key: colors of what is painted on the images, by name; a key below the header says them.

    Raises:
        ConfigError: there is no image, or something is no image.
    """
    if not panels or columns < 1 or not inches > 0:
        raise ConfigError("images with boxes", got=(len(panels), columns, inches), need="1 or more of each")
    drawn, tiles = _tiles(panels, theme, columns, inches, keyed=bool(key))
    style: dict[str, Any] = {"width": 2.2, "size": 10} if inches >= BIG else {"width": 1.5, "size": 7}
    for panel, axes in zip(panels, tiles, strict=True):
        show_image(axes, panel.image, theme)
        for marked in panel.marked:
            draw_boxes(axes, marked, theme, **style)
    header(drawn, title, subtitle, theme)
    _draw_key(drawn, _handles(panels, key or {}, theme), theme)
    return drawn


def _kinds(panels: Sequence[BoxPanel]) -> list[str]:
    """Return the kinds that need a key, whether or not there is a box of each."""
    used = {marked.kind for panel in panels for marked in panel.marked}
    return [kind for kind in ("right", "wrong", "missed") if kind in used]


def _tiles(
    panels: Sequence[BoxPanel], theme: Theme, columns: int, inches: float | int, *, keyed: bool
) -> tuple["matplotlib.figure.Figure", list["matplotlib.axes.Axes"]]:
    """Place the images on a figure of just the right size, and write their captions."""
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    shapes = [np.shape(panel.image)[:2] for panel in panels]
    ratios = [shape[0] / shape[1] for shape in shapes if len(shape) == 2 and all(shape)]
    tall = inches * min(max(ratios, default=1), TALLEST)
    below = GAP + (CAPTION if any(panel.caption for panel in panels) else 0)
    above = HEADER_INCHES + (KEY if keyed or _kinds(panels) else 0)
    width = max(2 * MARGIN + columns * (inches + GAP) - GAP, 4.6)
    height = above + rows * (tall + below) + MARGIN - GAP
    drawn = figure(width, height, theme)
    drawn.set_layout_engine(None)
    tiles = []
    for number, panel in enumerate(panels):
        left = MARGIN + (number % columns) * (inches + GAP)
        bottom = height - above - tall - (number // columns) * (tall + below)
        axes = drawn.add_axes((left / width, bottom / height, inches / width, tall / height), anchor="N")
        if panel.caption:
            place = ((left + inches / 2) / width, (bottom - 0.05) / height)
            text = drawn.text(*place, drawable(panel.caption), ha="center", va="top", **font(8.5, theme.muted))
            shorten(text, inches + GAP / 2, smallest=6.5)
        tiles.append(axes)
    return drawn, tiles


def _handles(panels: Sequence[BoxPanel], key: Mapping[str, str], theme: Theme) -> dict[str, Any]:
    """Return what stands in the key before each word: a line as it is drawn, or a patch of a color."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    colors = {"right": theme.good, "wrong": theme.bad, "missed": theme.line(MISSED)}
    lines = {kind: Line2D([], [], color=colors[kind], linestyle=DASHES[kind], linewidth=2) for kind in _kinds(panels)}
    return lines | {name: Patch(color=color) for name, color in key.items()}


def _draw_key(drawn: "matplotlib.figure.Figure", handles: Mapping[str, Any], theme: Theme) -> None:
    """Say below the header which line or color is which."""
    if not handles:
        return
    place = (MARGIN / drawn.get_figwidth(), 1 - HEADER_INCHES / drawn.get_figheight())
    style = font(9, theme.ink)
    look: dict[str, Any] = {"frameon": False, "borderpad": 0, "borderaxespad": 0, "handlelength": 2.6}
    words = [drawable(name) for name in handles]
    key = drawn.legend(
        list(handles.values()), words, loc="upper left", bbox_to_anchor=place, ncols=len(handles), **look
    )
    for text in key.get_texts():
        text.set(color=style["color"], fontsize=style["fontsize"], fontfamily=style["fontfamily"])
