"""Evidence goes stale with the code that gave it: modules that were executed count, words and bystanders do not."""

import dataclasses
import json
import shutil
import sys
import types

import pytest

from d2lab.claims import moved, sources, used
from d2lab.claims import record as record_file
from d2lab.claims.catalog import CLAIMS
from d2lab.claims.claim import ROOT
from d2lab.claims.evidence import Evidence
from d2lab.claims.used import module_hash, used_modules

GOOD = {"bound": "above 0", "verdict": "holds", "why_en": "It is {gap:.1f}.", "why_zh": "是 {gap:.1f}。"}
MLP = "d2lab.models.mlp"
BY_RECIPE = "a-big-network-with-dropout-beats-a-small-one"
STORED = ("scratch-mlp-trains-as-the-concise-one", "linear-layers-stack-to-one-linear-layer")


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A copy of the package's files that can be edited; hashes are taken of it."""
    shutil.copytree(ROOT, tmp_path / "d2lab", ignore=shutil.ignore_patterns("__pycache__", "*.svg", "*.png", "*.npz"))
    monkeypatch.setattr(used, "ROOT", tmp_path / "d2lab")
    shutil.copytree(record_file.FOLDER, tmp_path / "records")
    monkeypatch.setattr(record_file, "FOLDER", tmp_path / "records")
    for name in STORED:
        evidence, seconds = CLAIMS[name].run()
        record_file.record(CLAIMS[name], evidence, seconds)
    before = {claim.id for claim in CLAIMS.values() if record_file.is_stale(claim)}

    def edit(file, old, new):
        path = tmp_path / "d2lab" / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        module_hash.cache_clear()
        return {
            claim.id: record_file.changes(claim)
            for claim in CLAIMS.values()
            if claim.id not in before and record_file.is_stale(claim)
        }

    module_hash.cache_clear()
    yield edit
    module_hash.cache_clear()


def test_a_forward_pass_of_zeros_makes_every_claim_stale_that_runs_the_model_and_no_other(copied):
    stale = copied("models/mlp.py", "return logits", "return logits * 0")
    assert set(stale) == {claim.id for claim in CLAIMS.values() if MLP in record_file.recorded(claim).modules}
    assert all(what == [MLP] for what in stale.values())
    assert set(STORED) <= set(stale)
    assert len(stale) < len(CLAIMS) / 2  # not every claim


def test_words_and_blank_lines_make_none_stale(copied):
    assert not copied("models/mlp.py", "    def forward(self", "    # Words.\n\n    def forward(self")
    assert not copied("data/batches.py", '"""', '"""Other words. ')


def test_a_changed_recipe_makes_what_trains_it_stale(copied):
    stale = copied("recipes/mlp.py", "learning_rate=0.1", "learning_rate=0.2")
    assert not set(STORED) & set(stale)  # these build their model themselves


def test_a_check_hashes_all_that_it_trains_with_the_recipe_and_the_model_too():
    claim = CLAIMS[BY_RECIPE]
    claim.run(**claim.smoke)
    modules = set(used_modules(claim))
    assert {MLP, "d2lab.recipes.mlp", "d2lab.train.loop", "d2lab.data.digits", "d2lab.core.seed"} <= modules
    assert not {"d2lab.models.lenet", "d2lab.recipes.lenet", "d2lab.claims.evidence", "d2lab.cli.check"} & modules


CALLING = """
from functools import cache
from d2lab.layers.linear import Linear
from d2lab.layers.naive import naive_softmax
from d2lab.models.catalog import build_model
LIMIT = 3
@cache
def kept():
    return Linear(2, 3)
def check():
    from d2lab.claims.evidence import Evidence
    kept()
    if LIMIT > 4:
        build_model(None)
    return Evidence(value={"gap": 0.5}, bound="above 0", verdict="holds", why_en="It.", why_zh="它。")
"""


