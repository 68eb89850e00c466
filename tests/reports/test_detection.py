"""Figures of a detector's run show what it found; also where it found nothing, and where there was nothing."""

from pathlib import Path

import pytest
import torch

from d2lab.data.split import Split
from d2lab.experiments import load_run, train
from d2lab.metrics.detection_errors import RIGHT, detection_errors
from d2lab.reports import detection as report
from d2lab.reports.detection import anchor_levels, answers_on, draw_detection, found_by_level, sources
from d2lab.reports.figures import draw_run
from d2lab.vision.anchors import multiscale_anchors

OWN = Path(__file__).with_name("anchor_detector.py")
SMALL = {"epochs": 1, "examples": 64, "threads": 1, "widths": (8, 8), "stem": 4, "model.head": 8}


@pytest.fixture(scope="module")
def grid_run(tmp_path_factory):
    return train("yolo", root=tmp_path_factory.mktemp("runs"), device="cpu", changes=SMALL)


@pytest.fixture(scope="module")
def anchor_run(tmp_path_factory):
    return train(str(OWN), root=tmp_path_factory.mktemp("runs"), device="cpu")


def few(trained, count=6):
    return trained.test_split().subset(torch.arange(count))


def test_plot_draws_the_figures_of_a_detector(grid_run):
    made = [path.name for path in draw_run(grid_run.record.folder)]
    assert made[0] == "curves.png"
    assert made[-3:] == ["detections.png", "errors.png", "precision-recall.png"]
    for name in made:
        for theme in ("", "-dark"):
            assert (grid_run.record.folder / name.replace(".png", f"{theme}.svg")).stat().st_size > 1000


def test_a_detector_with_anchors_has_a_figure_of_its_levels(anchor_run):
    trained = load_run(anchor_run.record.folder, recipe_file=OWN)
    paths = draw_detection(trained, few(trained))
    assert paths[-1].name == "levels.png"
    answers = answers_on(trained, few(trained))
    rows, columns, table = found_by_level(answers, 0.0)
    errors = answers.errors
    assert len(rows) == 3 + 1  # 8 x 8, 4 x 4, 1 x 1 places, and the missed
    assert int(table[:-1].sum()) == int((errors.kinds == RIGHT).sum())
    assert int(table[-1].sum()) == int(errors.missed().sum())
    assert int(table.sum()) == int(errors.counted().sum())
    assert table.shape[1] == len(columns) == 3


def test_images_without_objects_and_a_detector_that_finds_nothing(grid_run, anchor_run, tmp_path):
    for run, own in ((grid_run, None), (anchor_run, OWN)):
        trained = load_run(run.record.folder, recipe_file=own)
        split = few(trained, 3)
        empty = Split(split.inputs, {name: torch.zeros_like(value) for name, value in split.targets.items()})
        assert [path.name for path in draw_detection(trained, empty)] == ["detections.png", "errors.png"]
        with torch.no_grad():
            for weight in trained.model.parameters():
                weight.zero_()
            if own is not None:
                for head in ("class1", "class2", "class3"):
                    getattr(trained.model, head).bias.view(-1, 11)[:, 0] = 20  # background, without doubt
        answers = answers_on(trained, split)
        assert answers.errors.counts()["missed"] == int(split.targets["count"].sum())
        assert "errors.png" in [path.name for path in draw_detection(trained, split)]


def test_every_box_of_a_drawn_image_is_right_wrong_or_missed(grid_run, monkeypatch, rng):
    trained = load_run(grid_run.record.folder)
    drawn = {}
    monkeypatch.setattr(report, "box_grid", lambda panels, theme, **said: drawn.update(panels=panels, said=said))
    monkeypatch.setattr(report, "save_both", lambda draw, path: draw(None))
    split = few(trained)
    truth, classes = split.targets, len(trained.classes)
    # What a fair detector finds: the objects, a third of them named at random.
    others = torch.randint(0, classes, truth["labels"].shape, generator=rng)
    labels = truth["labels"].where(torch.rand(others.shape, generator=rng) < 2 / 3, others)
    found = dict(truth) | {"labels": labels, "scores": torch.rand(others.shape, generator=rng)}
    errors = detection_errors(found, truth, classes)
    highest = float(found["scores"].max()) + 0.01  # above it each object is missed
    for score, some in ((0.0, {"right", "wrong"}), (0.5, {"right", "wrong", "missed"}), (highest, {"missed"})):
        report._draw_examples(trained, split, errors, score, Path("detections"))
        kinds = {"right": 0, "wrong": 0, "missed": 0}
        for panel in drawn["panels"]:
            for marked in panel.marked:
                kinds[marked.kind] += len(marked.corners)
        counts = errors.counts(score)
        assert kinds["right"] == counts["right"]
        assert kinds["missed"] == counts["missed"]
        assert sum(kinds.values()) == sum(counts.values())
        assert some <= {kind for kind, count in kinds.items() if count}
    assert kinds["right"] == kinds["wrong"] == 0


def test_levels_of_anchors_are_those_they_were_built_for():
    grids = [(8, 6), (4, 3), (2, 2), (1, 1)]
    anchors = multiscale_anchors(grids, [(0.1, 0.2), (0.3, 0.4), (0.5, 0.6), (0.8, 0.9)], (1.0, 2.0, 0.5))
    expected = torch.cat([torch.full((4 * rows * columns,), k) for k, (rows, columns) in enumerate(grids)])
    assert torch.equal(anchor_levels(anchors * torch.tensor([60.0, 80, 60, 80])), expected)
    assert anchor_levels(torch.tensor([[0.0, 0, 4, 4]])).tolist() == [0]


def test_a_detection_is_from_the_candidate_that_it_is(rng):
    candidates = torch.rand(3, 50, 4, generator=rng)
    levels = torch.arange(50) // 10
    chosen = torch.randint(0, 50, (3, 7), generator=rng)
    found = candidates.gather(1, chosen.unsqueeze(2).expand(-1, -1, 4))
    assert torch.equal(sources(found, candidates, levels), levels[chosen])
