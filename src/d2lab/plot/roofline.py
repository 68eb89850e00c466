"""The roofline of a machine with a model's layers on it, beside where the time and the memory of a step go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from d2lab.core.errors import ConfigError
from d2lab.plot.font import drawable
from d2lab.plot.layers import said
from d2lab.plot.theme import LIGHT, Theme, dress, figure, font, header, shorten

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure

WIDTH, HEIGHT = 10.4, 6.4  # inches
LIMITS = ("compute", "bandwidth", "overhead")  # in the order of their colors
MOST_BARS = 9  # layers with a bar of their own
SMALL = 0.01  # FLOPs a byte: the left end of the axis, where a layer without arithmetic stands


@dataclass(frozen=True, kw_only=True, slots=True)
class RooflinePoint:
    """A layer on the roofline."""

    name: str
    intensity: float  # FLOPs a byte
    flops_per_s: float  # reached
    share: float  # of the time of a step, 0 to 1
    limit: str  # what bounds it: compute, bandwidth or overhead


@dataclass(frozen=True, kw_only=True, slots=True)
class RooflineLimits:
    """What the machine can do at most."""

    flops_per_s: Mapping[str, float]  # by number format
    memory: float  # bytes a second
    cache: float  # bytes a second of small copies, which a cache holds


def roofline(
    points: Sequence[RooflinePoint],
    limits: RooflineLimits,
    phases: Mapping[str, float],
    memory: Mapping[str, int],
    theme: Theme = LIGHT,
    *,
    title: str,
    subtitle: str = "",
) -> "matplotlib.figure.Figure":
    """Draw layers on the roofline, numbered by their time, beside the parts of a step and its memory.

    Args:
        points: the layers, in any order.
        limits: of the machine.
        phases: shares of a step, 0 to 1, by part.
        memory: bytes by kind.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.

    Raises:
        ConfigError: there is no layer, or a limit is not positive.
    """
    rates = [*limits.flops_per_s.values(), limits.memory, limits.cache]
    if not points or not limits.flops_per_s or min(rates) <= 0:
        raise ConfigError("roofline", got=f"{len(points)} layers, {rates}", need="a layer, and limits above 0")
    drawn = figure(WIDTH, HEIGHT, theme)
    header(drawn, title, subtitle, theme)
    grid = drawn.add_gridspec(3, 2, width_ratios=[1.75, 1], height_ratios=[len(phases), MOST_BARS, len(memory)])
    ranked = sorted(points, key=lambda point: -point.share)
    _roof(drawn.add_subplot(grid[:, 0]), ranked, limits, theme)
    _bars(drawn.add_subplot(grid[0, 1]), "step", phases, [theme.muted] * len(phases), "%", theme)
    named = {f"{number}  {point.name}": point.share for number, point in enumerate(ranked[:MOST_BARS], 1)}
    colors = [_color(point.limit, theme) for point in ranked[:MOST_BARS]]
    _bars(drawn.add_subplot(grid[1, 1]), "layers with most time", named, colors, "%", theme)
    _bars(drawn.add_subplot(grid[2, 1]), "memory", memory, [theme.muted] * len(memory), "B", theme)
    return drawn


def _color(limit: str, theme: Theme) -> str:
    return theme.line(LIMITS.index(limit))


def _roof(axes: "matplotlib.axes.Axes", ranked: Sequence[RooflinePoint], limits: RooflineLimits, theme: Theme) -> None:
    """Draw the limits as lines, and the layers as numbered dots below them."""
    dress(axes, theme, title="FLOP/s that a layer reaches", horizontal="FLOPs a byte")
    axes.set_xscale("log")
    axes.set_yscale("log")
    most = max(limits.flops_per_s.values())
    right = 10 * max(most / limits.memory, *(point.intensity for point in ranked))
    across = np.geomspace(SMALL, right, 200)
    for name, rate in limits.flops_per_s.items():
        begin = rate / limits.cache
        axes.plot([begin, right], [rate, rate], color=theme.muted, linewidth=1, gid=name)
    styles: dict[str, Any] = {"memory": "-", "cache": (0, (4, 3))}
    for gid, bandwidth in (("memory", limits.memory), ("cache", limits.cache)):
        below = across[across * bandwidth <= most]
        axes.plot(below, below * bandwidth, color=theme.muted, linewidth=1.4, linestyle=styles[gid], gid=gid)
        place = float(below[2])
        text = f"{gid} {said(bandwidth, 'B')}/s"
        note: dict[str, Any] = {
            "textcoords": "offset points",
            "rotation_mode": "anchor",
            "transform_rotates_text": True,
        }
        axes.annotate(text, (place, place * bandwidth), (0, 3), rotation=45, **note, **font(8, theme.muted))
    _name_rates(axes, limits, theme)
    reached = [point.flops_per_s for point in ranked if point.flops_per_s > 0]
    axes.set_xlim(SMALL, right)
    axes.set_ylim(0.3 * min([*reached, SMALL * limits.cache]), 3 * most)
    _dots(axes, ranked, theme)
    for number, limit in enumerate(LIMITS):
        share = sum(point.share for point in ranked if point.limit == limit)
        words, color = f"● {limit}-bound, {said(share, '%')} of the step", _color(limit, theme)
        axes.text(0.98, 0.12 - 0.045 * number, words, transform=axes.transAxes, ha="right", **font(9, color))


def _dots(axes: "matplotlib.axes.Axes", ranked: Sequence[RooflinePoint], theme: Theme) -> None:
    """Draw the layers, those with most time numbered and above the others."""
    lowest = 1.5 * axes.get_ylim()[0]
    for number, point in reversed(list(enumerate(ranked, 1))):
        x, y = max(point.intensity, SMALL * 1.3), max(point.flops_per_s, lowest)
        large = number <= MOST_BARS
        look: dict[str, Any] = {"color": _color(point.limit, theme), "markeredgecolor": theme.background}
        axes.plot(x, y, "o", markersize=13 if large else 6, gid=f"layer {point.name}", **look)
        if large:
            axes.text(x, y, str(number), ha="center", va="center_baseline", **font(8, theme.background))


def _name_rates(axes: "matplotlib.axes.Axes", limits: RooflineLimits, theme: Theme) -> None:
    """Write each number format where its line begins, those of nearly equal lines beside one another."""
    groups: list[list[tuple[str, float]]] = []
    for name, rate in sorted(limits.flops_per_s.items(), key=lambda pair: -pair[1]):
        if groups and rate > 0.7 * groups[-1][0][1]:
            groups[-1].append((name, rate))
        else:
            groups.append([(name, rate)])
    for group in groups:
        text, rate = ", ".join(f"{name} {said(rate)}" for name, rate in group), group[0][1]
        axes.text(1.4 * rate / limits.cache, rate * 1.06, text, **font(8, theme.muted))


def _bars(
    axes: "matplotlib.axes.Axes",
    title: str,
    values: Mapping[str, float] | Mapping[str, int],
    colors: Sequence[str],
    unit: str,
    theme: Theme,
) -> None:
    """Draw a bar for each value, its number at its end."""
    dress(axes, theme, title=title)
    axes.barh(range(len(values)), list(values.values()), height=0.68, color=colors)
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.set_yticks(range(len(values)), [drawable(name) for name in values], **font(8.5, theme.ink))
    axes.set_ylim(max(len(values), 3) - 0.4, -0.6)
    most = max(values.values()) or 1
    axes.set_xlim(0, 1.4 * most)
    for row, value in enumerate(values.values()):
        axes.text(value + 0.03 * most, row, said(value, unit), va="center", **font(8, theme.muted))
    for label in axes.get_yticklabels():
        shorten(label, 1.5, smallest=7.5)
