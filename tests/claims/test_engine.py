"""The engine of claims: evidence that makes sense, records that are whole, stale checks found, verdicts compared."""

import dataclasses
import json
import subprocess
import sys
import tomllib
import types
from itertools import repeat
from pathlib import Path

import pytest
import torch

from d2lab.claims import record as record_file
from d2lab.claims.catalog import CLAIMS, find_claim, search
from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, power_note, within
from d2lab.claims.renamed import OLD_IDS, first_id
from d2lab.claims.sources import without_words
from d2lab.claims.training import train_steps
from d2lab.cli import check
from d2lab.cli import main as cli
from d2lab.core.errors import ConfigError, RunError
from d2lab.metrics.paired import mean_interval
from d2lab.plot import dots

GOOD = {
    "value": {"gap": 0.5},
    "bound": "above 0",
    "verdict": "holds",
    "why_en": "It is {gap:.1f}.",
    "why_zh": "是 {gap:.1f}。",
}


def test_a_sentence_takes_its_numbers_from_the_values():
    evidence = Evidence(**GOOD)
    assert (evidence.why_en, evidence.why_zh, evidence.first) == ("It is 0.5.", "是 0.5。", 0.5)


@pytest.mark.parametrize(
    "change",
    [
        {"value": {}},
        {"value": {"gap": float("nan")}},
        {"value": {"gap": True}},
        {"why_en": "It is {other}."},
        {"why_zh": " "},
    ],
    ids=str,
)
def test_evidence_that_says_nothing_is_refused(change):
    with pytest.raises(ConfigError, match="Evidence"):
        Evidence(**(GOOD | change))


def test_nothing_is_within_a_bound_when_it_is_no_number():
    assert [within(x, 1.0) for x in (1.0, 1.1, float("nan"))] == ["holds", "does not hold", "does not hold"]


def test_infinity_is_recorded_as_text_since_json_has_none():
    plain = Evidence(**(GOOD | {"value": {"gap": float("inf"), "n": 3}})).to_json()
    assert plain["value"] == {"gap": "inf", "n": 3}
    json.dumps(plain, allow_nan=False)


def test_the_power_note_is_the_effect_that_four_of_five_experiments_see():
    assert power_note(mean_interval([0.0, 0.01, -0.01, 0.02, -0.02])) == "5 seeds see no effect below 0.026"


def test_a_check_is_a_claim_named_as_its_function():
    @claim(chapter=99, kind="identity", en="One is\n one.", zh="一等于一。")
    def one_is_one() -> Evidence:
        return Evidence(**GOOD)

    assert (one_is_one.id, one_is_one.en, one_is_one.budget_s) == ("one-is-one", "One is one.", 5.0)
    with pytest.raises(ConfigError, match="claim nothing"):

        @claim(chapter=1, kind="identity", en="x", zh=" ")
        def nothing() -> Evidence:
            return Evidence(**GOOD)


def drawing() -> Evidence:
    """A check that draws."""
    return Evidence(**(GOOD | {"value": {"gap": float(torch.rand(()))}}))


def test_a_check_draws_the_same_numbers_each_time_and_leaves_its_callers_generator_alone():
    one = dataclasses.replace(next(iter(CLAIMS.values())), id="drawn", check=drawing)
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    first = one.run()[0].first
    assert torch.equal(torch.rand(1), expected[:1])
    torch.set_default_dtype(torch.float32)
    assert one.run()[0].first == first
    assert dataclasses.replace(one, id="other").run()[0].first != first


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A file of claims that can be rewritten, inside the package's name."""

    def write(text):
        path = tmp_path / "chapter.py"
        path.write_text(text)
        found = types.ModuleType("d2lab.chapter")
        found.__file__ = str(path)
        sys.modules["d2lab.chapter"] = found
        code = compile(text, str(path), "exec")
        exec(code, found.__dict__)  # noqa: S102 (a test writes its own module)
        import linecache

        linecache.checkcache()
        return found.check

    yield write
    sys.modules.pop("d2lab.chapter", None)


def sized(seeds=range(5), steps=10) -> Evidence:
    """A check with sizes."""
    return Evidence(**(GOOD | {"value": {"gap": 0.5, "n": len(seeds), "steps": steps}}))


