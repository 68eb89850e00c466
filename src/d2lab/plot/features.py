"""Feature maps of an image, layer by layer, one model or two side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from d2lab.core.errors import ConfigError
from d2lab.plot.font import drawable
from d2lab.plot.mosaic import mosaic
from d2lab.plot.theme import HEADER_INCHES, LIGHT, Theme, blank, figure, font, header, shorten

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure

TILE, CAPTION, GAP, MARGIN = 0.56, 0.26, 0.14, 0.16  # inches: a map, the line above maps, below them, at the edge
IMAGE = 1.2  # inches
ACROSS = {1: 14, 2: 8}  # tiles beside each other, by the number of models
DOWN = 2  # rows of tiles a layer


@dataclass(frozen=True, kw_only=True, slots=True)
class Maps:
    """The maps of a layer, or the weights of its units."""

    name: str
    values: NDArray[Any]  # [unit height width], or [unit channel height width], the channels side by side


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelMaps:
    """One model's column: the image as it reads it, and the maps of its layers."""

    name: str
    image: NDArray[Any]  # uint8, [height width] or [height width 3]
    rows: Sequence[Maps] = field(default_factory=list)


def features(
    models: Sequence[ModelMaps], theme: Theme = LIGHT, *, title: str, subtitle: str = ""
) -> "matplotlib.figure.Figure":
    """Draw an image and the maps of some layers, each layer on one scale: zero is the background.

    Of a layer with more maps than fit, those are drawn that vary most over the image, in their own order.

    Args:
        models: one, or two that stand side by side.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.

    Raises:
        ConfigError: more than two models, no maps, or ones of another shape or not finite.
    """
    if len(models) not in ACROSS or not all(model.rows for model in models):
        raise ConfigError("models to draw", got=len(models), need="one or two, with layers")
    for maps in (row for model in models for row in model.rows):
        _check(maps)
    across = ACROSS[len(models)]
    wide = across * TILE + 2 * MARGIN
    height = HEADER_INCHES + max(_height(model, across) for model in models)
    drawn = figure(wide * len(models), height, theme)
    drawn.set_layout_engine(None)
    header(drawn, title, subtitle, theme)
    for number, model in enumerate(models):
        page = _Page(drawn, theme, left=number * wide + MARGIN, top=height - HEADER_INCHES, across=across)
        page.image(model)
        for row in model.rows:
            page.maps(row)
    return drawn


def _check(maps: Maps) -> None:
    values = maps.values
    if values.ndim not in {3, 4} or values.size == 0 or values.dtype.kind != "f":
        need = "floating-point [unit height width] or [unit channel height width]"
        raise ConfigError(f"maps of {maps.name}", got=f"{values.dtype} {values.shape}", need=need)
    if not np.isfinite(values).all():
        raise ConfigError(f"maps of {maps.name}", got="NaN or infinity", need="finite numbers")


def _grid(maps: Maps, across: int) -> tuple[int, int]:
    """Return rows and columns of units, the rows as full as they can be."""
    most = max(1, across // (maps.values.shape[1] if maps.values.ndim == 4 else 1))
    rows = min(DOWN, -(-len(maps.values) // most))
    return rows, min(most, -(-len(maps.values) // rows))


def _height(model: ModelMaps, across: int) -> float:
    tiles = sum(_grid(row, across)[0] * TILE + CAPTION + GAP for row in model.rows)
    return CAPTION + IMAGE + GAP + tiles + MARGIN / 2


def strongest(values: NDArray[Any], most: int) -> NDArray[np.int64]:
    """Number the units that vary most, at most so many, in their own order.

    Args:
        values: `[unit ...]`.
        most: units.
    """
    spread = values.reshape(len(values), -1).std(1)
    return np.sort(np.argsort(-spread, kind="stable")[:most])


class _Page:
    """A column of the figure that is filled from the top."""

    def __init__(
        self, drawn: "matplotlib.figure.Figure", theme: Theme, *, left: float, top: float, across: int
    ) -> None:
        self.drawn, self.theme, self.left, self.top = drawn, theme, left, top
        self.wide, self.across = across * TILE, across

    def _axes(self, name: str, height: float, width: float) -> "matplotlib.axes.Axes":
        """Write a line, and open axes below it."""
        across, up = self.drawn.get_figwidth(), self.drawn.get_figheight()
        style = font(9, self.theme.ink)
        line = self.drawn.text(self.left / across, (self.top - 0.05) / up, drawable(name), va="top", **style)
        shorten(line, self.wide, smallest=7)
        self.top -= CAPTION + height
        axes = self.drawn.add_axes((self.left / across, self.top / up, width / across, height / up))
        blank(axes, self.theme)
        axes.set_anchor("NW")
        self.top -= GAP
        return axes

    def image(self, model: ModelMaps) -> None:
        height, width = model.image.shape[:2]
        axes = self._axes(f"{model.name}: the image, {height} × {width}", IMAGE, self.wide)
        axes.imshow(model.image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")

    def maps(self, maps: Maps) -> None:
        rows, columns = _grid(maps, self.across)
        units = maps.values if maps.values.ndim == 4 else maps.values[:, None]
        chosen = strongest(units, rows * columns)
        shown = mosaic(units[chosen].astype(np.float64), rows, columns)
        limit = float(np.abs(units).max()) or 1.0
        signed = bool((units < 0).any())
        some = f"{len(chosen)} of {len(units)}" if len(chosen) < len(units) else f"{len(units)}"
        height, width = units.shape[2:]
        scale = f"\N{MINUS SIGN}{limit:.2g} to {limit:.2g}" if signed else f"0 to {limit:.2g}"
        name = f"{maps.name}: {some} of {height} × {width}, {scale}"
        axes = self._axes(name, rows * TILE, self.wide)
        colors = self.theme.diverging() if signed else self.theme.sequential()
        axes.imshow(shown, cmap=colors, vmin=-limit if signed else 0, vmax=limit, interpolation="nearest")
        axes.set_facecolor(self.theme.grid)  # shows between the maps
        for spine in axes.spines.values():
            spine.set(visible=True, color=self.theme.grid)
