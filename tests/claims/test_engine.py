"""The engine of claims: evidence that makes sense, records that are whole, stale checks found, verdicts compared."""

import dataclasses
import json
import sys
import types

import pytest
import torch

from d2lab.claims import catalog
from d2lab.claims import record as record_file
from d2lab.claims.catalog import CLAIMS, search
from d2lab.claims.claim import LONG_S, claim
from d2lab.claims.evidence import Evidence, power_note, within
from d2lab.claims.sources import without_words
from d2lab.cli import check
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


@pytest.fixture
def long_one(monkeypatch):
    """A catalog of two, a quick claim and a long one that takes no time; and which of them were run."""
    quick, seen = CLAIMS[NAME], []
    long = dataclasses.replace(quick, id="a-long-one", budget_s=LONG_S + 1)
    assert (quick.long, long.long, dataclasses.replace(quick, budget_s=LONG_S).long) == (False, True, False)
    monkeypatch.setattr(catalog, "CLAIMS", {quick.id: quick, long.id: long})
    monkeypatch.setattr(type(long), "run", lambda self, **sizes: (seen.append(self.id), (self.check(**sizes), 0.0))[1])
    return long.id, seen


@pytest.mark.parametrize("words", [(), ("--chapter", "3"), ("--budget", "60"), ("--budget", str(LONG_S + 2))], ids=str)
def test_a_long_claim_that_nobody_named_is_left_out_and_named(words, d2lab, long_one, records):
    name, seen = long_one
    code, _, err = d2lab("check", *words)
    assert (code, seen) == (0, [NAME])
    assert err.count("\n") == 1
    assert f"d2lab check {name}" in err


@pytest.mark.parametrize("words", [(), ("--budget", str(LONG_S + 2))], ids=str)
def test_a_long_claim_runs_by_its_id(words, d2lab, long_one, records):
    name, seen = long_one
    assert d2lab("check", name, *words)[2] == ""
    assert seen == [name]


def test_a_long_claim_counts_where_it_takes_no_time(d2lab, long_one, records):
    name, seen = long_one
    assert d2lab("check", "--smoke")[2] == ""
    assert seen == [NAME, name]
    assert name in d2lab("check", "--stale")[1]
    assert d2lab("check", "--budget", "0")[0] == 2


def code(check):
    return dataclasses.replace(next(iter(CLAIMS.values())), check=check).code_hash()


def test_the_hash_changes_with_the_check_and_with_what_it_calls_and_with_nothing_else(module):
    text = "def helper():\n    return 1\n\ndef other():\n    return 2\n\ndef check():\n    return helper()\n"
    before = code(module(text))
    assert code(module(text)) == before
    assert code(module(text.replace("return 2", "return 5"))) == before
    assert code(module(text.replace("return 1", "return 7"))) != before
    assert code(module(text.replace("return helper()", "return helper() + 0"))) != before


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
    assert "the check" in d2lab("check", NAME, "--stale")[1]


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
        (("check", NAME, "--dirty"), "--dirty: got 'no --record'"),
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


def test_the_commit_is_not_needed(monkeypatch):
    monkeypatch.setattr(record_file.subprocess, "run", lambda *_, **__: (_ for _ in ()).throw(OSError))
    assert record_file.commit() is None
