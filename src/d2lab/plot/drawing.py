"""A figure for a page: drawn in both themes, so that a notebook, a light page and a dark one each get theirs."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from d2lab.plot.save import render
from d2lab.plot.theme import DARK, LIGHT, Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DARK_MIME = "application/vnd.d2lab.dark+svg"


class Drawing:
    """A figure that a notebook shows as SVG, and the course's site in the reader's theme.

    Args:
        draw: makes the figure in a theme.
    """

    def __init__(self, draw: "Callable[[Theme], Figure]") -> None:
        self.draw = draw

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ANN401 (IPython's)
        """Draw in both themes."""
        light, dark = (render(self.draw(theme), "svg").decode() for theme in (LIGHT, DARK))
        return {"image/svg+xml": light, DARK_MIME: dark, "text/plain": "<figure>"}


def show(draw: "Callable[..., Figure]", *arguments: object, **options: object) -> Drawing:
    """Show a figure of this room in a notebook: `plot.show(plot.lines, rates, losses, title="...")`.

    Args:
        draw: a function that takes `theme` among its arguments.
        arguments: of that function.
        options: of that function.
    """
    return Drawing(lambda theme: draw(*arguments, theme=theme, **options))
