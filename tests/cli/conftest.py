"""A command line in this process, and a few finished runs to use."""

import sys

import numpy as np
import pytest
from PIL import Image

from d2lab.cli.main import main


@pytest.fixture
def d2lab(monkeypatch, capsys):
    """Run a command; give exit code, standard output and standard error."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["d2lab", *map(str, arguments)])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """Folders of finished smoke runs by recipe."""
    from d2lab.experiments import train

    root = tmp_path_factory.mktemp("runs")
    names = ("lenet", "mlp", "linear", "perceptron")
    return {name: train(name, budget="smoke", device="cpu", root=root).record.folder for name in names}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("D2LAB_RUNS", raising=False)
    return tmp_path


@pytest.fixture
def photos(here):
    """Two photos of one name in two folders, wide and tall: their paths from where the command runs."""
    pixels = np.random.default_rng(0).integers(0, 256, (50, 90, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(here / "a.png")
    (here / "other").mkdir()
    Image.fromarray(pixels.transpose(1, 0, 2)).save(here / "other" / "a.jpg")
    return "a.png", "other/a.jpg"
