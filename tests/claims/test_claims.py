"""Every claim: stated in both languages, short enough to read, recorded, and still true of the code as it is."""

import inspect
import re

import pytest

from d2lab.claims.catalog import CLAIMS
from d2lab.claims.evidence import VERDICTS
from d2lab.claims.record import is_stale, recorded

every = pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
QUICK = [c for c in CLAIMS.values() if c.kind in ("identity", "definition") and c.budget_s <= 5]
EXPERIMENTS = [c for c in CLAIMS.values() if c.kind == "experiment"]


@every
def test_it_is_a_worked_example_in_two_languages(claim):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", claim.id)
    assert re.search("[一-鿿]", claim.zh)
    assert not re.search("[一-鿿]", claim.en)
    assert claim.en.endswith(".")
    assert claim.zh.endswith("。")
    assert len(inspect.getsource(claim.check).splitlines()) <= 60


@every
def test_its_evidence_is_recorded_for_the_check_as_it_is(claim):
    found = recorded(claim)
    assert found is not None
    assert not is_stale(claim)
    assert found.content["evidence"]["why_zh"] != found.content["evidence"]["why_en"]
    if claim.kind == "experiment":
        assert len(found.content["evidence"]["seeds"]) >= 5
        assert claim.sizes.get("smallest_effect") or found.verdict == "not checkable"
        assert found.content["evidence"].get("decision") or found.verdict == "not checkable"
        assert found.content["evidence"]["interval"] is not None
    assert found.content["seconds"] <= claim.budget_s


@pytest.mark.parametrize("claim", QUICK, ids=[c.id for c in QUICK])
def test_a_quick_check_gives_the_recorded_verdict_and_the_same_value_twice(claim):
    first, second = claim.run()[0], claim.run()[0]
    assert first.to_json() == second.to_json()
    if first.stand_in and first.verdict == "not checkable":
        pytest.skip(f"{recorded(claim).data} is not on this machine; {first.data} in its place")
    assert first.verdict == recorded(claim).verdict


def test_a_chapter_takes_less_than_five_minutes():
    for chapter in {c.chapter for c in CLAIMS.values()}:
        assert sum(c.budget_s for c in CLAIMS.values() if c.chapter == chapter and not c.long) <= 300


@every
def test_its_file_is_named_by_its_chapter(claim):
    assert re.search(rf"claims/checks/ch{claim.chapter:02d}_[a-z_]+\.py:", claim.place)


@pytest.mark.slow
@pytest.mark.parametrize("claim", EXPERIMENTS, ids=[c.id for c in EXPERIMENTS])
def test_an_experiment_runs_small(claim):
    assert claim.smoke
    assert claim.run(**claim.smoke)[0].verdict in VERDICTS
