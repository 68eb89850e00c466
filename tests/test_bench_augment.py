"""The benchmark of augmentation compares sides that do the same work."""

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_every_side_of_the_benchmark_makes_batches_of_one_shape(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    benchmark = importlib.import_module("benchmarks.augment")
    for name, (count, channels, stored, side, *_) in benchmark.TASKS.items():
        _, timed = benchmark.sides(name)
        for label, run in timed.items():
            made = run()
            assert made.shape == (count, channels, *[side or stored] * 2), f"{name}: {label}"
            assert 0 <= made.min() <= made.max() <= 1
