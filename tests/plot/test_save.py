"""Files: whole, the same bytes for the same figure, with no display."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import pytest
from PIL import Image

from d2lab import plot
from d2lab.core.errors import ConfigError, RunError
from d2lab.plot import curves, save, save_both


def test_writes_whole_files_in_both_themes_and_nothing_else(history, tmp_path):
    run = history()
    paths = save_both(lambda theme: curves(run, theme), tmp_path / "run.1" / "curves.v2")
    names = ["curves.v2.svg", "curves.v2.png", "curves.v2-dark.svg", "curves.v2-dark.png"]
    assert [path.name for path in paths] == names
    assert {path.name for path in (tmp_path / "run.1").iterdir()} == set(names)
    for path in paths:
        if path.suffix == ".svg":
            assert ElementTree.parse(path).getroot().tag.endswith("svg")  # noqa: S314 (our own file)
        else:
            with Image.open(path) as picture:
                picture.verify()
                assert picture.size == (1440, 630)


def test_the_same_history_gives_the_same_bytes_also_from_many_threads(history, tmp_path):
    def draw(number):
        return [path.read_bytes() for path in save(curves(history()), tmp_path / str(number))]

    first = draw(0)
    with ThreadPoolExecutor(2) as pool:
        assert all(again == first for again in pool.map(draw, range(1, 3)))
    assert b"<dc:date>" not in first[0]


def test_leaves_the_settings_of_matplotlib_alone(history, tmp_path):
    import matplotlib

    before = dict(matplotlib.rcParams)
    save(curves(history()), tmp_path / "a")
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("formats", [("gif",), ()])
def test_refuses_an_unknown_format(history, tmp_path, formats):
    with pytest.raises(ConfigError, match="svg or png"):
        save(curves(history()), tmp_path / "a", formats)


def test_refuses_a_folder_that_is_a_file(history, tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(RunError, match="writing"):
        save(curves(history()), tmp_path / "taken" / "a")


def test_draws_with_no_display_no_pyplot_no_torch_and_no_ipython(tmp_path):
    program = (
        "import sys, pathlib\n"
        "from d2lab.plot import History, LiveFigure\n"
        "assert 'matplotlib' not in sys.modules\n"
        "LiveFigure(pathlib.Path(sys.argv[1])).update(History('a', [1, 2], [2.0, 1.0], [], {}))\n"
        "assert not {'matplotlib.pyplot', 'IPython', 'torch'} & set(sys.modules)\n"
    )
    without = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "MPLBACKEND"}}
    command = [sys.executable, "-W", "error", "-c", program, str(tmp_path / "live")]
    subprocess.run(command, env=without, check=True)
    assert {path.name for path in tmp_path.iterdir()} == {"live.png", "live.svg"}


@pytest.mark.parametrize(("old", "new"), [("pictures", "image_grid"), ("NetMaps", "ModelMaps")])
def test_an_old_name_still_works_and_says_the_new_one(old, new):
    with pytest.warns(DeprecationWarning, match=rf"plot\.{new}"):
        assert getattr(plot, old) is getattr(plot, new)


def test_a_name_that_never_was_is_refused():
    with pytest.raises(AttributeError, match="painting"):
        plot.painting  # noqa: B018
