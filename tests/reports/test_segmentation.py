"""Figures of a run for segmentation: classes on images, what became of each pixel, IoU of each class."""

import numpy as np
import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.data.split import Split
from d2lab.experiments import load_run, train
from d2lab.plot.counts import rates
from d2lab.plot.overlay import VOID_COLOR, bright, overlay
from d2lab.reports import segmentation as report
from d2lab.reports.chosen import names_of_files
from d2lab.reports.figures import draw_run
from d2lab.reports.segmentation import OUTCOMES, draw_segmentation, outcomes

SMALL = {"epochs": 1, "examples": 64, "threads": 1, "widths": (8, 8)}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train("unet", root=tmp_path_factory.mktemp("runs"), device="cpu", changes=SMALL)


@pytest.fixture(scope="module")
def trained(run):
    return load_run(run.record.folder)


def few(trained, count=5):
    return trained.test_split().subset(torch.arange(count))


def test_plot_draws_the_figures_of_segmentation(run):
    made = [path.name for path in draw_run(run.record.folder)]
    assert made[0] == "curves.png"
    assert made[-3:] == ["segments.png", "class-iou.png", "confusion.png"]
    for name in made:
        for theme in ("", "-dark"):
            assert (run.record.folder / name.replace(".png", f"{theme}.svg")).stat().st_size > 1000


def test_images_of_void_have_no_figure_of_classes(trained):
    split = few(trained)
    void = Split(split.inputs, torch.full_like(split.targets, 255))
    assert [path.name for path in draw_segmentation(trained, void)] == ["segments.png"]


def test_each_image_is_shown_three_times_and_its_errors_are_counted(trained, monkeypatch):
    drawn = {}
    monkeypatch.setattr(report, "box_grid", lambda panels, theme, **said: drawn.update(panels=panels, said=said))
    monkeypatch.setattr(report, "save_both", lambda draw, path: draw(report_theme) if "segments" in str(path) else None)
    from d2lab.plot.theme import LIGHT as report_theme

    split = few(trained)
    draw_segmentation(trained, split)
    assert len(drawn["panels"]) == 3 * len(split)
    answers = trained.predict(split).argmax(1)
    for image in range(len(split)):
        true, _, wrong = drawn["panels"][3 * image : 3 * image + 3]
        assert true.caption == f"test image {image}"
        share = float((answers[image] != split.targets[image]).float().mean())
        assert wrong.caption == f"{100 * share:.1f} % wrong"
        pixels = split.inputs[image].permute(1, 2, 0).numpy()
        painted = (np.asarray(true.image) != pixels).any(2)
        assert painted[split.targets[image] > 0].all()
        assert not painted[split.targets[image] == 0].any()
    assert set(drawn["said"]["key"]) >= {"right", "wrong"}
    assert "mean IoU" in drawn["said"]["title"]


def test_what_became_of_each_pixel():
    truth = np.array([[0, 0, 3, 3, 255]], np.uint8)
    answer = np.array([[0, 2, 3, 0, 1]], np.uint8)
    right, wrong = OUTCOMES["right"], OUTCOMES["wrong"]
    assert outcomes(truth, answer).tolist() == [[0, wrong, right, wrong, 255]]


def test_an_overlay_by_hand():
    image, mask = np.full((1, 4, 3), 100, np.uint8), np.array([[0, 1, 2, 255]], np.uint8)
    colors = np.array([[0, 0, 0], [200, 0, 100], [0, 255, 0]])
    painted = overlay(image, mask, colors, opacity=0.5)
    void = [round((100 + channel) / 2) for channel in VOID_COLOR]
    assert painted[0].tolist() == [[100] * 3, [150, 50, 100], [50, 178, 50], void]
    assert overlay(image[..., 0], mask, colors, opacity=0.5).tolist() == painted.tolist()
    everything = overlay(image, mask, colors, opacity=1.0, ground=None)
    assert everything[0, 0].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        (np.zeros((2, 2, 3)), np.zeros((2, 2), np.uint8)),
        (np.zeros((2, 3, 3), np.uint8), np.zeros((2, 2), np.uint8)),
        (np.zeros((2, 2, 3), np.uint8), np.full((2, 2), 9, np.uint8)),
    ],
)
def test_what_can_not_be_painted_is_refused(image, mask):
    with pytest.raises(ConfigError, match="need"):
        overlay(image, mask, np.zeros((3, 3)))


def test_colors_are_lightened_and_stay_apart():
    colors = np.stack(np.meshgrid([0, 64, 128, 255], [0, 128], [0, 255]), -1).reshape(-1, 3).astype(np.uint8)
    lighter = bright(colors)
    assert lighter.min() == 64
    assert lighter.max() == 255
    assert len(np.unique(lighter, axis=0)) == len(colors)


def test_rates_are_drawn_as_bars_and_others_refused():
    drawn = rates({"cat": 0.25, "dog": 1.0}, title="IoU", horizontal="IoU")
    assert [bar.get_width() for bar in drawn.axes[0].patches] == [0.25, 1.0]
    assert [text.get_text() for text in drawn.axes[0].texts] == ["0.250", "1.000"]
    for wrong in ({}, {"cat": 1.5}, {"cat": float("nan")}):
        with pytest.raises(ConfigError, match="rates"):
            rates(wrong, title="IoU")


def test_names_of_files_are_each_given_once(tmp_path):
    files = [tmp_path / name for name in ("a.png", "a-2.png", "b/a.jpg", "A.gif")]
    names = names_of_files(files)
    assert names[:2] == ["a", "a-2"]
    assert len({name.casefold() for name in names}) == 4
