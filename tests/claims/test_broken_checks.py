"""A check that is broken on purpose must not come to its verdict: each of these mistakes is seen."""

import dataclasses
import importlib.util
import inspect
import sys
from pathlib import Path

import pytest

from d2lab.claims.catalog import find_claim
from d2lab.claims.record import recorded

BROKEN: list[tuple[str, str, str]] = [  # claim, what its check says, and what a mistake would make of it
    ("slope-of-cross-entropy-is-softmax-minus-target", "logits.detach().softmax(1)", "logits.detach().softmax(0)"),
    ("subtracting-the-maximum-keeps-softmax-finite", "large - large.max()", "large - large.min() / 2"),
]


def planted(claim, old, new):
    """Give the claim with a check that was read anew from its file, the mistake in it."""
    source = inspect.getsource(claim.check)
    assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times in the check"
    path = inspect.getsourcefile(claim.check)
    module = importlib.util.module_from_spec(importlib.util.spec_from_file_location("d2lab.claims.checks.broken", path))
    text = Path(path).read_text(encoding="utf-8")
    assert text.count(source) == 1
    sys.modules[module.__name__] = module
    try:
        exec(compile(text.replace(source, source.replace(old, new)), path, "exec"), module.__dict__)  # noqa: S102
    finally:
        del sys.modules[module.__name__]
    return dataclasses.replace(claim, check=getattr(module, claim.check.__name__).check)


@pytest.mark.parametrize(("name", "old", "new"), BROKEN, ids=[name for name, *_ in BROKEN])
def test_a_broken_check_does_not_come_to_its_verdict(name, old, new):
    claim = find_claim(name)
    before = recorded(claim).verdict
    assert planted(claim, old, old).run()[0].verdict == before
    broken = planted(claim, old, new).run()[0].verdict
    assert broken != before
    assert broken != "holds"
