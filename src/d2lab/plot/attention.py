"""Attention maps: what each head of each layer looks at."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from d2lab.core.errors import ConfigError
from d2lab.plot.font import drawable
from d2lab.plot.theme import HEADER_INCHES, LIGHT, Theme, figure, font, header

if TYPE_CHECKING:
    import matplotlib.figure

PANEL = 2.1  # inches of a map's side
MOST_TOKENS = 24  # more labels do not fit
MOST_PANELS = 8  # heads, and layers, that are drawn; of more the first


def attention(
    maps: NDArray[Any], tokens: Sequence[str], theme: Theme = LIGHT, *, title: str, subtitle: str = ""
) -> "matplotlib.figure.Figure":
    """Draw a map for each head (columns) of each layer (rows): a dark cell is much attention.

    Args:
        maps: `[layer head time time]`; each row of a map sums to 1.
        tokens: as they are written along the axes.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.

    Raises:
        ConfigError: the maps don't fit the tokens, are too many, or hold what is no attention.
    """
    count = len(tokens)
    if maps.ndim != 4 or maps.shape[2:] != (count, count) or not maps.size or count > MOST_TOKENS:
        raise ConfigError("attention maps", got=maps.shape, need=f"[layer head {count} {count}], {MOST_TOKENS} at most")
    if not np.allclose(maps.sum(-1), 1, atol=1e-4) or maps.min() < 0:
        raise ConfigError("attention maps", got="rows that do not sum to 1", need="shares")
    maps = maps[:MOST_PANELS, :MOST_PANELS]
    layers, heads = maps.shape[:2]
    drawn = figure(PANEL * heads + 0.9, PANEL * layers + HEADER_INCHES + 0.7, theme)
    header(drawn, title, subtitle, theme)
    panels = drawn.subplots(layers, heads, squeeze=False)
    labels = [drawable(token) for token in tokens]
    small: dict[str, Any] = font(min(8.0, 100 / count), theme.muted)
    for (layer, head), axes in np.ndenumerate(panels):
        axes.imshow(maps[layer, head], cmap=theme.sequential(), vmin=0, vmax=1, interpolation="nearest")
        axes.set_xticks(range(count), labels if layer == layers - 1 else [""] * count, **small)
        axes.set_yticks(range(count), labels if head == 0 else [""] * count, **small)
        axes.tick_params(length=0, pad=1.5)
        for spine in axes.spines.values():
            spine.set_color(theme.grid)
        axes.set_title(f"layer {layer + 1}, head {head + 1}", loc="left", **font(8.5, theme.ink))
    return drawn