def test_an_experiment_is_run_at_any_size_and_small_when_it_only_has_to_run():
    one = dataclasses.replace(next(iter(CLAIMS.values())), check=sized, smoke={"seeds": range(2), "steps": 1})
    assert one.sizes == {"seeds": range(5), "steps": 10}
    assert one.run()[0].value["n"] == 5
    assert one.run(seeds=range(20))[0].value["n"] == 20
    assert one.run(**one.smoke)[0].value == {"gap": 0.5, "n": 2, "steps": 1}
    with pytest.raises(ConfigError, match="got 'seed', need of seeds, steps"):
        one.run(seed=3)
    with pytest.raises(ConfigError, match="has one size"):
        CLAIMS[NAME].run(seeds=range(2))
    with pytest.raises(ConfigError, match="claim sized"):
        claim(chapter=1, kind="experiment", en="x.", zh="中。", smoke={"epochs": 1})(sized)


def test_small_runs_and_other_seeds_reach_the_check(monkeypatch, d2lab, records):
    one = dataclasses.replace(CLAIMS[NAME], check=sized, smoke={"seeds": range(2)})
    seen = []
    monkeypatch.setitem(CLAIMS, NAME, one)
    monkeypatch.setattr(type(one), "run", lambda self, **sizes: (seen.append(sizes), (self.check(**sizes), 0.0))[1])
    d2lab("check", NAME, "--smoke")
    d2lab("check", NAME, "--seeds", "7")
    d2lab("check", NAME)
    assert seen == [{"seeds": range(2)}, {"seeds": range(7)}, {}]


def code(check):
    return dataclasses.replace(next(iter(CLAIMS.values())), check=check).code_hash()


def test_the_hash_changes_with_the_check_and_with_what_it_calls_and_with_nothing_else(module):
    text = "def helper():\n    return 1\n\ndef other():\n    return 2\n\ndef check():\n    return helper()\n"
    before = code(module(text))
    assert code(module(text)) == before
    assert code(module(text.replace("return 2", "return 5"))) == before
    assert code(module(text.replace("return 1", "return 7"))) != before
    assert code(module(text.replace("return helper()", "return helper() + 0"))) != before


@pytest.fixture
def records(tmp_path, monkeypatch):
    monkeypatch.setattr(record_file, "FOLDER", tmp_path / "records")
    return tmp_path / "records"


@pytest.fixture
def d2lab(monkeypatch, capsys):
    def run(*words):
        monkeypatch.setattr(sys, "argv", ["d2lab", *words])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        return caught.value.code, *capsys.readouterr()

    return run


NAME = "gradient-of-cross-entropy-is-softmax-minus-target"


def test_evidence_is_recorded_and_found_again(records, d2lab):
    code, out, _ = d2lab("check", NAME, "--record")
    assert code == 0
    assert "new" in out
    found = json.loads((records / f"{NAME}.json").read_text())
    assert found["evidence"]["verdict"] == "holds"
    assert found["machine"]["cores"] >= 1
    assert found["code"] == CLAIMS[NAME].code_hash()
    assert d2lab("check", NAME)[:1] == (0,)
    assert "same value" in d2lab("check", NAME)[1]
    assert "0 of 1" in d2lab("check", NAME, "--stale")[1]
    out = d2lab("claims", NAME)[1]
    for word in (CLAIMS[NAME].en, CLAIMS[NAME].zh, "holds", "claims/checks/ch03_softmax.py:", f"{NAME}.json"):
        assert word in out


def test_another_verdict_than_the_recorded_one_is_exit_code_1(records, d2lab):
    d2lab("check", NAME, "--record")
    path = records / f"{NAME}.json"
    content = json.loads(path.read_text())
    content["evidence"]["verdict"] = "does not hold"
    content["code"] = "0"
    path.write_text(json.dumps(content))
    code, out, _ = d2lab("check", NAME)
    assert code == 1
    assert "was: does not hold" in out
    assert "changed" in d2lab("check", NAME, "--stale")[1]


def test_another_verdict_on_other_data_is_no_change(records, d2lab):
    d2lab("check", NAME, "--record")
    path = records / f"{NAME}.json"
    content = json.loads(path.read_text())
    content["evidence"] |= {"verdict": "does not hold", "data": "fashion-mnist"}
    path.write_text(json.dumps(content))
    code, out, _ = d2lab("check", NAME)
    assert code == 0
    assert "on fashion-mnist: does not hold" in out


