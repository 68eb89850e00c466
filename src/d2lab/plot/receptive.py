"""How the receptive field of one unit grows, layer by layer, downwards to the pixels."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from d2lab.core.errors import ConfigError
from d2lab.plot.font import drawable
from d2lab.plot.theme import HEADER_INCHES, LIGHT, Theme, blank, figure, font, header

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure

Layer = tuple[str, int, int]  # name, kernel, stride


def receptive_field(
    length: int,
    layers: Sequence[Layer],
    theme: Theme = LIGHT,
    *,
    title: str,
    subtitle: str = "",
    unit: int | None = None,
) -> "matplotlib.figure.Figure":
    """Draw a row of cells a layer, in one dimension, and mark what one unit at the top sees in each.

    Args:
        length: pixels of the input.
        layers: from the input upwards: name, kernel, stride; no padding.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.
        unit: of the top layer; its middle one unless given.

    Raises:
        ConfigError: a layer leaves nothing, or the top has no such unit.
    """
    lengths = [length]
    for name, kernel, stride in layers:
        left = (lengths[-1] - kernel) // stride + 1 if lengths[-1] >= kernel else 0
        if left < 1:
            raise ConfigError(f"layer {name}", got=f"{lengths[-1]} cells", need=f"{kernel} or more")
        lengths.append(left)
    top = lengths[-1] // 2 if unit is None else unit
    if not 0 <= top < lengths[-1]:
        raise ConfigError("unit", got=top, need=f"0 to {lengths[-1] - 1}")
    seen = [(top, top)]  # first and last cell, from the top down
    for _, kernel, stride in reversed(layers):
        first, last = seen[-1]
        seen.append((first * stride, last * stride + kernel - 1))
    drawn = figure(max(5.4, 0.3 * length + 2.2), HEADER_INCHES + 0.62 * len(lengths) + 0.3, theme)
    axes = drawn.subplots()
    blank(axes, theme)
    centers = _centers(lengths, layers)
    names = ["input", *(name for name, _, _ in layers)]
    for level, (cells, (first, last)) in enumerate(zip(centers, reversed(seen), strict=True)):
        _row(axes, cells, level, first, last, theme)
        label = f"{names[level]}: {last - first + 1} of {len(cells)}"
        axes.text(length + 0.4, level, drawable(label), va="center", ha="left", **font(9, theme.muted))
    _rays(axes, centers, list(reversed(seen)), theme)
    axes.set_xlim(-0.8, length + 5.2)
    axes.set_ylim(-0.6, len(lengths) - 0.3)
    header(drawn, title, subtitle, theme)
    return drawn


def _centers(lengths: Sequence[int], layers: Sequence[Layer]) -> list[list[float]]:
    """Return where the cells of each layer lie: each over the middle of what it sees."""
    centers = [[float(i) for i in range(lengths[0])]]
    for (_, kernel, stride), count in zip(layers, lengths[1:], strict=True):
        below = centers[-1]
        centers.append([(below[i * stride] + below[i * stride + kernel - 1]) / 2 for i in range(count)])
    return centers


def _row(axes: "matplotlib.axes.Axes", cells: Sequence[float], level: int, first: int, last: int, theme: Theme) -> None:
    from matplotlib.patches import Rectangle

    for i, x in enumerate(cells):
        inside = first <= i <= last
        look: dict[str, Any] = {"facecolor": theme.line(1) if inside else theme.background, "edgecolor": theme.grid}
        axes.add_patch(Rectangle((x - 0.42, level - 0.2), 0.84, 0.4, alpha=0.85 if inside else 1, **look))


def _rays(
    axes: "matplotlib.axes.Axes", centers: Sequence[Sequence[float]], seen: Sequence[tuple[int, int]], theme: Theme
) -> None:
    """Join the ends of what is seen from level to level."""
    for end, side in ((0, -0.42), (1, 0.42)):
        x = [cells[at[end]] + side for cells, at in zip(centers, seen, strict=True)]
        axes.plot(x, range(len(x)), color=theme.line(1), linewidth=1, linestyle=(0, (2, 2)))
