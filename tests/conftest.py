"""What every test shares: a seeded generator, one thread of luck, and the real data where they are at hand."""

import os
from pathlib import Path

import matplotlib
import pytest
import torch
from hypothesis import Phase, settings

matplotlib.use("Agg")
# A mutant need only be caught: a minute spent on a smaller example of its mistake is lost.
settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate], database=None)
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(0)


@pytest.fixture(scope="session")
def real_data():
    """Folder of real data sets: $D2LAB_DATA, else the one beside the checkout; skipped where there is none."""
    for folder in [*os.environ.get("D2LAB_DATA", "").split(os.pathsep), str(SHARED_DATA)]:
        if folder and (Path(folder) / "FashionMNIST" / "raw").is_dir():
            return Path(folder)
    pytest.skip("no real data at hand: point D2LAB_DATA at a folder that holds FashionMNIST/raw")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty data cache, and no other place to look for data."""
    monkeypatch.setenv("D2LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("D2LAB_DATA", raising=False)
    return tmp_path / "cache"