@pytest.fixture
def checked(tmp_path):
    def write(text):
        path = tmp_path / "chapter.py"
        path.write_text(text, encoding="utf-8")
        module = sys.modules["d2lab.chapter"] = types.ModuleType("d2lab.chapter")
        module.__file__ = str(path)
        exec(compile(text, str(path), "exec"), module.__dict__)  # noqa: S102 (a test writes its own module)
        import linecache

        linecache.checkcache()
        sources._statements.cache_clear()
        return dataclasses.replace(next(iter(CLAIMS.values())), check=module.check, smoke={})

    yield write
    sys.modules.pop("d2lab.chapter", None)


def test_what_was_executed_counts_though_it_is_kept_from_an_earlier_call(checked):
    claim = checked(CALLING)
    claim.run()
    modules = used_modules(claim)
    assert "d2lab.layers.linear" in modules
    assert not {"d2lab.layers.naive", "d2lab.claims.decide"} & set(modules)  # imported, but not called
    assert modules == used_modules(claim)
    assert sys.getprofile() is None


def test_a_constant_of_the_file_is_part_of_the_check(checked):
    before = checked(CALLING).code_hash()
    assert checked(CALLING.replace("LIMIT = 3", "LIMIT = 2")).code_hash() != before
    assert checked(CALLING.replace("LIMIT = 3", "LIMIT = 3  # few")).code_hash() == before


def evidence(gap, **others):
    spread = {"seeds": range(5), "interval": (gap - 0.2776445, gap + 0.2776445)}  # 0.1 times t of 4 degrees
    return Evidence(value={"gap": gap, "n": 3}, **(GOOD | spread | others))


def kept(records, one):
    record_file.record(CLAIMS[NAME], one, 1.0)
    return record_file.recorded(CLAIMS[NAME])


NAME = "gradient-of-cross-entropy-is-softmax-minus-target"


def test_a_value_that_moved_is_shown_with_its_distance_in_standard_errors(records):
    before = kept(records, evidence(0.5))
    assert moved.standard_error(before) == pytest.approx(0.1, rel=1e-5)
    assert moved.compared(before, evidence(0.5)) == "same value"
    assert moved.compared(before, evidence(0.3)) == "gap 0.5 -> 0.3 (-2.0 standard errors)"
    assert moved.compared(before, evidence(0.3, verdict="does not hold")) == "was: holds"
    lines = moved.differences(before, evidence(0.6, verdict="does not hold", data="digits"))
    assert lines == ["verdict holds -> does not hold", "data none -> digits", "gap 0.5 -> 0.6 (+1.0 standard errors)"]
    assert not moved.differences(before, evidence(0.5))


def test_what_changes_is_shown_before_it_is_written(records, d2lab, monkeypatch):
    kept(records, evidence(0.5))
    written = []
    monkeypatch.setattr(record_file, "record", lambda *_: written.append(1))
    out = d2lab("check", NAME, "--record")[1]
    assert f"{NAME}: gap 0.5 -> none" in out
    assert written == [1]
    assert "gap" in record_file.path_of(CLAIMS[NAME]).read_text(encoding="utf-8")


def test_code_that_no_commit_holds_is_recorded_only_when_told(records, d2lab, monkeypatch):
    monkeypatch.setattr(record_file, "commit", lambda: "0123456789ab-dirty")
    code, _, err = d2lab("check", NAME, "--record")
    assert (code, err.count("\n")) == (2, 1)
    assert "--record: got '0123456789ab-dirty'" in err
    assert "--dirty" in err
    assert not records.exists()
    assert d2lab("check", NAME, "--record", "--dirty")[0] == 0
    content = json.loads((records / f"{NAME}.json").read_text(encoding="utf-8"))
    assert content["commit"].endswith("-dirty")
    assert content["machine"]["libraries"]["torch"]
    assert content["modules"]


@pytest.mark.slow
def test_small_sizes_use_the_modules_that_the_usual_ones_use():
    claim = CLAIMS["lower-layers-learn-more-slowly"]  # of those that train, cheap to watch at its usual size
    claim.run(**claim.smoke)
    assert used_modules(claim) == used_modules(dataclasses.replace(claim, smoke={}))
