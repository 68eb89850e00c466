"""A dark drawing kept as what differs from the light one, so that a figure takes its bytes once and not twice.

Both are the same paths in other colors under other class names, so the differences are some hundred bytes of tens of
thousands. Where two drawings are more than that apart, the dark one is kept whole.
"""

import re
from collections.abc import Mapping
from typing import Any

from d2lab.lessons.kernel import Output
from d2lab.plot.drawing import DARK_MIME, SVG_MIME, ZH_DARK_MIME, ZH_MIME

LIGHT_OF = {DARK_MIME: SVG_MIME, ZH_DARK_MIME: ZH_MIME}
# What can differ: numbers, colors, names; an image's bytes are one. What stands between such words is the same.
WORD = re.compile(r'[^\s"<>{}();:,]+')
NAMED = re.compile(r"\bd[0-9a-f]{5}(?=s\d)")  # the hash before each class name of a figure


def shortened(output: Output) -> Output:
    """Return an output whose dark drawings are kept as differences: `{"names": [old, new], "words": {place: word}}`.

    Args:
        output: of a code cell, as notebooks write it.
    """
    data = output.get("data", {})
    pairs = {mime: light for mime, light in LIGHT_OF.items() if mime in data and light in data}
    found = {mime: _differences(data[light], data[mime]) for mime, light in pairs.items()}
    return output | ({"data": data | {mime: short for mime, short in found.items() if short}} if found else {})


def restored(output: Mapping[str, Any]) -> Output:
    """Return an output that `shortened` gave as it was before.

    Args:
        output: that was kept.

    Raises:
        KeyError: the drawing that a dark one differs from is missing.
        TypeError: the differences are none.
        ValueError: they name a word that is not there.
    """
    data = output.get("data", {})
    whole = {
        mime: _changed(data[LIGHT_OF[mime]], value) if mime in LIGHT_OF and isinstance(value, dict) else value
        for mime, value in data.items()
    }
    return dict(output) | ({"data": whole} if whole else {})


def _differences(light: str, dark: str) -> dict[str, Any] | None:
    """Return the words of `dark` that differ from those at the same place of `light`; None if it has other places."""
    names = [NAMED.search(text) for text in (light, dark)]
    renamed = [name[0] if name else "" for name in names]
    alike = dark.replace(renamed[1], renamed[0]) if all(renamed) else dark
    found = {"names": renamed, "words": {}}
    if WORD.sub("", light) != WORD.sub("", alike):
        return None
    pairs = zip(WORD.findall(light), WORD.findall(alike), strict=True)
    found["words"] = {str(place): new for place, (old, new) in enumerate(pairs) if old != new}
    # A class name of the light drawing may also be some word of the dark one, an image's bytes for example.
    return found if _changed(light, found) == dark else None


def _changed(light: str, differences: Mapping[str, Any]) -> str:
    (old, new), words = differences["names"], {int(place): word for place, word in differences["words"].items()}
    pieces, end = [], 0
    for place, match in enumerate(WORD.finditer(light)):
        if place in words:
            pieces += [light[end : match.start()], words.pop(place)]
            end = match.end()
    if words:
        raise ValueError(f"there is no word {min(words)} in the light drawing")
    text = "".join([*pieces, light[end:]])
    return text.replace(old, new) if old and new else text
