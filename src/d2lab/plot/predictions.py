"""Single images with the class that a classifier predicts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from d2lab.core.errors import ConfigError
from d2lab.plot.font import class_names
from d2lab.plot.theme import HEADER_INCHES, LIGHT, Theme, blank, figure, font, header, shorten
from d2lab.plot.values import class_numbers, column, same_length

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure

COLUMNS, ROWS = 8, 5
TILE, GAP, CAPTION = 1.15, 0.16, 0.40  # inches: side of an image, space between two, text below one
MARGIN = 0.16


def predictions(
    images: NDArray[Any],
    truth: NDArray[Any],
    predicted: NDArray[Any],
    probability: NDArray[Any],
    names: Sequence[str],
    theme: Theme = LIGHT,
    *,
    title: str = "",
) -> "matplotlib.figure.Figure":
    """Draw images with the predicted class and its probability; at most the first 40.

    A wrong one has a red frame, a cross in its corner and both names: "cat → dog" is a cat taken for a dog.

    Args:
        images: uint8, `[n height width]` gray or `[n height width 3]` in color.
        truth: class numbers.
        predicted: class numbers.
        probability: of the predicted class, 0 to 1.
        names: one per class.
        theme: `LIGHT` or `DARK`.
        title: headline; unless given, it counts the right ones among those drawn.

    Raises:
        ConfigError: lengths differ, nothing is given, or a value is of the wrong kind or range.
    """
    _check_images(images)
    truth, predicted = (class_numbers(*pair, len(names)) for pair in (("truth", truth), ("predicted", predicted)))
    chances = _chances(probability)
    given = {"images": images, "truth": truth, "predicted": predicted, "probability": chances}
    count = min(same_length({name: len(values) for name, values in given.items()}), COLUMNS * ROWS)
    drawn, tiles = _grid(count, theme)
    right = int((truth == predicted)[:count].sum())
    header(
        drawn, title or f"{right} of {count} right", "predicted class and its probability; × true → predicted", theme
    )
    spoken = class_names(names)
    for number, axes in enumerate(tiles):
        blank(axes, theme)
        axes.imshow(images[number], cmap="gray", vmin=0, vmax=255, interpolation="nearest", aspect="auto")
        first, second = spoken[truth[number]], spoken[predicted[number]]
        chance = f"{100 * chances[number]:.0f} %"
        wrong = truth[number] != predicted[number]
        if wrong:
            _mark_wrong(axes, theme)
        lines = [f"{first} →", f"{second} {chance}"] if wrong else [second, chance]
        _caption(axes, lines, theme.bad if wrong else theme.ink, theme)
    return drawn


def _check_images(images: NDArray[Any]) -> None:
    gray, colored = images.ndim == 3, images.ndim == 4 and images.shape[-1] == 3
    if images.dtype != np.uint8 or not (gray or colored) or 0 in images.shape[1:]:
        got = f"{images.dtype} {images.shape}"
        raise ConfigError("images", got=got, need="uint8 [n height width] or [n height width 3]")


def _chances(probability: NDArray[Any]) -> NDArray[np.float64]:
    chances = column("probability", probability)
    if not ((chances >= 0) & (chances <= 1.0001)).all():  # a softmax in float32 may round above 1
        raise ConfigError("probability", got=f"{chances.min()} to {chances.max()}", need="0 to 1")
    return chances


def _grid(count: int, theme: Theme) -> tuple["matplotlib.figure.Figure", list["matplotlib.axes.Axes"]]:
    """Place square tiles, row by row, on a figure of just the right size."""
    columns = min(count, COLUMNS)
    rows = -(-count // columns)
    width = max(2 * MARGIN + columns * (TILE + GAP) - GAP, 4.2)
    height = HEADER_INCHES + rows * (TILE + CAPTION + GAP) + 0.04
    drawn = figure(width, height, theme)
    drawn.set_layout_engine(None)  # "none" would leave a placeholder, for which savefig draws twice
    tiles = []
    for number in range(count):
        left = MARGIN + (number % columns) * (TILE + GAP)
        bottom = height - HEADER_INCHES - TILE - (number // columns) * (TILE + CAPTION + GAP)
        tiles.append(drawn.add_axes((left / width, bottom / height, TILE / width, TILE / height)))
    return drawn, tiles


def _mark_wrong(axes: "matplotlib.axes.Axes", theme: Theme) -> None:
    """Frame the image and put a cross into its corner, with an outline that shows on any image."""
    for spine in axes.spines.values():
        spine.set(visible=True, color=theme.bad, linewidth=2.5)
    at: dict[str, Any] = {"transform": axes.transAxes, "marker": "X", "markersize": 12, "gid": "wrong"}
    axes.plot([0.89], [0.89], color=theme.bad, markeredgecolor="white", markeredgewidth=1.2, **at)


def _caption(axes: "matplotlib.axes.Axes", lines: Sequence[str], color: str, theme: Theme) -> None:
    colors = [color, color if color == theme.bad else theme.muted]
    for line, (text, ink) in enumerate(zip(lines, colors, strict=True)):
        below = -(0.06 + 0.17 * line) / TILE
        written = axes.text(0, below, text, transform=axes.transAxes, va="top", **font(9, ink))
        shorten(written, TILE + GAP / 2, smallest=7)
