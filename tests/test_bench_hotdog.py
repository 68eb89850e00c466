"""benchmarks/hotdog: the figures in CHANGELOG are those of the file."""

import importlib
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def module(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("benchmarks.hotdog")


def test_the_figures_of_the_changelog_are_those_of_the_file(module):
    kept, text = module.results(), " ".join((ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split())
    few = [run["accuracy"] for run in kept["head on features, ten photos of each class"]]
    (cold,) = kept["head on features, cold cache"]
    assert f"{statistics.mean(few):.3f} ± {statistics.stdev(few):.3f} from ten photos of each class" in text
    assert f"{cold['accuracy']:.3f} in {cold['seconds']:.0f} processor seconds" in text


def test_no_seed_is_twice_and_every_row_is_one_that_can_be_measured(module):
    for name, runs in module.results().items():
        assert sorted(run["seed"] for run in runs) == list(module.ROWS[name][0])
