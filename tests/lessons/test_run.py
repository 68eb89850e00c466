"""Running lessons: what a kernel gives, cells that fail, and what is run when outputs are kept."""

import pytest

pytest.importorskip("jupytext")
pytest.importorskip("nbclient")

from d2lab.core.errors import RunError
from d2lab.lessons import read_lesson, run
from d2lab.lessons.kept import Executed, code_hash, keep_outputs, kept, state_of
from d2lab.lessons.run import execute, execute_all, outputs_of


def gave(lesson, half=18.5, **changes):
    """Outputs of the lesson, as if it had been run."""
    outputs = [[{"output_type": "stream", "name": "stdout", "text": f"{half}\n"}]]
    return Executed(outputs, 1.0, **{"code": code_hash(lesson), **changes})


@pytest.mark.slow
def test_a_run_is_kept_with_what_made_it_and_gives_the_same_bytes_again(write, tmp_path):
    lesson = read_lesson(
        write(("print(half)", "from d2lab import layers\nprint(half)\nprint(layers.Linear(1, 1).bias.shape)"))
    )
    texts = []
    for folder in ("one", "two"):
        made = execute_all([lesson], tmp_path / folder, 1)[lesson.name]
        assert made.values == {"half": 18.5}
        assert [output.get("name") for output in made.flat] == ["stdout", None]
        assert "d2lab.layers.linear" in made.modules
        assert not any(name.startswith(("d2lab.lessons", "d2lab.cli")) for name in made.modules)
        assert state_of(lesson, kept(lesson, tmp_path / folder)) == "fresh"
        lines = (tmp_path / folder / "05-small" / "01-halves.json").read_text(encoding="utf-8").splitlines()
        texts.append([line for line in lines if '"seconds"' not in line])
    assert texts[0] == texts[1]


@pytest.mark.slow
def test_a_cell_that_fails_says_where_and_the_others_are_kept(write, tmp_path):
    wrong, right = read_lesson(write(("half = 37 / 2", "half = 37 / 0"))), read_lesson(write(name="02-right"))
    said = []
    with pytest.raises(RunError, match=r"05-small/01-halves, code cell 1: got 'ZeroDivisionError: division by zero'"):
        execute_all([wrong, right], tmp_path / "kept", 1, said.append)
    assert [path.stem for path in (tmp_path / "kept").rglob("*.json")] == ["02-right"]
    assert said[0].startswith("[1/2] lesson 05-small/01-halves, code cell 1")
    assert said[1].startswith("[2/2] 05-small/02-right: ")


@pytest.mark.slow
def test_a_lesson_sees_an_empty_folder_and_no_data_of_this_machine(write, tmp_path, monkeypatch):
    monkeypatch.setenv("D2LAB_DATA", str(tmp_path))
    code = "import os, pathlib, torch\npathlib.Path('x').write_text('x')\nhalf = len(os.listdir())\n"
    lesson = read_lesson(write(("half = 37 / 2", code + "assert torch.get_num_threads() == 1")))
    assert execute(lesson).values == {"half": 1}
    hidden = read_lesson(write(("half = 37 / 2", "import os\nhalf = int('D2LAB_DATA' in os.environ)")))
    assert execute(hidden).values == {"half": 0}


def test_kept_outputs_are_taken_without_running(write, tmp_path, monkeypatch):
    lesson = read_lesson(write())
    monkeypatch.setattr(run, "execute", lambda *_: pytest.fail("it was run"))
    keep_outputs(lesson, gave(lesson), tmp_path / "store")
    assert outputs_of([lesson], tmp_path / "store", tmp_path / "cache")[lesson.name].flat[0]["text"] == "18.5\n"


def test_outputs_of_an_earlier_package_are_taken_and_told(write, tmp_path, monkeypatch):
    lesson, said = read_lesson(write()), []
    monkeypatch.setattr(run, "execute", lambda *_: pytest.fail("it was run"))
    keep_outputs(lesson, gave(lesson, modules={"d2lab.layers.linear": "another"}), tmp_path / "store")
    assert outputs_of([lesson], tmp_path / "store", tmp_path / "cache", tell=said.append)
    assert said == ["1 lessons are shown as an earlier version of d2lab ran them: d2lab site run --stale"]


def test_what_is_not_kept_is_run_once_and_not_put_among_the_evidence(write, tmp_path, monkeypatch):
    lesson, runs = read_lesson(write()), []
    monkeypatch.setattr(run, "execute", lambda one: runs.append(one.name) or gave(one))
    for _ in range(2):
        assert outputs_of([lesson], tmp_path / "store", tmp_path / "cache")[lesson.name].values == {}
    assert runs == [lesson.name]
    assert not (tmp_path / "store").exists()
    keep_outputs(lesson, gave(lesson, code="older"), tmp_path / "store")  # code that has changed counts as not kept
    (tmp_path / "cache" / "05-small" / "01-halves.json").unlink()
    outputs_of([lesson], tmp_path / "store", tmp_path / "cache")
    assert runs == [lesson.name] * 2


def test_the_time_that_is_left_follows_what_lessons_took_before(write, tmp_path, monkeypatch):
    lessons = [read_lesson(write(name=name)) for name in ("01-halves", "02-long")]
    for lesson, seconds in zip(lessons, (10.0, 90.0), strict=True):
        keep_outputs(lesson, Executed([[]], seconds), tmp_path)
    clock = iter([0.0, 5.0, 60.0])
    monkeypatch.setattr(run.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(run, "execute", gave)
    monkeypatch.setattr(run, "as_completed", list)
    said = []
    execute_all(lessons, tmp_path, 1, said.append)
    assert said == ["[1/2] 05-small/01-halves: 1 s, about 45 s left", "[2/2] 05-small/02-long: 1 s"]
