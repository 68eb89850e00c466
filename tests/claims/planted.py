"""A check with a mistake planted in its file."""

import dataclasses
import importlib.util
import inspect
import sys
from pathlib import Path


def planted(claim, old, new):
    """Return the claim with a check that was read anew from its file, the mistake in it or in what it calls there."""
    source = claim.source
    path = inspect.getsourcefile(inspect.unwrap(claim.check))
    module = importlib.util.module_from_spec(importlib.util.spec_from_file_location("d2lab.claims.checks.broken", path))
    text = Path(path).read_text(encoding="utf-8")
    assert text.count(source) == 1
    place = source if old in source else text
    assert place.count(old) == 1, f"{old!r} stands {place.count(old)} times in the check, or else in its file"
    sys.modules[module.__name__] = module
    try:
        exec(compile(text.replace(place, place.replace(old, new)), path, "exec"), module.__dict__)  # noqa: S102
    finally:
        del sys.modules[module.__name__]
    return dataclasses.replace(claim, check=getattr(module, claim.check.__name__).check)
