"""Benchmarks of rows over seeds: what is measured once is not measured again, and pages state what the files hold."""

import importlib
import json
import statistics
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    return lambda name: importlib.import_module(f"benchmarks.{name}")


def test_the_figures_of_hot_dogs_in_the_changelog_are_those_of_the_file(benchmark):
    module = benchmark("hotdog")
    kept = benchmark("rows").results(module.RESULTS)
    text = " ".join((ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split())
    few = [run["accuracy"] for run in kept["head on features, ten photos of each class"]]
    (cold,) = kept["head on features, cold cache"]
    assert f"{statistics.mean(few):.3f} ± {statistics.stdev(few):.3f} from ten photos of each class" in text
    assert f"{cold['accuracy']:.3f} in {cold['seconds']:.0f} processor seconds" in text
    whole = [run["accuracy"] for run in kept["whole net fine-tuned, one epoch"]]
    assert f"has {statistics.mean(whole):.3f} ± {statistics.stdev(whole):.3f} ({len(whole)} seeds)" in text


def test_the_figure_of_segmentation_in_the_changelog_is_that_of_the_file(benchmark):
    module = benchmark("segmentation")
    kept = benchmark("rows").results(module.RESULTS)
    found = [run["common"] for run in kept["fcn on a frozen EfficientNet-Lite0"]]
    (alone,) = [run["common"] for run in kept["background everywhere"]]
    text = " ".join((ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split())
    assert f"{statistics.mean(found):.3f} ± {statistics.stdev(found):.3f} over the common classes" in text
    assert f"background {alone:.3f}" in text
    (fcn,), (unet,) = kept["fcn from scratch"], kept["unet from scratch"]
    assert f"the small FCN has {fcn['common']:.3f} and U-Net {unet['common']:.3f} (one seed each)" in text


@pytest.mark.parametrize("name", ["hotdog", "segmentation"])
def test_no_seed_is_twice_and_every_row_is_one_that_can_be_measured(benchmark, name):
    module = benchmark(name)
    kept = benchmark("rows").results(module.RESULTS)
    assert kept
    for row, runs in kept.items():
        assert sorted(run["seed"] for run in runs) == list(module.ROWS[row][0])


def test_a_broken_off_measurement_goes_on_where_it_stopped(benchmark, tmp_path, monkeypatch, capsys):
    rows, file, seen = benchmark("rows"), tmp_path / "rows.json", []

    def measure(seed):
        seen.append(seed)
        if seed == 1 and len(seen) == 2:
            raise KeyboardInterrupt
        return {"score": 0.25 + seed / 2}

    monkeypatch.setattr(sys, "argv", ["rows"])
    table = {"ours, warm": ((0, 1), measure)}
    with pytest.raises(KeyboardInterrupt):
        rows.measured(table, file, ("score",), "Rows.")
    assert [run["seed"] for run in json.loads(file.read_text())["ours, warm"]] == [0]
    assert rows.measured(table, file, ("score",), "Rows.") == 0
    assert seen == [0, 1, 1]
    assert "| ours, warm | 2 | 0.500 ± 0.354 |" in capsys.readouterr().out


def test_common_classes_and_scores_by_hand(benchmark):
    import torch

    module = benchmark("segmentation")
    masks = torch.tensor([[[0, 1], [1, 1]], [[0, 0], [2, 255]]])
    assert module.shown_in(masks, 3).tolist() == [2, 1, 1]
    matrix = torch.tensor([[3, 1, 0], [0, 2, 0], [2, 0, 0]])  # class 2 is never found
    scores = module.scores(matrix, torch.tensor([True, True, False]))
    assert scores == {
        "common": round((3 / 6 + 2 / 3) / 2, 4),
        "present": round((3 / 6 + 2 / 3) / 3, 4),
        "pixel_accuracy": 0.625,
    }


def test_the_lesson_on_fine_tuning_states_the_figures_of_hot_dogs(benchmark):
    """Cells of a lesson can't read a benchmark's file, so its figures are typed there."""
    from d2lab.lessons import read_course
    from d2lab.lessons.kept import kept as kept_outputs

    measured = benchmark("rows").results(benchmark("hotdog").RESULTS)
    (lesson,) = [one for one in read_course(ROOT / "course") if one.name == "18-vision/02-fine-tuning"]
    said = kept_outputs(lesson, ROOT / "evidence" / "lessons").values

    def of(row):
        numbers = [run["accuracy"] for run in measured[row]]
        spread = statistics.stdev(numbers) if len(numbers) > 1 else 0.0
        return statistics.mean(numbers), spread, len(numbers)

    for way, name in (("features", "head on features"), ("pixels", "ridge on pixels")):
        for count, word in ((3, "three"), (10, "ten"), (50, "fifty")):
            mean, spread, n = of(f"{name}, {word} photos of each class")
            assert (float(said[f"{way}_{count}"]), n) == (pytest.approx(mean, abs=6e-4), 10)
            assert float(said[f"{way}_{count}_half"]) == pytest.approx(2.262 * spread / n**0.5, abs=1.1e-3)
        assert float(said[f"{way}_all"]) == pytest.approx(of(name)[0], abs=6e-4)
    assert float(said["zero_shot"]) == pytest.approx(
        of("no training: the source's class hotdog is its first")[0], abs=6e-4
    )
    mean, spread, n = of("whole net fine-tuned, one epoch")
    assert [float(said["one_epoch"]), float(said["one_epoch_sd"]), n] == pytest.approx([mean, spread, 3], abs=6e-4)
    seconds = statistics.mean(run["seconds"] for run in measured["whole net fine-tuned, one epoch"])
    assert float(said["whole_seconds"]) == pytest.approx(seconds, abs=0.6)
