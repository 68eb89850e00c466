"""Points of a plane in the colors of their classes, over the decision regions of a classifier."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from d2lab.core.errors import ConfigError
from d2lab.plot.font import drawable
from d2lab.plot.measured import MARKERS
from d2lab.plot.theme import LIGHT, Theme, dress, figure, font, header

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure

Answer = Callable[[NDArray[np.float64]], Any]  # points [n, 2] -> class numbers [n]
FINE = 240  # places along each axis that the classifier is asked for
MANY = 600  # points, above which an SVG holds them as one image


def regions(
    points: ArrayLike,
    classes: ArrayLike,
    answers: "dict[str, Answer | None]",
    theme: Theme = LIGHT,
    *,
    title: str,
    subtitle: str = "",
    names: Sequence[str] = (),
) -> "matplotlib.figure.Figure":
    """Draw the points once for each classifier, over the regions that it tells apart.

    Args:
        points: [n, 2].
        classes: [n], numbers from 0.
        answers: by name, a function that gives the classes of places [m, 2]; None draws the points alone.
        theme: `LIGHT` or `DARK`.
        title: headline.
        subtitle: the line below it.
        names: of the classes, for a legend.

    Raises:
        ConfigError: the points are not of a plane, or there is no panel.
    """
    places, kinds = np.asarray(points, dtype=np.float64), np.asarray(classes).astype(np.int64).reshape(-1)
    if places.ndim != 2 or places.shape[1] != 2 or len(kinds) != len(places) or not answers:
        got = (places.shape, kinds.shape, len(answers))
        raise ConfigError("points, classes, answers", got=got, need="[n, 2], [n] and one answer or more")
    drawn = figure(max(4.4, 3.3 * len(answers)), 4.2, theme)
    panels = drawn.subplots(1, len(answers), squeeze=False, sharex=True, sharey=True)[0]
    low, high = places.min(0), places.max(0)
    room = 0.12 * (high - low)
    box = (low - room, high + room)
    for axes, (name, answer) in zip(panels, answers.items(), strict=True):
        dress(axes, theme, title=drawable(name))
        axes.grid(visible=False)
        if answer is not None:
            _fill(axes, answer, box, theme)
        _points(axes, places, kinds, theme, names)
        axes.set_aspect("equal", adjustable="box")
    if names:
        legend = panels[-1].legend(frameon=True, facecolor=theme.background, edgecolor=theme.grid, fontsize=9)
        for text in legend.get_texts():
            text.set(color=theme.ink, fontfamily=font(9, theme.ink)["fontfamily"])
    header(drawn, title, subtitle, theme)
    return drawn


def _fill(
    axes: "matplotlib.axes.Axes", answer: Answer, box: tuple[NDArray[np.float64], NDArray[np.float64]], theme: Theme
) -> None:
    """Color each place by the class that the classifier gives it."""
    from matplotlib.colors import ListedColormap

    x, y = (np.linspace(box[0][axis], box[1][axis], FINE) for axis in (0, 1))
    asked = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    said = np.asarray(answer(asked)).astype(np.int64).reshape(FINE, FINE)
    colors = ListedColormap([theme.line(number) for number in range(int(said.max()) + 1)])
    shown: dict[str, Any] = {"cmap": colors, "vmin": -0.5, "vmax": said.max() + 0.5, "alpha": 0.22, "rasterized": True}
    axes.pcolormesh(x, y, said, shading="nearest", **shown)


def _points(
    axes: "matplotlib.axes.Axes",
    places: NDArray[np.float64],
    kinds: NDArray[np.int64],
    theme: Theme,
    names: Sequence[str],
) -> None:
    for kind in np.unique(kinds):
        own = places[kinds == kind]
        look: dict[str, Any] = {"color": theme.line(int(kind)), "marker": MARKERS[int(kind) % len(MARKERS)]}
        look |= {"markersize": 4.5, "markeredgecolor": theme.background, "markeredgewidth": 0.5, "linestyle": "none"}
        label = drawable(names[int(kind)]) if len(names) > kind else None
        axes.plot(own[:, 0], own[:, 1], label=label, rasterized=len(places) > MANY, **look)
