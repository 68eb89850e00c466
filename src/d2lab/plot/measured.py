"""What a claim measured: numbers of some variants with their intervals, or lines over a quantity that was varied."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from d2lab.core.errors import ConfigError
from d2lab.plot.font import drawable
from d2lab.plot.label import End, label_ends
from d2lab.plot.theme import HEADER_INCHES, LIGHT, Theme, dress, figure, font, header

if TYPE_CHECKING:
    import matplotlib.figure

Number = float | int
MARKERS = "osD^vPX*"
ROW = 0.42  # inches of a variant
FRAME = 0.75  # inches of the horizontal axis and its name
WIDTH = 7.2
MOST_MARKED = 60  # places that get a marker each; with more, a line is a line


def dots(
    variants: Mapping[str, Sequence[Number]],
    intervals: Mapping[str, tuple[Number, Number]],
    theme: Theme = LIGHT,
    *,
    title: str,
    subtitle: str = "",
    horizontal: str,
    mark: Number | None = None,
    log: bool = False,
) -> "matplotlib.figure.Figure":
    """Draw a row for each variant: a pale dot a run, a strong one for their mean, a bar for its 95 % interval.

    Args:
        variants: the runs' numbers by name.
        intervals: of the means, by name, as `d2lab.metrics.paired.intervals` gives them; not every variant has one.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.
        horizontal: what the numbers are, with their unit.
        mark: a vertical line at this value: the one that was promised, or no effect.
        log: of the horizontal axis.

    Raises:
        ConfigError: there is no variant, one has no number, or a number is not finite.
    """
    if not variants or any(not len(values) or not np.isfinite(values).all() for values in variants.values()):
        raise ConfigError("variants", got=dict(variants), need="one finite number or more for each of one or more")
    drawn = figure(WIDTH, HEADER_INCHES + FRAME + ROW * len(variants), theme)
    axes = drawn.subplots()
    dress(axes, theme, horizontal=drawable(horizontal))
    for row, (name, values) in enumerate(variants.items()):
        color = theme.line(row)
        axes.plot(values, [row] * len(values), "o", color=color, alpha=0.35, markersize=5, markeredgewidth=0)
        if name in intervals:
            axes.plot(intervals[name], [row, row], color=color, linewidth=2, solid_capstyle="butt", gid=name)
        axes.plot([np.mean(values)], [row], "D", color=color, markersize=7, markeredgecolor=theme.background)
    if mark is not None:
        axes.axvline(mark, color=theme.muted, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_xscale("log" if log else "linear")
    axes.set_yticks(range(len(variants)), [drawable(name) for name in variants], **font(9.5, theme.ink))
    axes.set_ylim(len(variants) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    header(drawn, title, subtitle, theme)
    return drawn


def lines(
    places: Sequence[Number],
    series: Mapping[str, Sequence[Number]],
    theme: Theme = LIGHT,
    *,
    title: str,
    subtitle: str = "",
    horizontal: str,
    vertical: str,
    log: str = "",
    width: Number = WIDTH,
    bands: Mapping[str, tuple[Sequence[Number], Sequence[Number]]] | None = None,
    marks: Mapping[str, Number] | None = None,
    ticks: bool = False,
) -> "matplotlib.figure.Figure":
    """Draw a line for each series over a quantity that was varied; its name stands at its end.

    Args:
        places: values of the quantity.
        series: as many numbers each, by name; NaN where there is none.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.
        horizontal: what was varied, with its unit.
        vertical: what was measured, with its unit.
        log: the axes that are logarithmic: "x", "y", "xy" or none.
        width: inches; 4.6 can be read on a phone.
        bands: lower and upper ends of an interval around series, by their names.
        marks: horizontal lines to compare with, by name: guessing, the noise that no model can predict.
        ticks: write each of the places below the axis, and no other.

    Raises:
        ConfigError: there is no series, or one is of another length or has no finite number.
    """
    arrays = {name: np.asarray(values, dtype=np.float64) for name, values in series.items()}
    if not arrays or any(len(a) != len(places) or not np.isfinite(a).any() for a in arrays.values()):
        raise ConfigError("series", got={n: len(a) for n, a in arrays.items()}, need=f"{len(places)} numbers each")
    drawn = figure(width, 4.2 if width >= WIDTH else 3.9, theme)
    axes = drawn.subplots()
    dress(axes, theme, title=drawable(vertical), horizontal=drawable(horizontal))
    axes.set_xscale("log" if "x" in log else "linear")
    axes.set_yscale("log" if "y" in log else "linear")
    ends = []
    for number, (name, values) in enumerate(arrays.items()):
        color = theme.line(number)
        marker = MARKERS[number % len(MARKERS)] if len(places) <= MOST_MARKED else None
        axes.plot(places, values, color=color, marker=marker, markersize=4.5, linewidth=1.6, gid=name)
        if bands and name in bands:
            axes.fill_between(places, *bands[name], color=color, alpha=0.2, linewidth=0, gid=f"band {name}")
        end = int(np.flatnonzero(np.isfinite(values))[-1])
        place = {"x": float(places[end]), "y": float(values[end])}
        ends.append(End(**place, text=drawable(name), color=color, marker=marker or "s"))
    for name, level in (marks or {}).items():
        axes.axhline(level, color=theme.muted, linewidth=1, linestyle=(0, (4, 3)))
        ends.append(End(x=float(places[-1]), y=float(level), text=drawable(name), color=theme.muted, marker="_"))
    if ticks:
        axes.set_xticks(places, [f"{place:g}" for place in places])
        axes.minorticks_off()
    label_ends(axes, ends, theme)
    header(drawn, title, subtitle, theme)
    return drawn
