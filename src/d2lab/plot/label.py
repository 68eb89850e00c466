"""Labels at the ends of lines, moved apart until none hides another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from d2lab.plot.font import drawable
from d2lab.plot.theme import Theme, font

if TYPE_CHECKING:
    import matplotlib.axes

LABEL_SIZE = 9.0  # points


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """The last point of a line, in data coordinates, and what to write there."""

    x: float
    y: float
    text: str
    color: str
    marker: str


def label_ends(axes: "matplotlib.axes.Axes", ends: Sequence[End], theme: Theme) -> None:
    """Write each label right of the axes, level with its line's end where there is room, its marker before it.

    Call it after the limits and scales of the axes are final.
    """
    axes.get_ylim()  # asks matplotlib to work out limits that it has put off; transData alone would use old ones
    below = axes.transData + axes.transAxes.inverted()  # data -> share of the axes
    heights = [float(below.transform((end.x, end.y))[1]) for end in ends]
    inches = axes.figure.bbox.height / axes.figure.dpi * 0.62  # what header and ticks leave, or a bit less
    gap = 1.35 * LABEL_SIZE / 72 / inches
    for end, height in zip(ends, spread(heights, gap), strict=True):
        pointer: dict[str, Any] = {"arrowstyle": "-", "color": end.color, "linewidth": 0.9, "linestyle": (0, (1, 1.6))}
        pointer |= {"shrinkA": 0, "shrinkB": 4}
        axes.annotate(
            drawable(end.text),
            xy=(end.x, end.y),
            xytext=(1.075, height),
            textcoords="axes fraction",
            va="center",
            annotation_clip=False,
            **font(LABEL_SIZE, theme.ink),
        )
        start: dict[str, Any] = {"xytext": (1.03, height), "textcoords": "axes fraction", "annotation_clip": False}
        axes.annotate("", xy=(end.x, end.y), arrowprops=pointer, **start)
        key: dict[str, Any] = {"marker": end.marker, "markersize": 5, "color": end.color, "clip_on": False}
        axes.plot([1.05], [height], transform=axes.transAxes, gid="key", **key)


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Move heights apart to at least `gap`, keeping their order, within 0 to 1 where all fit, as little as needed.

    Heights that collide become one block around their mean (least squares under an order is the pooling of
    neighbors that violate it).

    Source: Barlow, Bartholomew, Bremner, Brunk 1972, "Statistical Inference under Order Restrictions", section 1.2.
    Changed: a shift by `gap` per rank turns "apart by gap" into "in order".
    """
    order = np.argsort(heights, kind="stable")
    blocks: list[tuple[float, int]] = []  # (mean of shifted heights, how many)
    for rank, place in enumerate(order):
        mean, size = heights[place] - rank * gap, 1
        while blocks and blocks[-1][0] >= mean:
            before, count = blocks.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        blocks.append((mean, size))
    highest = max(1 - (len(heights) - 1) * gap, 0)  # of the shifted heights
    shifted = [min(max(mean, 0), highest) for mean, size in blocks for _ in range(size)]
    result = [0.0] * len(heights)
    for rank, place in enumerate(order):
        result[place] = shifted[rank] + rank * gap
    return result
