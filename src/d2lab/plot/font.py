"""Fonts for labels, and what to do where a font lacks a character.

Labels are English or symbols, but class names and titles come from the user and may be Chinese. Latin text is set
in DejaVu Sans, which matplotlib brings along; the first installed font of `CJK_FONTS` follows as its fallback.
A character that neither has is never drawn as an empty box: in a title it becomes "?", and a class name that
holds one is replaced by its class number, which is still a right answer.
"""

import functools
from collections.abc import Sequence

LATIN_FONT = "DejaVu Sans"
CJK_FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "SimHei",
    "Noto Sans CJK JP",  # the name of the whole Noto collection for a matplotlib that reads only its first font
)


def cjk_font() -> str | None:
    """Name the installed font that Chinese text is drawn with; None where there is none.

    Matplotlib remembers its list of fonts: after installing one, delete `fontlist-*.json` in the folder that
    `matplotlib.get_cachedir()` names.
    """
    return _first_installed(CJK_FONTS)


def families() -> list[str]:
    """List the fonts to draw with, all of them installed."""
    found = cjk_font()
    return [LATIN_FONT] if found is None else [LATIN_FONT, found]


def drawable(text: str) -> str:
    """Return the text on one line, with "?" for each character that no font has."""
    fonts = tuple(families())
    return "".join(c if _has_glyph(fonts, c) else "?" for c in " ".join(text.split()))


def class_names(names: Sequence[str]) -> list[str]:
    """Return names that can be drawn: a name no font can write becomes the number of its class."""
    fonts = tuple(families())
    tidy = [" ".join(name.split()) for name in names]
    return [
        name if name and all(_has_glyph(fonts, c) for c in name) else str(number) for number, name in enumerate(tidy)
    ]


@functools.cache
def _first_installed(candidates: tuple[str, ...]) -> str | None:
    from matplotlib.font_manager import fontManager

    installed = {entry.name for entry in fontManager.ttflist}
    return next((name for name in candidates if name in installed), None)


@functools.cache
def _has_glyph(fonts: tuple[str, ...], character: str) -> bool:
    from matplotlib.font_manager import FontProperties, fontManager, get_font

    paths = (fontManager.findfont(FontProperties(family=name), fallback_to_default=False) for name in fonts)
    return any(get_font(path).get_char_index(ord(character)) for path in paths)
