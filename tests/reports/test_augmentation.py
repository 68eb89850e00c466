"""Figures of augmented images: what lies on an image is drawn with it, stored and at each step, in both themes."""

import numpy as np
import pytest
import torch
from tests.data.annotated_images import draw_all, random_annotations
from tests.experiments.test_segmentation_run import folder_of_masks

from d2lab.core.errors import DataError
from d2lab.data.annotation_convert import convert_annotations
from d2lab.data.annotation_source import read_source
from d2lab.data.coco import write_coco
from d2lab.data.split import Split
from d2lab.experiments.plan import build_augment, plan
from d2lab.reports import augmented_targets
from d2lab.reports.augmentation import draw_augmented
from d2lab.reports.augmented_targets import IMAGES, VERSIONS, shown_of, with_objects

WARPED = {"perspective": 0.3, "mosaic": 0.5, "border": "zeros", "brightness": 0.3}
DETECTION = {"boxes": "boxes", "labels": "labels", "count": "count"}


def drawn(monkeypatch, tmp_path, recipe, **choices):
    """Draw a figure; return its panels and its key too."""
    kept = {}
    grid = augmented_targets.box_grid

    def spy(panels, theme, **options):
        kept.update(panels=panels, **options)
        return grid(panels, theme, **options)

    monkeypatch.setattr(augmented_targets, "box_grid", spy)
    changes = WARPED | choices.pop("changes", {})
    experiment = plan(recipe, changes=changes, device="cpu", **choices)
    path = draw_augmented(experiment, tmp_path / "augment")
    assert {file.name for file in tmp_path.glob("augment*")} == {
        f"augment{theme}.{kind}" for theme in ("", "-dark") for kind in ("png", "svg")
    }
    assert path == tmp_path / "augment.png"
    return experiment, kept


def test_boxes_are_drawn_where_a_step_moves_them(monkeypatch, tmp_path):
    experiment, kept = drawn(monkeypatch, tmp_path, "points")
    assert len(kept["panels"]) == IMAGES * (VERSIONS + 1)
    assert "mosaic 0.5" in kept["subtitle"]
    split = with_objects(augmented_targets.load_data(experiment)[0], DETECTION)
    for column in range(VERSIONS + 1):
        images, targets = split.inputs.float() / 255, split.targets
        if column:
            images, targets = build_augment(experiment)(split.inputs, split.targets, column - 1)
        for row in range(IMAGES):
            panel, count = kept["panels"][row * (VERSIONS + 1) + column], int(targets["count"][row])
            assert panel.caption == ("stored" if not column else f"step {column}")
            np.testing.assert_allclose(panel.marked[0].corners, targets["boxes"][row, :count], atol=1e-6)
            assert list(panel.marked[0].numbers) == targets["labels"][row, :count].tolist()
            expected = (images[row] * 255).round().permute(1, 2, 0).numpy()
            np.testing.assert_array_equal(panel.image, expected)


@pytest.mark.parametrize(("recipe", "data"), [("unet", None), ("two-stage", "scenes-masks")])
def test_masks_are_painted(monkeypatch, tmp_path, recipe, data):
    _, kept = drawn(monkeypatch, tmp_path, recipe, data=data)
    colored = [np.asarray(panel.image).std() for panel in kept["panels"]]
    assert len(colored) == IMAGES * (VERSIONS + 1)
    assert ("void" in kept["key"]) == (data is None)
    assert bool(kept["panels"][0].marked) == (data is not None)


@pytest.mark.parametrize("kind", ["coco", "voc", "yolo"])
def test_annotated_folders_of_the_reader_are_drawn(monkeypatch, tmp_path, cache, kind):
    for seed, (part, images) in enumerate({"train": 9, "test": 4}.items()):
        found = random_annotations(seed, images=images)
        draw_all(found, tmp_path / "set" / part)
        write_coco(found, tmp_path / "set" / part / "a.json")
    convert_annotations(read_source(str(tmp_path / "set")), kind, tmp_path / kind)
    _, kept = drawn(monkeypatch, tmp_path, "points", data=f"{kind}:{tmp_path / kind}", changes={"longest": 48})
    assert {np.shape(panel.image) for panel in kept["panels"]} <= {(48, 48, 3), np.shape(kept["panels"][0].image)}
    assert all(panel.marked for panel in kept["panels"])


def test_a_folder_of_masks_is_drawn(monkeypatch, tmp_path, cache):
    folder_of_masks(tmp_path / "set")
    _, kept = drawn(monkeypatch, tmp_path, "unet", data=f"masks:{tmp_path / 'set'}", changes={"longest": 32})
    assert len(kept["panels"]) == IMAGES * (VERSIONS + 1)


def test_masks_of_objects_become_classes():
    masks = torch.zeros(1, 2, 4, 4, dtype=torch.uint8)
    masks[0, 0, :2], masks[0, 1, 3] = 1, 1
    targets = {
        "boxes": torch.tensor([[[0.0, 0, 4, 2], [0, 3, 4, 4]]]),
        "labels": torch.tensor([[4, 1]]),
        "count": torch.tensor([1]),
        "masks": masks,
    }
    found = shown_of(targets, {**DETECTION, "masks": "mask"})
    assert found.masks[0].tolist() == [[5] * 4, [5] * 4, [0] * 4, [0] * 4]  # the second is padding
    assert found.labels == [[4]]


def test_images_without_objects_are_left_out():
    masks = torch.zeros(6, 4, 4, dtype=torch.uint8)
    masks[1], masks[4, 0, 0] = 255, 3
    split = Split(torch.arange(6).view(6, 1, 1, 1).expand(6, 3, 4, 4).to(torch.uint8), masks)
    assert with_objects(split, "mask").inputs[:, 0, 0, 0].tolist() == [4]
    with pytest.raises(DataError, match="training images: got 'none with an object'"):
        with_objects(split.subset(torch.tensor([0, 1])), "mask")
