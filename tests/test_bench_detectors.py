"""benchmarks/detectors: the figures in README are those of the file, and steps are timed without what lies between."""

import importlib
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def module(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("benchmarks.detectors")


@pytest.mark.parametrize("page", ["README.md", "README.zh.md", "CHANGELOG.md"])
def test_the_figure_of_bccd_is_that_of_the_file(module, page):
    values = [run["ap50"] for run in module.results()["points, bccd, full"]]
    stated = f"{statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}"
    assert stated in (ROOT / page).read_text(encoding="utf-8")
    assert stated in module.table(module.results())


def test_pycocotools_counted_the_same_and_no_seed_is_twice(module):
    for runs in module.results().values():
        assert len({run["seed"] for run in runs}) == len(runs)
        assert all(run["pycocotools_apart"] < 1e-6 for run in runs)


def test_steps_are_timed_without_the_evaluations_between_epochs(module, monkeypatch):
    times = iter([100.0, 101.0, 103.0, 200.0, 202.0, 205.0])  # three steps of an epoch, an evaluation, three steps
    monkeypatch.setattr(module.time, "process_time", lambda: next(times))
    clock = module.StepSeconds()
    for step in range(1, 7):
        clock.on_step(step, None)
        if step == 3:
            clock.on_epoch({}, None)
    assert clock.total() == (3 + 5) / 4 * 6
