"""What is run again: what changed since a commit, and each lesson once in eight turns."""

import subprocess

import pytest

pytest.importorskip("jupytext")

from d2lab.claims.used import module_hash
from d2lab.lessons import read_lesson, selection
from d2lab.lessons.kept import Executed, code_hash, keep_outputs
from d2lab.lessons.selection import SHARES, base_commit, select, share_of

MODULE = "d2lab.core.names"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """An empty repository with a folder of outputs; commits what is there and returns the commit."""
    monkeypatch.setattr(selection, "CHECKOUT", tmp_path)

    def git(*words):
        name = ["-c", "user.name=a", "-c", "user.email=a@b"]
        done = subprocess.run(["git", "-C", tmp_path, *name, *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "-q", "-b", "main")

    def commit():
        git("add", "-A")
        git("commit", "-q", "--allow-empty", "-m", "x")
        return git("rev-parse", "HEAD")

    commit.git = git
    return commit


def keep(lesson, folder, module="", seconds=10.0):
    modules = {MODULE: module or module_hash(MODULE)}
    keep_outputs(lesson, Executed([[]], seconds, code_hash(lesson), modules), folder)


def names(lessons):
    return [one.slug for one in lessons]


def test_changed_code_and_changed_modules_are_run_again(write, tmp_path, repository):
    folder = tmp_path / "evidence"
    lessons = [read_lesson(write(name=name)) for name in ("01-same", "02-code", "03-module", "04-new")]
    keep(lessons[0], folder)
    keep(lessons[1], folder)
    keep(lessons[2], folder, module="older")
    base = repository()
    lessons[1] = read_lesson(write(("half = 37 / 2", "half = 39 / 2"), name="02-code"))
    for lesson in lessons:
        keep(lesson, folder)
    turn = next(t for t in range(SHARES) if t not in {share_of(one.name) for one in lessons})
    chosen = select(lessons, folder, base, 1000, turn)
    assert names(chosen.code) == ["code", "new"]
    assert names(chosen.modules) == ["module"]
    assert names(chosen.turn) == names(chosen.left_out) == []
    assert names(chosen.lessons) == ["code", "module", "new"]
    short = select(lessons, folder, base, 25, turn)
    assert (names(short.code), names(short.modules), names(short.left_out)) == (["code", "new"], [], ["module"])


def test_in_eight_turns_each_lesson_is_run_once(write, tmp_path, repository):
    lessons = [read_lesson(write(name=f"{n:02}-a")) for n in range(1, 30)]
    turns = [select(lessons, tmp_path, None, 1000, turn) for turn in range(365, 365 + SHARES)]
    assert sorted(one.name for turn in turns for one in turn.turn) == [one.name for one in lessons]
    assert sum(bool(turn.turn) for turn in turns) >= SHARES - 1  # near even
    assert all(turn.code == turn.modules == [] for turn in turns)


def test_the_base_is_where_the_work_left_the_main_branch(repository):
    assert base_commit() is None  # no commit
    first = repository()
    assert base_commit() is None  # no earlier one
    second = repository()
    assert base_commit() == first[:12]
    repository.git("checkout", "-q", "-b", "work")
    repository()
    repository()
    assert base_commit() == second[:12]
