"""Every claim of chapters 18 and 19 has a mistake that changes its verdict: in its check, or in what the check calls.

A statement that is refuted turns into one that holds, one that holds falls or is no longer decided. An experiment may
run with fewer seeds here than for its record; the verdict without the mistake must be the recorded one all the same.
"""

import importlib
from pathlib import Path

import pytest
from tests.claims.planted import told_apart, verdicts

from d2lab.claims.catalog import CLAIMS, find_claim
from d2lab.claims.record import recorded
from d2lab.data.catalog import at_hand

FILES = sorted(Path(__file__).parent.glob("broken_*.py"))  # a mistake for each claim, by subject
MISTAKES = [importlib.import_module(f"tests.claims.{file.stem}") for file in FILES]
QUICK = {claim: mistake for file in MISTAKES for claim, mistake in file.QUICK.items()}
SLOW = {claim: mistake for file in MISTAKES for claim, mistake in getattr(file, "SLOW", {}).items()}
HERE = at_hand("time-machine", "notes-en") == "time-machine"


def changed(name, old, new, sizes):
    """Return the recorded verdict, and those without the mistake and with it."""
    kept = recorded(find_claim(name))
    if kept.data.startswith("time-machine") and not HERE:
        pytest.skip("its evidence is on The Time Machine, which is not on this machine")
    return kept.verdict, *verdicts(name, old, new, sizes)


@pytest.mark.parametrize("name", QUICK)
def test_a_mistake_changes_the_verdict(name):
    kept, plain, broken = changed(name, *QUICK[name], {})
    assert plain == kept
    assert told_apart(kept, broken)


@pytest.mark.slow
@pytest.mark.rotating
@pytest.mark.parametrize("name", SLOW)
def test_a_mistake_changes_the_verdict_of_an_experiment(name):
    kept, plain, broken = changed(name, *SLOW[name])
    assert plain == kept
    assert told_apart(kept, broken)


def test_every_claim_of_the_chapters_has_a_mistake():
    assert {*QUICK, *SLOW} == {claim.id for claim in CLAIMS.values() if claim.chapter in (18, 19)}
