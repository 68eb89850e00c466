"""A figure for a page: drawn in both themes and, where its words have two, in both languages.

So a notebook, a light page and a dark one, a Chinese reader and an English one each get theirs.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from d2lab.core.language import LANGUAGES, Language, spoken
from d2lab.plot.font import cjk_font
from d2lab.plot.save import render
from d2lab.plot.theme import DARK, LIGHT, Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SVG_MIME = "image/svg+xml"
DARK_MIME = "application/vnd.d2lab.dark+svg"
ZH_MIME = "application/vnd.d2lab.zh+svg"
ZH_DARK_MIME = "application/vnd.d2lab.zh-dark+svg"
NO_CHINESE = "<figure, without its Chinese version: no font>"
MIMES = (SVG_MIME, DARK_MIME, ZH_MIME, ZH_DARK_MIME)


class Drawing:
    """A figure that a notebook shows as SVG, and the course's site in the reader's theme and language.

    Args:
        draw: makes the figure in a theme and a language.
        bilingual: whether its words differ by language; if not, one drawing serves both.
    """

    def __init__(self, draw: "Callable[[Theme, Language], Figure]", *, bilingual: bool = False) -> None:
        self.draw = draw
        self.bilingual = bilingual

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ANN401 (IPython's)
        """Draw in both themes: first as whoever sits here reads it, then for the pages of the other language."""
        first = spoken() if self.bilingual else "en"
        made = dict(zip((SVG_MIME, DARK_MIME), self._themes(first), strict=True))
        if self.bilingual and first == "en":
            if cjk_font() is None:
                return {**made, "text/plain": NO_CHINESE}
            made |= zip((ZH_MIME, ZH_DARK_MIME), self._themes("zh"), strict=True)
        return {**made, "text/plain": "<figure>"}

    def _themes(self, language: Language) -> tuple[str, str]:
        light, dark = (render(self.draw(theme, language), "svg").decode() for theme in (LIGHT, DARK))
        return light, dark


def show(draw: "Callable[..., Figure]", *arguments: object, **options: object) -> Drawing:
    """Show a figure of this room in a notebook: `plot.show(plot.lines, rates, losses, title="...")`.

    An argument `{"en": ..., "zh": ...}` is given in the reader's language. A function that takes `language` is told it.

    Args:
        draw: a function that takes `theme` among its arguments.
        arguments: of that function.
        options: of that function.
    """
    told = "language" in inspect.signature(draw).parameters
    bilingual = told or any(_has_two(value) for value in (*arguments, *options.values()))

    def drawn(theme: Theme, language: Language) -> "Figure":
        own = {"theme": theme, "language": language} if told else {"theme": theme}
        said = {name: _said(value, language) for name, value in options.items()}
        return draw(*(_said(value, language) for value in arguments), **own, **said)

    return Drawing(drawn, bilingual=bilingual)


def drawn_for(data: Mapping[str, str], language: Language, *, dark: bool = False) -> str:
    """Return the SVG of an output that fits a language and a theme, or the nearest to it that there is.

    Args:
        data: of the output, by MIME type; `image/svg+xml` is among them.
        language: of the reader.
        dark: whether the page is dark.
    """
    wanted = (ZH_DARK_MIME, DARK_MIME) if dark else (ZH_MIME,)
    usable = wanted if language == "zh" else wanted[1:]
    return next((data[mime] for mime in usable if mime in data), data[SVG_MIME])


def _has_two(value: object) -> bool:
    return isinstance(value, Mapping) and set(value) == set(LANGUAGES)


def _said(value: object, language: Language) -> object:
    return value[language] if isinstance(value, Mapping) and _has_two(value) else value