def test_a_broken_record_is_one_line(records, d2lab):
    records.mkdir()
    (records / f"{NAME}.json").write_text("{}")
    code, _, err = d2lab("check", NAME)
    assert (code, err.count("\n")) == (2, 1)
    assert f"d2lab check {NAME} --record" in err
    with pytest.raises(RunError):
        record_file.recorded(CLAIMS[NAME])
    assert d2lab("check", NAME, "--record")[0] == 0
    assert record_file.recorded(CLAIMS[NAME]).verdict == "holds"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("check", "gradient-of-crossentropy"), f"Did you mean {NAME!r}?"),
        (("check", "--chapter", "77"), "claims: got 'chapter 77"),
        (("check", "--budget", "0"), "budget 0"),
        (("check", NAME, "--seeds", "1"), "--seeds: got 1"),
        (("check", NAME, "--smoke", "--record"), "--record: got"),
        (("check", NAME, "--force"), "--force: got 'no --record'"),
        (("claims", "--verdict", "true"), "--verdict: got 'true', need one of holds"),
    ],
    ids=str,
)
def test_bad_words_are_one_line(words, sentence, d2lab):
    code, _, err = d2lab(*words)
    assert (code, err.count("\n")) == (2, 1)
    assert sentence in err


def test_claims_are_found_in_both_languages_and_by_chapter(d2lab):
    assert NAME in [c.id for c in search("交叉熵")]
    assert NAME in [c.id for c in search("gradient LOGITS")]
    assert not search("交叉熵", chapter=4)
    assert "No claim" in d2lab("claims", "unheard-of")[1]


@pytest.mark.parametrize(
    "word",
    [
        "naive_softmax",
        "d2lab.layers.naive",
        "layers/naive.py",
        "ch03_softmax.py",
        "evidence/claims/subtracting-the-maximum",
    ],
)
def test_a_claim_is_found_from_what_it_uses_and_where_it_lies(word):
    found = [c.id for c in search(word)]
    assert "subtracting-the-maximum-keeps-softmax-finite" in found
    assert "activation-hardly-matters" not in found


def test_what_a_check_imports_inside_counts_as_its_source(module):
    text = "def check():\n    from d2lab.layers.naive import naive_softmax\n    return naive_softmax\n"
    one = dataclasses.replace(next(iter(CLAIMS.values())), check=module(text))
    assert (one.uses, one.modules) == (["d2lab.layers.naive.naive_softmax"], ["d2lab.layers.naive"])


def test_only_the_code_of_a_file_counts():
    text = '"""A."""\n\nX = 1  # why\n\n\ndef f():\n    """Say.\n\n    More.\n    """\n    return "# no comment"\n'
    assert without_words(text) == 'X = 1\n\ndef f():\n    return "# no comment"'.replace("\n\n", "\n")
    assert without_words(text.replace("Say", "Tell").replace("why", "because")) == without_words(text)
    assert without_words(text.replace("X = 1", "X = 2")) != without_words(text)


def test_show_prints_the_source(d2lab, records):
    out = d2lab("check", NAME, "--show")[1]
    assert "def gradient_of_cross_entropy_is_softmax_minus_target" in out


def test_the_figure_is_opened_where_someone_looks(monkeypatch, capsys, tmp_path):
    opened = []
    monkeypatch.setenv("D2LAB_RUNS", str(tmp_path))
    monkeypatch.setattr(check.typer, "launch", opened.append)
    path = tmp_path / "claims" / f"{NAME}.png"
    evidence = Evidence(**GOOD, figure=lambda theme: dots({"a": [1.0]}, {}, theme, title="t", horizontal="h"))
    check._draw(CLAIMS[NAME], evidence)
    assert capsys.readouterr().out == f"figure: {path}\n"
    assert path.is_file()
    assert opened == []  # a pipe
    monkeypatch.setattr(check.sys.stdout, "isatty", lambda: True, raising=False)
    check._draw(CLAIMS[NAME], evidence)
    assert opened == [str(path)]


OLD = "slope-of-cross-entropy-is-softmax-minus-target"


def test_a_former_id_is_understood_and_the_new_one_named(records, d2lab):
    line = f"{OLD} is called {NAME} now."
    code, out, err = d2lab("check", OLD)
    assert (code, err.strip()) == (0, line)
    assert NAME in out
    code, out, err = d2lab("claims", OLD)
    assert (code, err.strip()) == (0, line)
    assert CLAIMS[NAME].en in out
    with pytest.raises(ConfigError, match=f"It is '{NAME}' now"):
        find_claim(OLD)


