"""Names, docstrings and messages use the field's words; `python -m tools.words --allowed` prints what is excepted."""

import ast
import re

import pytest
from tools.words import ALLOWED, SOURCE, WORDS, Word, is_allowed, scan, spaced

ROOMS = sorted(path.name for path in SOURCE.iterdir() if path.is_dir() and (path / "__init__.py").exists())
NOT_YET: dict[str, str] = {}  # rooms that are still being cleaned, and by whom


def files(room):
    return sorted((SOURCE / room).rglob("*.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_uses_the_words_of_the_field(room):
    if room in NOT_YET:
        pytest.skip(f"not cleaned yet: {NOT_YET[room]}")
    found = [finding for path in files(room) for finding in scan(path) if is_allowed(finding) is None]
    exceptions = [f"allowed: {a.name} in {a.where} on /{a.line}/: {a.reason}" for a in ALLOWED]
    assert not found, "\n".join([*map(str, found), *exceptions])


def test_every_exception_is_used_and_says_why():
    used = {is_allowed(finding) for path in SOURCE.rglob("*.py") for finding in scan(path)}
    unused = [allowed for allowed in ALLOWED if allowed not in used]
    print(*[f"{a.name}: {a.where} on /{a.line}/: {a.reason}" for a in ALLOWED], sep="\n")  # noqa: T201 (seen with -s)
    assert not unused
    assert all(len(allowed.reason.split()) >= 3 for allowed in ALLOWED)
    assert {allowed.name for allowed in ALLOWED} <= {word.name for word in WORDS}


@pytest.mark.parametrize(
    ("name", "words"), [("NetMaps", "Net Maps"), ("own_bend", "own bend"), ("AlexNetConfig", "AlexNet Config")]
)
def test_an_identifier_is_read_word_by_word(name, words):
    assert spaced(name) == words


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("slope = loss.backward()", {"slope"}),
        ("x = own_bend(x)  # passes on", {"bend"}),
        ('raise ConfigError("nets", got=1, need="a picture")', {"net", "picture"}),
        ('"""Give the sum."""', {"give"}),
        ('"""Return what the luck gave; it hangs on the law."""', {"luck", "hangs on", "law"}),
        ("network = LeNet(config); lawful = slopestyle = 1", set()),
        ("images = start(weights)  # starts a run", set()),
        ("x = 1  # the same start, so the same weights", {"start of weights"}),
        ("class Heir(Optimizer): laps_by_turns = 1", {"heir", "by turns", "old name"}),
    ],
)
def test_the_scanner_sees_whole_words(line, found, tmp_path, monkeypatch):
    monkeypatch.setattr("tools.words.SOURCE", tmp_path)
    path = tmp_path / "plot.py"
    path.write_text(line + "\n")
    assert {finding.word.name for finding in scan(path)} == found


def test_a_word_may_be_private_in_one_room_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.words.SOURCE", tmp_path)
    monkeypatch.setattr("tools.words.WORDS", (Word("speed", "speed", "velocity", where="optimizers/*"),))
    for room in ("optimizers", "train"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "step.py").write_text("speed = 1\n")
    assert [len(scan(tmp_path / room / "step.py")) for room in ("optimizers", "train")] == [1, 0]


def docstrings(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    for node in ast.walk(tree):
        if isinstance(node, kinds) and ast.get_docstring(node):
            name = getattr(node, "name", path.name)
            if not name.startswith("_"):
                yield name, ast.get_docstring(node)


@pytest.mark.parametrize("room", ROOMS)
def test_a_docstring_begins_with_what_the_thing_is_or_does(room):
    if room in NOT_YET:
        pytest.skip(f"not cleaned yet: {NOT_YET[room]}")
    weak = [
        f"{path.relative_to(SOURCE)}: {name}: {said.splitlines()[0]}"
        for path in files(room)
        for name, said in docstrings(path)
        if not re.match(r"[A-Z0-9]", said) or re.match(r"(Gives?|Tells?|Says?) ", said)
    ]
    assert not weak, "\n".join(weak)
