"""Kept outputs: what makes them stale, what can't be read, and the outputs of this checkout."""

import json
from pathlib import Path

import pytest

pytest.importorskip("jupytext")

from d2lab.claims import used
from d2lab.claims.used import module_hash
from d2lab.lessons import read_course, read_lesson
from d2lab.lessons.check import not_kept
from d2lab.lessons.kept import Executed, code_hash, executed, keep_outputs, kept, state_of, states, store
from d2lab.lessons.kernel import Ran

COURSE = Path(__file__).resolve().parents[2] / "course"
MEGABYTES = 25


def test_prose_and_captions_change_no_hash_and_code_does(write):
    first = code_hash(read_lesson(write()))
    assert first == code_hash(read_lesson(write(("一半是多少？", "一半呢？"), ("How much is a half?", "A half?"))))
    assert first != code_hash(read_lesson(write(("half = 37 / 2", "half = 39 / 2"))))


def test_the_state_says_what_has_changed(write, tmp_path, monkeypatch):
    (tmp_path / "package" / "layers").mkdir(parents=True)
    file = tmp_path / "package" / "layers" / "a.py"
    file.write_text("x = 1\n")
    monkeypatch.setattr(used, "ROOT", tmp_path / "package")

    def state(lesson):
        module_hash.cache_clear()
        return states([lesson], tmp_path)[lesson.name]

    lesson = read_lesson(write())
    module_hash.cache_clear()
    assert state(lesson) == "missing"
    keep_outputs(lesson, executed(lesson, Ran([[]], 1.0, ["d2lab.cli.main", "d2lab.layers.a"])), tmp_path)
    assert state(lesson) == "fresh"
    assert list(kept(lesson, tmp_path).modules) == ["d2lab.layers.a"]
    file.write_text('"""Words."""\nx = 1  # one\n')
    assert state(lesson) == "fresh"
    file.write_text("x = 2\n")
    assert state(lesson) == "modules changed"
    file.unlink()
    assert state(lesson) == "modules changed"
    assert state(read_lesson(write(("half = 37 / 2", "half = 39 / 2")))) == "code changed"
    module_hash.cache_clear()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 2}', '{"format": 0, "time": {}}', "no json"])
def test_what_is_no_file_of_outputs_counts_as_none(write, tmp_path, content):
    lesson = read_lesson(write())
    path = keep_outputs(lesson, Executed([[]], 2.0), tmp_path)
    assert kept(lesson, tmp_path).seconds == 2.0
    path.write_text(content)
    assert kept(lesson, tmp_path) is None
    assert state_of(lesson, None) == "missing"


def test_a_lesson_whose_code_changed_is_a_problem_and_one_whose_modules_changed_is_not(write, tmp_path):
    lessons = [read_lesson(write(name=name)) for name in ("01-code", "02-modules", "03-missing", "04-fresh")]
    code = code_hash(lessons[0])
    keep_outputs(lessons[0], Executed([[]], 1.0, "older"), tmp_path)
    keep_outputs(lessons[1], Executed([[]], 1.0, code, {"d2lab.core.names": "older"}), tmp_path)
    keep_outputs(lessons[3], Executed([[]], 1.0, code, {"d2lab.core.names": module_hash("d2lab.core.names")}), tmp_path)
    found, problems = not_kept(lessons, tmp_path)
    assert list(found) == ["05-small/02-modules", "05-small/04-fresh"]
    assert problems == [
        "05-small/01-code: its code has changed since its outputs were kept; d2lab site run code",
        "05-small/03-missing: no outputs are kept; d2lab site run missing",
    ]


def test_the_outputs_of_this_checkout_are_those_of_its_lessons():
    lessons = read_course(COURSE)
    found = {lesson.name: state for lesson in lessons if (state := states([lesson], store())[lesson.name]) != "missing"}
    assert found, "evidence/lessons is empty"
    assert not [name for name, state in found.items() if state == "code changed"]
    names = {path.relative_to(store()).with_suffix("").as_posix() for path in store().rglob("*.json")}
    assert names <= {lesson.name for lesson in lessons}, "outputs of lessons that are gone"


def test_the_outputs_of_this_checkout_are_small_and_say_what_made_them():
    files = list(store().rglob("*.json"))
    assert sum(file.stat().st_size for file in files) < MEGABYTES * 1e6
    for file in files:
        content = json.loads(file.read_text(encoding="utf-8"))
        assert {"python", "libraries", "processor"} <= content["machine"].keys(), file
        assert "d2lab.core.errors" in content["modules"], file
        assert content["time"]["seconds"] > 0, file
