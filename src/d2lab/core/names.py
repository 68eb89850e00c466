"""Names that a user types: found, or answered with the nearest one."""

import difflib
from collections.abc import Iterable

from d2lab.core.errors import ConfigError

LISTED = 50  # names that a line of an error can hold


def unknown_name(what: str, given: str, known: Iterable[str]) -> ConfigError:
    """Build the error for a name that does not exist: it proposes the nearest, and lists all where they are few."""
    names = sorted(known)
    near = difflib.get_close_matches(given, names, n=1, cutoff=0.5)
    fix = f"Did you mean {near[0]!r}?" if near else ""
    need = f"one of {', '.join(names)}" if len(names) <= LISTED else f"one of {len(names):,} names"
    return ConfigError(what, got=given, need=need, fix=fix)