def test_former_ids_lead_to_claims_and_are_none_themselves():
    assert set(OLD_IDS.values()) <= set(CLAIMS)
    assert not set(OLD_IDS) & set(CLAIMS)
    assert len(set(OLD_IDS.values())) == len(OLD_IDS)  # else the first id would not be known


def test_a_renamed_claim_draws_the_numbers_of_its_first_id():
    one = dataclasses.replace(CLAIMS[NAME], check=drawing)
    assert first_id(NAME) == OLD
    assert one.run()[0].value == dataclasses.replace(one, id=OLD).run()[0].value


def measured(data, *, stand_in):
    return Evidence(**GOOD, data=data, stand_in=stand_in)


def test_evidence_on_real_data_is_not_replaced_by_evidence_on_a_stand_in(monkeypatch, records, d2lab):
    real, digits = (lambda: measured("fashion-mnist", stand_in=False)), (lambda: measured("digits", stand_in=True))

    def record(check, *words):
        monkeypatch.setitem(CLAIMS, NAME, dataclasses.replace(CLAIMS[NAME], check=check))
        return *d2lab("check", NAME, "--record", *words), record_file.recorded(CLAIMS[NAME])

    assert record(digits)[-1].stand_in
    assert not record(real)[-1].stand_in  # the real data replace a stand-in
    code, out, err, kept = record(digits)
    assert (code, err.count("\n"), kept.data) == (2, 1, "fashion-mnist")
    assert "on fashion-mnist: holds" in out
    assert f"--record: got '{NAME}', need the data" in err
    assert "--force" in err
    code, _, _, replaced = record(digits, "--force")
    assert (code, replaced.data, replaced.stand_in) == (0, "digits", True)


def test_evidence_is_recorded_in_a_checkout_only(monkeypatch, records, d2lab):
    assert record_file.is_checkout()
    installed = Path("/usr/lib/python3/site-packages/d2lab")
    monkeypatch.setattr(record_file, "ROOT", installed)
    assert record_file.evidence_folder() == installed / "evidence" / "claims"
    code, _, err = d2lab("check", NAME, "--record")
    assert (code, err.count("\n")) == (2, 1)
    assert f"--record: got 'd2lab installed in {installed}', need a checkout of d2lab" in err
    assert "leave --record out" in err
    assert not records.exists()
    assert d2lab("check", NAME)[0] == 0


def test_evidence_lies_beside_the_package_in_a_checkout_and_does_not_make_a_commit_dirty(tmp_path, monkeypatch):
    root, folder = tmp_path / "src" / "d2lab", tmp_path / "evidence" / "claims"
    for place in (root, folder):
        place.mkdir(parents=True)
    (root / "code.py").write_text("x = 1\n")
    (tmp_path / "pyproject.toml").write_text("")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@t"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True)
    monkeypatch.setattr(record_file, "ROOT", root)
    monkeypatch.setattr(record_file, "CHECKOUT", tmp_path)
    assert record_file.evidence_folder() == folder
    clean = record_file.commit()
    (folder / "one.json").write_text("{}")
    assert record_file.commit() == clean
    (root / "code.py").write_text("x = 2\n")
    assert record_file.commit() == f"{clean}-dirty"


def test_the_wheel_and_the_source_archive_bring_the_evidence():
    hatch = tomllib.loads((record_file.CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]
    targets = hatch["build"]["targets"]
    assert targets["wheel"]["force-include"]["evidence"] == "d2lab/evidence"
    assert "evidence" in targets["sdist"]["include"]


def test_the_commit_is_not_needed(monkeypatch):
    monkeypatch.setattr(record_file.subprocess, "run", lambda *_, **__: (_ for _ in ()).throw(OSError))
    assert record_file.commit() is None


def test_the_training_loop_of_checks_is_plain_gradient_descent():
    model = torch.nn.Linear(3, 1, dtype=torch.float64)
    weights, inputs, targets = model.weight.detach().clone(), torch.randn(8, 3).double(), torch.randn(8, 1).double()
    bias = model.bias.detach().clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    train_steps(model, optimizer, repeat((inputs, targets), 5), torch.nn.functional.mse_loss)
    for _ in range(5):
        error = 2 * (inputs @ weights.T + bias - targets) / len(inputs)
        weights, bias = weights - 0.1 * error.T @ inputs, bias - 0.1 * error.sum(0)
    torch.testing.assert_close(model.weight.detach(), weights)
    torch.testing.assert_close(model.bias.detach(), bias)
