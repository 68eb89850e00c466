"""A live figure follows the run in its files, and in a notebook in one output."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from d2lab.plot import LiveFigure


@pytest.fixture
def notebook(monkeypatch):
    """A stand-in for IPython that records what is shown."""

    def install(shell_name):
        shown = []
        handle = SimpleNamespace(update=lambda picture: shown.append(("update", picture)))

        def display(picture, display_id):
            assert display_id is True
            shown.append(("display", picture))
            return handle

        ipython, module = ModuleType("IPython"), ModuleType("IPython.display")
        ipython.get_ipython = type(shell_name, (), {}) if shell_name else lambda: None
        module.display, module.Image = display, lambda **given: given
        monkeypatch.setitem(sys.modules, "IPython", ipython)
        monkeypatch.setitem(sys.modules, "IPython.display", module)
        return shown

    return install


def test_each_update_redraws_the_files(history, tmp_path):
    live = LiveFigure(tmp_path / "curves")
    live.update(history(1))
    first = (tmp_path / "curves.png").read_bytes()
    live.update(history(2))
    assert (tmp_path / "curves.png").read_bytes() != first
    assert (tmp_path / "curves.svg").exists()


def test_a_notebook_shows_one_output_and_updates_it(history, notebook, tmp_path):
    shown, live = notebook("ZMQInteractiveShell"), LiveFigure(tmp_path / "curves")
    live.update(history(1))
    live.update(history(2))
    live.update(history(3))
    assert [act for act, _ in shown] == ["display", "update", "update"]
    assert shown[-1][1]["data"] == (tmp_path / "curves.png").read_bytes()
    assert shown[-1][1]["format"] == "png"


@pytest.mark.parametrize("shell_name", ["TerminalInteractiveShell", None])
def test_a_terminal_shows_nothing(history, notebook, tmp_path, shell_name):
    shown = notebook(shell_name)
    LiveFigure(tmp_path / "curves").update(history(1))
    assert shown == []


def test_never_imports_ipython(history, monkeypatch, tmp_path):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    LiveFigure(tmp_path / "curves").update(history(1))
    assert "IPython" not in sys.modules
