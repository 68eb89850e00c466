"""What `d2lab doctor` says in a line."""

from typing import Literal

Level = Literal["ok", "note", "fix"]
Line = tuple[Level, str, str]  # level, subject, finding
