"""Precision over recall of each class, as the threshold of the score falls."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from d2lab.core.errors import ConfigError
from d2lab.plot.font import drawable
from d2lab.plot.label import End, label_ends
from d2lab.plot.theme import LIGHT, Theme, dress, figure, font, header

if TYPE_CHECKING:
    import matplotlib.figure

MARKERS = "osD^vPX*"
MOST = 12  # curves; with more, their names would not fit beside them


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PrecisionCurve:
    """The curve of one class.

    Args:
        recall: never falling, 0 to 1.
        precision: at each, 0 to 1.
        area: average precision.
    """

    recall: ArrayLike
    precision: ArrayLike
    area: float


def precision_recall(
    curves: Mapping[str, PrecisionCurve], theme: Theme = LIGHT, *, title: str, subtitle: str = ""
) -> "matplotlib.figure.Figure":
    """Draw precision over recall, a line a class, with its average precision at the end; the best of many last.

    Args:
        curves: by name of the class; of more than twelve the twelve of least average precision are drawn. A class of
            which nothing is found has a curve of no points, which is a dot at 0.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.

    Raises:
        ConfigError: there is no curve, or one is no curve.
    """
    for name, curve in curves.items():
        recall, precision = np.asarray(curve.recall), np.asarray(curve.precision)
        values = np.concatenate([recall.ravel(), precision.ravel(), [curve.area]])
        if recall.ndim != 1 or recall.shape != precision.shape or not ((values >= 0) & (values <= 1)).all():
            got = f"{recall.shape} and {precision.shape}, area {curve.area}"
            raise ConfigError(f"the curve of {name}", got=got, need="as many recalls as precisions, all from 0 to 1")
    if not curves:
        raise ConfigError("curves", got="none", need="one class or more that has objects")
    chosen = sorted(curves, key=lambda name: curves[name].area)[:MOST]
    drawn = figure(7.6, 4.6, theme)
    axes = drawn.subplots()
    dress(axes, theme, title="precision", horizontal="recall")
    ends = []
    for number, name in enumerate(chosen):
        again = number // len(theme.series)  # a color that comes again has another marker, and dashes
        color, marker = theme.line(number), MARKERS[(number + 3 * again) % len(MARKERS)]
        recall = np.concatenate([[0.0], np.asarray(curves[name].recall, np.float64)])
        precision = np.asarray(curves[name].precision, np.float64)
        precision = np.concatenate([precision[:1] if len(precision) else [0.0], precision])
        style = (0, (5, 1.5)) if again else "-"
        axes.plot(recall, precision, color=color, linewidth=1.6, linestyle=style, drawstyle="steps-pre", gid=name)
        axes.plot(recall[-1:], precision[-1:], color=color, marker=marker, markersize=5, gid=f"end {name}")
        text = f"{drawable(name)}: {curves[name].area:.3f}"
        ends.append(End(x=recall[-1], y=precision[-1], text=text, color=color, marker=marker))
    axes.set(xlim=(0, 1.01), ylim=(0, 1.02))
    label_ends(axes, ends, theme)
    if len(curves) > len(chosen):
        note = f"{len(chosen)} of {len(curves)} classes: those of least average precision"
        axes.text(0.02, 0.03, note, transform=axes.transAxes, **font(8.5, theme.muted))
    header(drawn, title, subtitle, theme)
    return drawn
