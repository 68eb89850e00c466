"""What each layer of a model costs, as bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from d2lab.core.errors import ConfigError
from d2lab.plot.font import drawable
from d2lab.plot.theme import HEADER_INCHES, LIGHT, Theme, dress, figure, font, header
from d2lab.plot.values import Numbers

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure

ROW = 0.2  # inches of a layer
MOST_ROWS = 150
NAMES, PANEL = 1.9, 2.0  # inches of the names, of a panel
PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True, slots=True)
class Measure:
    """One panel of bars."""

    title: str
    values: Numbers  # one a layer, none negative
    unit: str = ""  # "%" for shares, which are 0 to 1; "B" for bytes


def layers(
    names: Sequence[str], measures: Sequence[Measure], theme: Theme = LIGHT, *, title: str, subtitle: str = ""
) -> "matplotlib.figure.Figure":
    """Draw one row a layer, from the input at the top to the output, and one panel a measure.

    Args:
        names: of the layers, at most 150.
        measures: what is drawn of each.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.

    Raises:
        ConfigError: no layer or too many, or a measure of another length, below zero or not finite.
    """
    if not 1 <= len(names) <= MOST_ROWS or not measures:
        raise ConfigError("layers to draw", got=len(names), need=f"1 to {MOST_ROWS}, and a measure")
    for measure in measures:
        values = np.asarray(measure.values, dtype=float)
        if values.shape != (len(names),) or not (values >= 0).all() or np.isinf(values).any():
            raise ConfigError(measure.title, got=values.tolist(), need=f"{len(names)} numbers of 0 or more")
    height = HEADER_INCHES + 0.75 + ROW * max(len(names), 4)
    drawn = figure(NAMES + PANEL * len(measures), height, theme)
    header(drawn, title, subtitle, theme)
    panels = drawn.subplots(1, len(measures), sharey=True, squeeze=False)[0]
    for number, (axes, measure) in enumerate(zip(panels, measures, strict=True)):
        _panel(axes, measure, theme.line(number), theme)
    panels[0].set_yticks(range(len(names)), [drawable(name) for name in names], **font(8.5, theme.ink))
    panels[0].set_ylim(len(names) - 0.4, -0.6)  # the input at the top
    return drawn


def _panel(axes: "matplotlib.axes.Axes", measure: Measure, color: str, theme: Theme) -> None:
    values = np.asarray(measure.values, dtype=float)
    dress(axes, theme, title=measure.title)
    axes.barh(range(len(values)), values, height=0.68, color=color)
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(length=0)
    axes.set_xticks([])
    most = float(values.max()) or 1.0
    axes.set_xlim(0, 1.38 * most)  # room for the numbers
    for row, value in enumerate(values.tolist()):
        if value:
            axes.text(value + 0.03 * most, row, said(value, measure.unit), va="center", **font(8, theme.muted))


def said(value: float | int, unit: str = "") -> str:
    """Write a number in three digits: 1.81 G, 64.3 kB, 12 %.

    >>> said(61_706), said(1_814_073_344), said(3_211_264, "B"), said(0.2514, "%"), said(0.0001, "%")
    ('61.7 k', '1.81 G', '3.21 MB', '25.1 %', '0.01 %')

    Args:
        value: the number; a share from 0 to 1 where the unit is "%".
        unit: "", "B" or "%".
    """
    if unit == "%":
        return f"{100 * value:.1f} %" if value >= 0.0005 else f"{100 * value:.2g} %"
    factor, prefix = next(((size, letter) for size, letter in PREFIXES if value >= 0.9995 * size), (1, ""))
    digits = f"{value / factor:.3g}" if factor > 1 else f"{value:.4g}"
    return f"{digits} {prefix}{unit}".rstrip()
