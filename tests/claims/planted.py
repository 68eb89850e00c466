"""A check with a mistake planted in its file."""

import dataclasses
import importlib.util
import inspect
import sys
from pathlib import Path

from d2lab.claims.catalog import find_claim


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


def verdicts(name, old, new, sizes):
    """Return the verdict of a check as it is, and with a mistake planted, at these sizes."""
    claim = find_claim(name)
    return tuple(planted(claim, old, text).run(**sizes)[0].verdict for text in (old, new))


def told_apart(plain, broken):
    """Say whether a mistake changes a verdict: a refuted statement may then hold; one that holds falls."""
    return broken != plain and (broken not in {"holds", "holds in scope"} or plain == "does not hold")
