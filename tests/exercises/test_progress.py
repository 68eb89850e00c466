"""The file of what is done: counted, kept, never half-written, never thrown away."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from d2lab.cli.exercise import progress
from d2lab.core.errors import DataError
from d2lab.exercises.progress import (
    done_in,
    note,
    progress_file,
    read_progress,
    read_whole_entries,
    under_new_names,
)


def test_tries_are_counted_and_the_first_day_is_kept(tmp_path):
    file = tmp_path / "deep" / "progress.json"
    assert read_progress(file) == {}
    note(file, "predict", passed=False)
    assert done_in(read_progress(file)) == set()
    note(file, "predict", passed=True)
    first = read_progress(file)["predict"]
    note(file, "predict", passed=False)
    assert read_progress(file)["predict"] == {"tries": 3, "done": first["done"]}
    assert done_in(read_progress(file)) == {"predict"}


def test_two_at_a_time_lose_nothing(tmp_path):
    file = tmp_path / "progress.json"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: note(file, f"e{n % 4}", passed=n > 10), range(40)))
    assert {name: one["tries"] for name, one in read_progress(file).items()} == dict.fromkeys(
        ("e0", "e1", "e2", "e3"), 10
    )


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 2, "exercises": {}}', '{"format": 1, "exercises": 3}',
                                     '{"format": 1, "exercises": {"a": {"tries": "x"}}}',
                                     '{"format": 1, "exercises": {"a": {}}}'])  # fmt: skip
def test_a_file_that_is_not_ours_is_left_alone(tmp_path, content):
    file = tmp_path / "progress.json"
    file.write_text(content)
    with pytest.raises(DataError, match="D2LAB_PROGRESS"):
        note(file, "predict", passed=True)
    assert file.read_text() == content


def test_the_place_can_be_named(monkeypatch, tmp_path):
    monkeypatch.setenv("D2LAB_PROGRESS", str(tmp_path / "p.json"))
    assert progress_file() == tmp_path / "p.json"
    monkeypatch.delenv("D2LAB_PROGRESS")
    assert progress_file().name == "progress.json"


def test_former_names_count_for_the_new_one():
    progress = {
        "old": {"tries": 2, "done": "2026-01-02"},
        "new": {"tries": 1, "done": "2026-03-04"},
        "older": {"tries": 1, "done": None},
        "other": {"tries": 4, "done": None},
    }
    renamed = under_new_names(progress, {"old": "new", "older": "other"})
    assert renamed == {"new": {"tries": 3, "done": "2026-01-02"}, "other": {"tries": 5, "done": None}}
    assert done_in(renamed) == {"new"}


@pytest.mark.parametrize("entry", ['{"tries": "x"}', '{"tries": true}', "3", "{}", '{"tries": 1, "done": [1]}'])
def test_a_broken_entry_is_named_and_the_others_are_shown(entry, tmp_path, monkeypatch, capsys):
    file = tmp_path / "progress.json"
    file.write_text(
        f'{{"format": 1, "exercises": {{"odd": {entry}, "predict": {{"tries": 1, "done": "2026-01-02"}}}}}}'
    )
    assert read_whole_entries(file) == ({"predict": {"tries": 1, "done": "2026-01-02"}}, ["odd"])
    monkeypatch.setenv("D2LAB_PROGRESS", str(file))
    progress()
    said = capsys.readouterr()
    assert "left out: broken entries" in said.err
    assert "'odd'" in said.err
    assert said.out
    with pytest.raises(DataError, match="odd"):  # a try is not counted in a file that would lose an entry
        note(file, "predict", passed=True)
