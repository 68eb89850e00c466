"""The type of a line of `d2lab doctor`."""

from typing import Literal

Level = Literal["ok", "note", "fix"]
Line = tuple[Level, str, str]  # level, subject, finding
