"""The two languages that everything for readers is written in."""

import locale
import os
from typing import Literal

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


def spoken() -> Language:
    """Return the language of whoever sits here: $D2LAB_LANGUAGE, else that of the system; English unless Chinese."""
    system = locale.getlocale()[0] or ""
    asked = os.environ.get("D2LAB_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LANG") or system
    return "zh" if asked.lower().startswith(("zh", "chinese")) else "en"
