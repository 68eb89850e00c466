"""The architecture of a model, drawn from the model itself: a block a layer, its shape on the arrow behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from d2lab.core.errors import ConfigError
from d2lab.plot.font import drawable
from d2lab.plot.theme import HEADER_INCHES, LIGHT, Theme, blank, figure, font, header

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure

ROW = 0.44  # inches from a block to the next
COLORS = {"Conv": 0, "Linear": 1, "Pool": 2, "Norm": 3}  # number of the series by a part of the layer's name
QUIET = 7  # the series of all others


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A layer of the drawing.

    Args:
        kind: of the layer: Conv2d, ReLU.
        shape: of its output, without the batch.
        detail: what else it says: 5x5, 6 kernels.
        parameters: that it holds.
    """

    kind: str
    shape: tuple[int, ...]
    detail: str = ""
    parameters: int = 0


def architecture(
    given: tuple[int, ...],
    blocks: Sequence[Block],
    theme: Theme = LIGHT,
    *,
    title: str,
    subtitle: str = "",
) -> "matplotlib.figure.Figure":
    """Draw the layers from top to bottom; right of each stand its shape and its parameters.

    Args:
        given: shape of the input, without the batch.
        blocks: the layers in order; `d2lab.inspection.blocks_of` reads them off a model.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.

    Raises:
        ConfigError: there is no layer.
    """
    if not blocks:
        raise ConfigError("blocks", got="none", need="one layer or more")
    rows = [Block(kind="input", shape=given), *blocks]
    drawn = figure(6.2, HEADER_INCHES + ROW * len(rows) + 0.3, theme)
    axes = drawn.subplots()
    blank(axes, theme)
    for row, block in enumerate(rows):
        _block(axes, block, row, last=row == len(rows) - 1, theme=theme)
    axes.set_xlim(0, 10)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    header(drawn, title, subtitle, theme)
    return drawn


def _block(axes: "matplotlib.axes.Axes", block: Block, row: int, *, last: bool, theme: Theme) -> None:
    from matplotlib.patches import FancyBboxPatch

    color = theme.line(next((number for part, number in COLORS.items() if part in block.kind), QUIET))
    look: dict[str, Any] = {"boxstyle": "round,pad=0,rounding_size=0.14", "facecolor": theme.background}
    look |= {"edgecolor": theme.grid if block.kind == "input" else color, "linewidth": 1.6}
    axes.add_patch(FancyBboxPatch((0.2, row - 0.28), 4.6, 0.56, **look))
    said = f"{block.kind}  {block.detail}".strip()
    axes.text(2.5, row, drawable(said), ha="center", va="center", **font(9.5, theme.ink))
    if not last:
        arrow: dict[str, Any] = {"arrowstyle": "-|>", "color": theme.muted, "linewidth": 1, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", xy=(2.5, row + 0.72), xytext=(2.5, row + 0.28), arrowprops=arrow)
    shape = " × ".join(map(str, block.shape))
    axes.text(5.2, row, shape, ha="left", va="center", **font(9.5, theme.ink))
    if block.parameters:
        axes.text(9.9, row, f"{block.parameters:,}", ha="right", va="center", **font(9.5, theme.muted))
    elif row == 0:
        axes.text(9.9, row, "parameters", ha="right", va="center", **font(8.5, theme.muted))
