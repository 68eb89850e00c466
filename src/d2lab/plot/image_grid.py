"""Images in a grid, each with its label."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from d2lab.core.errors import ConfigError
from d2lab.plot.font import class_names
from d2lab.plot.theme import HEADER_INCHES, LIGHT, Theme, blank, figure, font, header

if TYPE_CHECKING:
    import matplotlib.figure

SIDE = 0.95  # inches of an image


def image_grid(
    images: ArrayLike,
    names: Sequence[str] = (),
    theme: Theme = LIGHT,
    *,
    title: str,
    subtitle: str = "",
    columns: int = 8,
    signed: bool = False,
) -> "matplotlib.figure.Figure":
    """Draw images row by row.

    Args:
        images: [n, height, width] of one channel, or [n, 3, height, width] of colors from 0 to 1.
        names: one an image, written above it.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.
        columns: images a row.
        signed: color one channel from negative over zero to positive, all images on one scale; otherwise in grays.

    Raises:
        ConfigError: there is no image, or the names are not as many.
    """
    shown = np.asarray(images, dtype=np.float64)
    if shown.ndim not in (3, 4) or not len(shown) or (len(names) and len(names) != len(shown)):
        got = (shown.shape, len(names))
        raise ConfigError("images and names", got=got, need="[n, height, width] or [n, 3, height, width], n names")
    columns = min(columns, len(shown))
    rows = -(-len(shown) // columns)
    tall = SIDE + (0.26 if len(names) else 0.06)
    drawn = figure(max(4.4, columns * (SIDE + 0.1)), HEADER_INCHES + rows * tall + 0.15, theme)
    panels = drawn.subplots(rows, columns, squeeze=False).flat
    written = class_names(names)
    extreme = float(np.abs(shown).max()) or 1.0
    scale: dict[str, Any] = (
        {"cmap": theme.diverging(), "vmin": -extreme, "vmax": extreme} if signed else {"cmap": "gray"}
    )
    for number, axes in enumerate(panels):
        blank(axes, theme)
        if number < len(shown):
            image = shown[number] if shown.ndim == 3 else shown[number].transpose(1, 2, 0).clip(0, 1)
            axes.imshow(image, interpolation="nearest", **scale)
            if written:
                axes.set_title(written[number], pad=3, **font(8.5, theme.ink))
    header(drawn, title, subtitle, theme)
    return drawn
