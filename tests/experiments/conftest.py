"""A small run that takes a second: an MLP with dropout and momentum on a few hundred digits."""

import pytest

SMALL = {"hidden": (16,), "dropout": 0.3, "momentum": 0.9, "examples": 300, "epochs": 3, "batch_size": 64}


@pytest.fixture
def small():
    return dict(SMALL)


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """The folder of runs, empty."""
    monkeypatch.setenv("D2LAB_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"
