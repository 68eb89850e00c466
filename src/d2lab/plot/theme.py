"""One visual language for all figures, on white paper and on a dark screen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from d2lab.core.errors import ConfigError
from d2lab.plot.font import drawable, families

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.colors
    import matplotlib.figure

HEADER_INCHES = 0.66  # title and subtitle above the axes


@dataclass(frozen=True, kw_only=True, slots=True)
class Theme:
    """Colors as "#rrggbb".

    The series follow the hues of Okabe and Ito, darkened or lightened until each stands out from its background
    (contrast 3 or more) and from the others, also for red-green blind eyes; `tests/plot/test_theme.py` measures it.

    Source: Okabe, Ito 2008, "Color Universal Design", the palette of eight.
    Changed: lightness per background; yellow and pale blue replaced on white, where they can't be seen.
    """

    name: str
    background: str
    ink: str  # text
    muted: str  # text of second rank, tick labels
    grid: str
    good: str
    bad: str
    series: tuple[str, ...]
    low: str  # the negative end of a diverging scale
    high: str  # the positive end, and the full end of a sequential one

    def line(self, number: int) -> str:
        """Return the color of a series, starting again after the last."""
        return self.series[number % len(self.series)]

    def sequential(self) -> "matplotlib.colors.Colormap":
        """Return the scale from nothing (the background) to all."""
        return _scale([self.background, self.high])

    def diverging(self) -> "matplotlib.colors.Colormap":
        """Return the scale from negative over zero (nearly the background) to positive."""
        return _scale([self.low, self.background, self.high])


LIGHT = Theme(
    name="light",
    background="#ffffff",
    ink="#1f2328",
    muted="#59636e",
    grid="#e1e5ea",
    good="#007a5a",
    bad="#c8321e",
    series=("#0072b2", "#d55e00", "#009067", "#9c2f78", "#4a9db5", "#66500a", "#5a3fd0", "#24292f"),
    low="#c24e00",
    high="#0072b2",
)
DARK = Theme(
    name="dark",
    background="#0d1117",
    ink="#e6edf3",
    muted="#9198a1",
    grid="#2b323b",
    good="#2fbf94",
    bad="#ff6a5c",
    series=("#56b4e9", "#f08c3a", "#2fbf94", "#dc8cbc", "#f0e442", "#9a7d4f", "#8f86f7", "#c9d1d9"),
    low="#f08c3a",
    high="#56b4e9",
)


def figure(width: float | int, height: float | int, theme: Theme) -> "matplotlib.figure.Figure":
    """Make an empty figure with room for a header.

    Args:
        width: inches.
        height: inches, the header included.
        theme: its colors.

    Raises:
        ConfigError: a side is not positive.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if not (width > 0 and height > HEADER_INCHES):
        raise ConfigError("figure size", got=(width, height), need=f"inches above 0 and {HEADER_INCHES}")
    made = Figure(figsize=(width, height), dpi=100, facecolor=theme.background, layout="constrained")
    FigureCanvasAgg(made)
    room = {"rect": (0, 0, 1, 1 - HEADER_INCHES / height), "w_pad": 0.12, "h_pad": 0.06, "wspace": 0.04}
    made.get_layout_engine().set(**room)  # type: ignore[union-attr]
    return made


def header(drawn: "matplotlib.figure.Figure", title: str, subtitle: str, theme: Theme) -> None:
    """Write a title and a line below it at the top left, shrunk or cut until they fit."""
    height = drawn.get_figheight()
    for line, size, color, down in ((title, 12.5, theme.ink, 0.14), (subtitle, 9.5, theme.muted, 0.40)):
        style = font(size, color)
        text = drawn.text(0.12 / drawn.get_figwidth(), 1 - down / height, drawable(line), va="top", **style)
        shorten(text, drawn.get_figwidth() - 0.24, smallest=min(size, 8.5))


def shorten(text: Any, inches: float, *, smallest: float | int) -> None:  # noqa: ANN401 (matplotlib.text.Text, imported late)
    """Make a text fit a width: first by a smaller font, then by cutting its end."""
    drawn = text.get_figure()
    renderer = drawn.canvas.get_renderer()

    def excess() -> float:
        return float(text.get_window_extent(renderer).width / drawn.dpi / inches)

    if excess() > 1:
        text.set_fontsize(max(smallest, text.get_fontsize() / excess()))
    while excess() > 1.01 and len(text.get_text()) > 2:
        whole = text.get_text().removesuffix("…")
        text.set_text(whole[: max(1, min(len(whole) - 1, int(len(whole) / excess())))].rstrip() + "…")


def font(size: float | int, color: str) -> dict[str, Any]:
    """Return the keywords of a text; a dollar sign in it is a dollar sign, not the start of a formula."""
    return {"fontsize": size, "color": color, "fontfamily": families(), "parse_math": False}


def dress(axes: "matplotlib.axes.Axes", theme: Theme, *, title: str = "", horizontal: str = "") -> None:
    """Style axes as all figures here are: two quiet spines, a pale grid, a name at the top left."""
    axes.set_facecolor(theme.background)
    for side, spine in axes.spines.items():
        spine.set_visible(side in {"left", "bottom"})
        spine.set_color(theme.grid)
    axes.set_axisbelow(True)
    axes.grid(visible=True, axis="both", color=theme.grid, linewidth=0.7)
    axes.tick_params(which="both", color=theme.grid, labelcolor=theme.muted, labelsize=9)
    axes.tick_params(labelfontfamily=families())
    axes.set_title(title, loc="left", pad=8, **font(10.5, theme.ink))
    axes.set_xlabel(horizontal, **font(9.5, theme.muted))


def blank(axes: "matplotlib.axes.Axes", theme: Theme) -> None:
    """Take ticks and frame away, for images."""
    axes.set_facecolor(theme.background)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def _scale(colors: Sequence[str]) -> "matplotlib.colors.Colormap":
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("d2lab", list(colors))
