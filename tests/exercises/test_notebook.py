"""Exercises in a notebook: the function, and the magic, in a real kernel's shell."""

import pytest
from IPython.core.interactiveshell import InteractiveShell

from d2lab.core.errors import ConfigError
from d2lab.exercises import check
from d2lab.exercises.progress import read_progress

RIGHT = "def half_square(predicted, targets):\n    return ((predicted - targets) ** 2).mean() / 2\n"
WRONG = "def half_square(predicted, targets):\n    return ((predicted - targets) ** 2).mean()\n"


@pytest.fixture
def shell(monkeypatch, tmp_path):
    monkeypatch.setenv("D2LAB_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setenv("D2LAB_LANGUAGE", "en")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    shell = InteractiveShell()
    shell.run_line_magic("load_ext", "d2lab.exercises")
    yield shell
    shell.history_manager.enabled = False
    shell.history_manager.end_session()


@pytest.mark.slow
def test_the_magic_checks_the_cell_and_defines_it(shell, capsys, tmp_path):
    shell.run_cell_magic("exercise", "half-square", WRONG)
    assert "half-square: not yet. This is the squared error without its half" in capsys.readouterr().out
    shell.run_cell_magic("exercise", "half_square", RIGHT)
    assert "half-square: right" in capsys.readouterr().out
    assert callable(shell.user_ns["half_square"])
    assert read_progress(tmp_path / "progress.json")["half-square"]["tries"] == 2


@pytest.mark.slow
def test_the_function_checks_what_a_cell_defined(shell, capsys, monkeypatch):
    monkeypatch.setenv("D2LAB_LANGUAGE", "zh")
    shell.run_cell(WRONG)
    shell.run_cell("from d2lab.exercises import check\nanswer = check(half_square)")
    assert shell.user_ns["answer"] is False
    assert "half-square：还不对。这是没有二分之一的平方误差" in capsys.readouterr().out


def test_what_has_no_source_or_no_name_is_refused():
    with pytest.raises(ConfigError, match="with its source"):
        check(len)
    with pytest.raises(ConfigError, match="exercise"):
        check(test_what_has_no_source_or_no_name_is_refused)
