"""Names that a user types: found, or answered with the nearest one."""

import difflib
from collections.abc import Iterable

from d2lab.core.errors import ConfigError


def unknown_name(what: str, given: str, known: Iterable[str]) -> ConfigError:
    """Build the error for a name that does not exist: it proposes the nearest, else lists all."""
    names = sorted(known)
    near = difflib.get_close_matches(given, names, n=1, cutoff=0.5)
    fix = f"Did you mean {near[0]!r}?" if near else ""
    return ConfigError(what, got=given, need=f"one of {', '.join(names)}", fix=fix)
