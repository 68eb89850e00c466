"""Boxes on images: of objects, detections or anchors, each with what is written at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from d2lab.core.errors import ConfigError
from d2lab.plot.font import class_names, drawable
from d2lab.plot.theme import LIGHT, Theme, blank, font

if TYPE_CHECKING:
    import matplotlib.axes

BoxKind = Literal["plain", "right", "wrong", "missed"]
KINDS: tuple[str, ...] = get_args(BoxKind)
# Not by color alone: a solid line, dashes, dots. Lengths in widths of the line.
DASHES: dict[str, Any] = {"plain": "solid", "right": "solid", "wrong": (0, (4, 1.8)), "missed": (0, (1, 1.2))}
MISSED = 3  # series of the theme
MARGIN = 0.02  # of the longest side, around an image: the line of a box at its edge is seen whole
CASING = 1.6  # points: the outline on both sides of a line together, which shows it on any image


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MarkedBoxes:
    """Boxes of one kind on one image.

    Args:
        boxes: (x1, y1, x2, y2) in pixels, `[n, 4]`; an image of w x h pixels covers [0, w] x [0, h].
        names: what is written at each, as `box_names` makes it; none writes nothing.
        kind: "right", "wrong" and "missed" have a color and a line of their own; "plain" boxes are colored by number.
        numbers: of each plain box, such as its class: equal numbers have one color; all are 0 unless given.
    """

    boxes: ArrayLike
    names: Sequence[str] = ()
    kind: BoxKind = "plain"
    numbers: Sequence[int] = ()

    def __post_init__(self) -> None:
        corners = self.corners
        if self.kind not in KINDS:
            raise ConfigError("kind of boxes", got=self.kind, need=", ".join(KINDS))
        if corners.shape[1:] != (4,) or not np.isfinite(corners).all():
            raise ConfigError("boxes", got=f"shape {corners.shape}", need="[n, 4], finite numbers of pixels")
        for what, values in (("names of boxes", self.names), ("numbers of boxes", self.numbers)):
            if len(values) not in (0, len(corners)):
                raise ConfigError(what, got=len(values), need=f"{len(corners)}, one a box, or none")

    @property
    def corners(self) -> NDArray[np.float64]:
        """The boxes as an array `[n, 4]`, of no boxes too."""
        found = np.asarray(self.boxes, dtype=np.float64)
        return found.reshape(0, 4) if found.size == 0 else found


def box_names(labels: Sequence[int], classes: Sequence[str], scores: Sequence[float] | None = None) -> list[str]:
    """Return what is written at boxes: the class, and the score where there is one.

    Args:
        labels: class number of each box.
        classes: names by number.
        scores: of each, 0 to 1.

    Raises:
        ConfigError: a class has no name, or the scores are not as many.

    >>> box_names([1, 0], ["cat", "dog"], [0.975, 0.2])
    ['dog: 0.97', 'cat: 0.20']
    """
    unknown = [label for label in labels if not 0 <= label < len(classes)]
    if unknown:
        raise ConfigError("labels of boxes", got=unknown[0], need=f"class numbers from 0 to {len(classes) - 1}")
    if scores is not None and len(scores) != len(labels):
        raise ConfigError("scores of boxes", got=len(scores), need=f"{len(labels)}, one a box")
    spoken = class_names(classes)
    names = [spoken[label] for label in labels]
    return names if scores is None else [f"{name}: {score:.2f}" for name, score in zip(names, scores, strict=True)]


def show_image(axes: "matplotlib.axes.Axes", image: ArrayLike, theme: Theme = LIGHT) -> None:
    """Draw an image so that pixel coordinates of boxes fit: w x h pixels cover [0, w] x [0, h].

    Matplotlib's own `imshow` puts the center of the first pixel at 0, half a pixel aside.

    Args:
        axes: to draw on; ticks and frame are taken away.
        image: bytes or numbers 0 to 1, `[height width]` gray or `[height width 3]` in color.
        theme: `LIGHT` or `DARK`.

    Raises:
        ConfigError: this is no image.
    """
    pixels = np.asarray(image)
    real = pixels.dtype.kind == "f"
    if not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)) or not pixels.size:
        raise ConfigError("image", got=f"shape {pixels.shape}", need="[height width] or [height width 3]")
    if not real and pixels.dtype != np.uint8:
        raise ConfigError("image", got=pixels.dtype, need="bytes, or numbers from 0 to 1")
    blank(axes, theme)
    height, width = pixels.shape[:2]
    look: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 1 if real else 255, "interpolation": "nearest"}
    axes.imshow(pixels.clip(0, 1) if real else pixels, extent=(0, width, height, 0), aspect="equal", **look)
    room = MARGIN * max(height, width)
    axes.set(xlim=(-room, width + room), ylim=(height + room, -room))


def draw_boxes(
    axes: "matplotlib.axes.Axes",
    marked: MarkedBoxes,
    theme: Theme = LIGHT,
    *,
    width: float | int = 1.6,
    size: float | int = 7.5,
) -> None:
    """Draw boxes, and at each what is written there; call it behind `show_image`.

    Names stand above the box, or in it at the upper edge of the image; those of missed objects stand below it. A name
    that would hide an earlier one stands elsewhere at its box, where there is room.

    Args:
        axes: to draw on, with an image or without.
        marked: the boxes.
        theme: `LIGHT` or `DARK`.
        width: of the lines, points.
        size: of the letters, points.
    """
    from matplotlib.collections import PolyCollection
    from matplotlib.patheffects import Normal, Stroke

    corners = marked.corners
    if not len(corners):
        return
    colors = box_colors(marked, theme)
    outlines = corners[:, [[0, 1], [2, 1], [2, 3], [0, 3]]]  # box corner 2
    lines = PolyCollection(
        list(outlines), facecolors="none", edgecolors=colors, linewidths=width, linestyles=DASHES[marked.kind]
    )
    lines.set(gid=marked.kind, joinstyle="miter", zorder=3)
    lines.set_path_effects([Stroke(linewidth=width + CASING, foreground=theme.background, alpha=0.8), Normal()])
    axes.add_collection(lines, autolim=False)
    for box, name, color in zip(corners.tolist(), marked.names, colors, strict=False):
        _write(axes, box, drawable(name), color, theme, size=size, below=marked.kind == "missed")


def box_colors(marked: MarkedBoxes, theme: Theme) -> list[str]:
    """Return the color of each box."""
    kinds = {"right": theme.good, "wrong": theme.bad, "missed": theme.line(MISSED)}
    if marked.kind in kinds:
        return [kinds[marked.kind]] * len(marked.corners)
    return [theme.line(number) for number in marked.numbers] or [theme.line(0)] * len(marked.corners)


def _write(
    axes: "matplotlib.axes.Axes",
    box: list[float],
    text: str,
    color: str,
    theme: Theme,
    *,
    size: float | int,
    below: bool,
) -> None:
    """Write a name at a box, on its color: at the first place that has room and hides no name written before."""
    left, right = sorted(axes.get_xlim())
    x1, x2 = sorted((box[0], box[2]))
    leftward = (x1 + x2) / 2 > (left + right) / 2
    plate: dict[str, Any] = {"boxstyle": "square,pad=0.12", "facecolor": color, "edgecolor": "none", "alpha": 0.9}
    earlier = [name.get_window_extent() for name in axes.texts]
    look: dict[str, Any] = {"ha": "right" if leftward else "left", "clip_on": True, "zorder": 4}
    name = axes.text(
        float(np.clip(x2 if leftward else x1, left, right)), 0, text, bbox=plate, **look, **font(size, theme.background)
    )
    places = _places(axes, box, size, below=below)
    for place, align in [*places, places[0]]:  # the first, where every place hides a name
        name.set(y=place, va=align)
        own = name.get_window_extent().padded(-1)  # a dot less on each side: what only touches hides nothing
        if not any(own.overlaps(other) for other in earlier):
            break


def _places(
    axes: "matplotlib.axes.Axes", box: list[float], size: float | int, *, below: bool
) -> list[tuple[float, str]]:
    """Return where a name can stand, the best place first: outside the box, or in it at its edges."""
    bottom, top = sorted(axes.get_ylim(), reverse=True)
    inches = axes.get_window_extent().height / axes.get_figure().dpi  # type: ignore[union-attr]
    line = 1.5 * size / 72 / inches * (bottom - top)  # height of the name, pixels of the image
    y1, y2 = (float(np.clip(edge, top, bottom)) for edge in sorted((box[1], box[3])))
    over, inside = y1 - line >= top, y1 + line <= bottom
    above = [(y1, align) for align, fits in (("bottom", over), ("top", inside)) if fits]
    over, inside = y2 + line <= bottom, y2 - line >= top
    under = [(y2, align) for align, fits in (("top", over), ("bottom", inside)) if fits]
    found = [*under, *above] if below else [*above, *under]
    return found or [(y1, "top")]  # an image lower than a line of text
