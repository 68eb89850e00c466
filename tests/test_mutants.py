"""Deliberate mistakes, one edit each: some test must catch every one, and the tests must be sound without them."""

import pytest
from tests.mutants.every import MUTANTS
from tests.mutants.mutant import SOURCE, Mutant, edited, survives


@pytest.mark.slow
@pytest.mark.rotating
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.id)
def test_every_mistake_is_caught(mutant, tmp_path):
    survived = survives(mutant, tmp_path)
    assert not survived, f"{mutant.id} went unnoticed:\n{survived}"


def test_every_mistake_is_one_of_its_own():
    assert len({mutant.id for mutant in MUTANTS}) == len(MUTANTS)


def test_every_mistake_fits_its_file():
    """All of them every time: each is tried only in one turn of some, and an edit of the source can outdate it."""
    for mutant in MUTANTS:
        assert edited(mutant, SOURCE / mutant.file)


@pytest.mark.slow
def test_an_edit_that_changes_nothing_is_not_caught(tmp_path):
    harmless = Mutant(
        "nothing",
        "layers/linear.py",
        "mapped + self.bias",
        "self.bias + mapped",
        "tests/layers/test_twins.py -k Linear",
    )
    assert survives(harmless, tmp_path)


@pytest.mark.slow
def test_an_edit_that_fits_nowhere_is_an_error(tmp_path):
    with pytest.raises(LookupError, match="0 times"):
        survives(Mutant("gone", "layers/linear.py", "no such line", "", ""), tmp_path)
