"""Running lessons: outputs, the cache and what it hangs on, and cells that fail."""

import json

import pytest

pytest.importorskip("jupytext")
pytest.importorskip("nbclient")

from d2lab.core.errors import RunError
from d2lab.lessons import read_lesson, run
from d2lab.lessons.run import execute, execute_all, kept, key_of


@pytest.mark.slow
def test_a_lesson_is_run_once_and_its_values_are_kept(write, tmp_path, monkeypatch):
    lesson = read_lesson(write())
    gave = execute_all([lesson], tmp_path / "cache", 1)[lesson.name]
    assert gave.values == {"half": 18.5}
    assert "".join(gave.flat[0]["text"]) == "18.5\n"
    assert gave.seconds > 0
    monkeypatch.setattr(run, "execute", lambda *_: pytest.fail("it was run again"))
    assert execute_all([lesson], tmp_path / "cache", 1)[lesson.name].values == gave.values


@pytest.mark.slow
def test_a_cell_that_fails_says_where_and_leaves_nothing(write, tmp_path):
    lesson = read_lesson(write(("half = 37 / 2", "half = 37 / 0")))
    with pytest.raises(RunError, match=r"05-small/01-halves, code cell 1: got 'ZeroDivisionError: division by zero'"):
        execute(lesson, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*.json"))


@pytest.mark.slow
def test_a_lesson_sees_an_empty_folder_of_its_own(write, tmp_path):
    code = "import os, pathlib, torch\npathlib.Path('x').write_text('x')\nhalf = len(os.listdir())\n"
    lesson = read_lesson(write(("half = 37 / 2", code + "assert torch.get_num_threads() == 1")))
    assert execute(lesson, tmp_path / "cache").values == {"half": 1}


def test_the_key_hangs_on_the_code_and_not_on_the_prose(write):
    key = key_of(read_lesson(write()))
    assert key == key_of(read_lesson(write(("一半是多少？", "一半呢？"), ("How much is a half?", "A half?"))))
    assert key != key_of(read_lesson(write(("half = 37 / 2", "half = 39 / 2"))))


def test_the_key_hangs_on_the_package_below_the_lessons(write, tmp_path, monkeypatch):
    room = tmp_path / "package" / "layers"
    (tmp_path / "package" / "cli").mkdir(parents=True)
    room.mkdir()
    file, above = room / "a.py", tmp_path / "package" / "cli" / "b.py"
    file.write_text("x = 1\n")
    above.write_text("y = 1\n")
    monkeypatch.setattr(run, "ROOT", tmp_path / "package")
    lesson = read_lesson(write())

    def key():
        run._package.cache_clear()
        return key_of(lesson)

    first = key()
    above.write_text("y = 2\n")
    assert key() == first
    file.write_text('"""Words."""\nx = 1  # one\n')
    assert key() == first
    file.write_text("x = 2\n")
    assert key() != first
    monkeypatch.undo()
    run._package.cache_clear()


@pytest.mark.parametrize("content", ["", "{}", '{"outputs": 1, "seconds": "x"}', "no json"])
def test_a_broken_cache_is_as_none(write, tmp_path, content):
    lesson = read_lesson(write())
    (tmp_path / f"{lesson.slug}-{key_of(lesson)}.json").write_text(content)
    assert kept(lesson, tmp_path) is None


def test_what_was_kept_is_read(write, tmp_path):
    lesson = read_lesson(write())
    content = {"outputs": [[{"text": "a"}]], "seconds": 2}
    (tmp_path / f"{lesson.slug}-{key_of(lesson)}.json").write_text(json.dumps(content))
    assert kept(lesson, tmp_path).flat == [{"text": "a"}]
