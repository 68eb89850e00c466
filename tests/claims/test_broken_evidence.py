"""Evidence that is damaged: one line where it is read, "broken" in a list that shows the others."""

import json

import pytest

from d2lab.claims import record as module
from d2lab.claims.catalog import CLAIMS
from d2lab.claims.page import summary
from d2lab.claims.record import known_verdict, path_of, recorded
from d2lab.cli.check import _show_summary
from d2lab.core.errors import RunError

ONE, OTHER = list(CLAIMS.values())[:2]


def without(name):
    return lambda content: content["evidence"].pop(name)


def with_(name, value):
    return lambda content: content["evidence"].update({name: value})


DAMAGES = {
    "no bound": without("bound"),
    "no explanation": without("why_zh"),
    "no counterexample": without("counterexample"),
    "values in a list": with_("value", [1, 2]),
    "no value": with_("value", {}),
    "a value that is a list": with_("value", {"gap": [1]}),
    "a number too long": with_("value", {"gap": 10**90, "other": "1e999999x"}),
    "a text for a number": with_("value", {"gap": "much"}),
    "NaN as text": with_("value", {"gap": "nan"}),
    "an escape of the terminal": with_("why_en", "\x1b[2J"),
    "a number for a text": with_("why_en", 3),
    "an interval of three": with_("interval", [1, 2, 3]),
    "another claim": lambda content: content.update(id="another"),
    "another format": lambda content: content.update(format=99),
    "no modules": lambda content: (content.update(format=2), content.pop("modules", None)),
    "modules in a list": lambda content: content.update(format=2, modules=["d2lab.layers.linear"]),
    "a list": lambda content: content.update(evidence=[]),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    texts = {one.id: path_of(one).read_text(encoding="utf-8") for one in (ONE, OTHER)}
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    for name, text in texts.items():
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_field_of_another_kind_is_one_line_and_hides_no_other_claim(folder, damage):
    content = json.loads(path_of(ONE).read_text(encoding="utf-8"))
    DAMAGES[damage](content)
    path_of(ONE).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(RunError, match="--record") as caught:
        recorded(ONE)
    assert "\n" not in str(caught.value)
    assert known_verdict(ONE) == "broken"
    assert known_verdict(OTHER) == recorded(OTHER).verdict != ""


@pytest.mark.parametrize("text", [b"", b"[" * 100_000, b"\xff", b'{"format": NaN}', b'{"value": ' + b"9" * 9000 + b"}"])
def test_a_file_that_is_no_json_is_one_line(folder, text):
    path_of(ONE).write_bytes(text)
    with pytest.raises(RunError, match="--record"):
        recorded(ONE)


def test_the_summary_names_broken_evidence_and_counts_the_rest(folder, capsys):
    path_of(ONE).write_bytes(b"{")
    _show_summary(None)
    said = capsys.readouterr()
    broken, none = said.err.strip().splitlines()  # all but these two have none here
    assert broken.startswith(f"d2lab: not counted: broken evidence of {ONE.id}. ")
    assert none.startswith("d2lab: not counted: no evidence of ")
    total = said.out.strip().splitlines()[-1].split()
    assert total[1] == str(len(CLAIMS))
    assert sum(map(int, total[2:])) == 1
    with pytest.raises(RunError):  # a page counts all or nothing
        summary("en")


def test_whole_evidence_is_read_and_missing_evidence_is_none(folder):
    assert recorded(ONE).verdict == known_verdict(ONE) != ""
    path_of(ONE).unlink()
    assert recorded(ONE) is None
    assert known_verdict(ONE) == ""
