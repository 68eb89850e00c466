"""Segmentation from data to answer: trained, evaluated, killed and resumed, exported, asked about single files."""

import copy
import dataclasses
import json

import numpy as np
import pytest
import torch
from PIL import Image

from d2lab.core.errors import ConfigError, D2labError
from d2lab.data.batch import Batch
from d2lab.data.image_fit import FILL
from d2lab.data.palette import write_mask
from d2lab.experiments import load_run, resume, train
from d2lab.experiments.export import export_run
from d2lab.experiments.exported import ExportedModel
from d2lab.experiments.plan import build_augment, plan
from d2lab.experiments.segmenting import as_json, most_probable, segment_files
from d2lab.metrics import MeanIoU
from d2lab.train.callback import Callback
from d2lab.train.segmentation import Segmentation

TINY = {"examples": 96, "epochs": 2, "threads": 1, "widths": (8, 12)}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train("unet", root=tmp_path_factory.mktemp("runs"), device="cpu", changes=TINY)


@pytest.fixture(scope="module")
def trained(run):
    return load_run(run.record.folder)


@pytest.fixture(scope="module")
def loose(trained):
    """The run with scores that differ from place to place: after so few steps all is background."""
    model = copy.deepcopy(trained.model)
    with torch.no_grad():
        model.score.weight.normal_(generator=torch.Generator().manual_seed(0))
        model.score.bias.zero_()
    return dataclasses.replace(trained, model=model)


def saved(pixels, path):
    Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(path)
    return path


def test_a_run_reports_mean_iou_beside_that_of_background(run, trained):
    (row, *_, last) = [row for row in run.record.rows() if "epoch" in row]
    assert last["train_loss"] < row["train_loss"]
    assert last["test_mean_iou_background"] == pytest.approx(0.0854, abs=1e-3)
    values = trained.evaluate()
    for name in ("mean_iou", "pixel_accuracy", "mean_iou_background", "pixel_accuracy_background"):
        assert values[name] == pytest.approx(last[f"test_{name}"], abs=1e-6)
    assert trained.experiment.task.classes == 11


def test_files_one_by_one_are_the_images_of_the_set(loose, tmp_path):
    """The mean IoU of single files is that of the evaluation."""
    split = loose.test_split().subset(torch.arange(12))
    files = [saved(split.inputs[row], tmp_path / f"{row}.png") for row in range(12)]
    found = list(segment_files(loose, files))
    whole = loose.predict(split)
    metric = MeanIoU(11)
    for row, one in enumerate(found):
        chances = whole[row].sort(0).values
        sure = chances[-1] - chances[-2] > 1e-4
        assert torch.equal(one.mask[sure], whole[row].argmax(0).to(torch.uint8)[sure])
        metric.update(one.mask[None].long(), Batch(None, split.targets[row : row + 1]))
    evaluated = MeanIoU(11)
    evaluated.update(whole, Batch(None, split.targets))
    assert metric.compute()["mean_iou"] == pytest.approx(evaluated.compute()["mean_iou"], abs=1e-3)


def test_masks_are_in_the_pixels_of_the_file(trained, tmp_path):
    split = trained.test_split()
    small = saved(split.inputs[3], tmp_path / "small.png")
    large = np.asarray(Image.open(small)).repeat(3, 0).repeat(3, 1)
    Image.fromarray(large).save(tmp_path / "large.png")
    wide = np.full((64, 100, 3), FILL, np.uint8)
    wide[:, :64] = np.asarray(Image.open(small))
    Image.fromarray(wide).save(tmp_path / "wide.png")
    one, three, aside = segment_files(trained, [small, tmp_path / "large.png", tmp_path / "wide.png"])
    assert (one.size, three.size, aside.size) == ((64, 64), (192, 192), (100, 64))
    assert (three.mask[1::3, 1::3] == one.mask).float().mean() > 0.97
    assert float(one.shares.sum()) == pytest.approx(1)
    assert torch.equal(one.shares, torch.stack([(one.mask == k).float().mean() for k in range(11)]))


def test_a_photo_of_other_proportions_is_answered_for_its_own_pixels(loose, tmp_path):
    """A square padded at the right to twice its width: the answer for it covers the left half of the wide one."""
    split = loose.test_split()
    small = np.asarray(Image.open(saved(split.inputs[5], tmp_path / "a.png")).resize((64, 32)))
    Image.fromarray(small).save(tmp_path / "low.png")
    (low,) = segment_files(loose, [tmp_path / "low.png"])
    assert low.size == (64, 32)
    frame = torch.full((1, 3, 64, 64), FILL, dtype=torch.uint8)
    frame[0, :, :32] = torch.from_numpy(small.copy()).permute(2, 0, 1)
    assert torch.equal(low.mask, loose.predict(frame)[0].argmax(0)[:32].to(torch.uint8))
    assert len(low.mask.unique()) > 3


def test_a_photo_turned_by_its_camera_is_seen_upright(trained, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.zeros((40, 80, 3), np.uint8)).save(tmp_path / "turned.jpg", exif=exif)
    (found,) = segment_files(trained, [tmp_path / "turned.jpg"])
    assert found.size == (40, 80)


def test_the_most_probable_class_of_each_pixel(rng):
    chances = torch.rand(4, 6, 5, generator=rng).softmax(0)
    assert torch.equal(most_probable(chances, (6, 5)), chances.argmax(0).to(torch.uint8))
    larger = torch.nn.functional.interpolate(chances[None], (13, 9), mode="bilinear")[0]
    assert torch.equal(most_probable(chances, (13, 9)), larger.argmax(0).to(torch.uint8))
    assert most_probable(torch.full((3, 2, 2), 1 / 3), (2, 2)).sum() == 0


def test_shares_are_written_by_name(trained, tmp_path):
    file = saved(trained.test_split().inputs[0], tmp_path / "a.png")
    written = json.loads(json.dumps(as_json(list(segment_files(trained, [file])), trained.classes)))
    (image,) = written["images"]
    assert list(image["shares"]) == written["classes"] == ["background", *"0123456789"]
    assert sum(image["shares"].values()) == pytest.approx(1)


class StopError(Exception):
    pass


class StopAfter(Callback):
    def on_step(self, step, result):
        if step == 7:
            raise StopError


def test_a_killed_run_ends_at_the_same_bits(run, tmp_path):
    changes = {**TINY, "checkpoint_every_s": 0}
    with pytest.raises(StopError):
        train("unet", root=tmp_path, device="cpu", callbacks=[StopAfter()], changes=changes)
    (folder,) = tmp_path.iterdir()
    again = resume(folder)
    for mine, theirs in zip(again.model.parameters(), run.model.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_augmentation_keeps_pixels_paired(tmp_path):
    """Flipped, cropped and enlarged, an image whose color says the class still lies on its mask."""
    masks = torch.zeros(6, 32, 32, dtype=torch.uint8)
    for n in range(6):
        masks[n, 4 + n : 15 + n, 8 : 16 + n] = 1 + n % 2
        masks[n, -3:] = 255
    colors = torch.tensor([0, 120, 240] + [60] * 253, dtype=torch.uint8)
    images = colors[masks.long()][:, None].expand(-1, 3, -1, -1).contiguous()
    changes = {"flip": 0.5, "crop": 0.3}
    augment = build_augment(plan("fcn", changes=changes))
    for step in range(5):
        seen, moved = augment(images, masks, step)
        assert moved.dtype == torch.uint8
        value = (seen[:, 0] * 255).round()
        pure = [(value == tone) for tone in (0, 120, 240)]
        for number, here in enumerate(pure):
            inner = -torch.nn.functional.max_pool2d(-here[:, None].float(), 3, 1, 1)[:, 0] > 0  # away from edges
            assert (moved[inner] == number).float().mean() > 0.99


def test_a_run_warps_and_deforms_its_images(tmp_path):
    changes = {
        "shear": 15.0,
        "elastic": 2.0,
        "mosaic": 0.5,
        "noise": 0.1,
        "border": "zeros",
        "examples": 32,
        "epochs": 1,
    }
    done = train("unet", root=tmp_path, device="cpu", changes=changes)
    assert done.status == "finished"
    assert np.isfinite(done.last["train_loss"])
    again = load_run(done.record.folder).experiment.settings.augment
    assert (again.warp.shear, again.pixels.noise) == (15.0, 0.1)


def folder_of_masks(root, size=(40, 24)):
    for n in range(10):
        pixels = np.random.default_rng(n).integers(0, 99, (size[1], size[0], 3), dtype=np.uint8)
        mask = np.zeros(size[::-1], np.uint8)
        mask[5:15, 8 + n : 20 + n] = 1
        pixels[mask == 1] += 120
        (root / "images").mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(root / "images" / f"{n}.png")
        write_mask(mask, root / "masks" / f"{n}.png")
    (root / "classes.txt").write_text("ground\nsquare\n")
    return f"masks:{root}"


@pytest.mark.parametrize("recipe", ["fcn", "unet"])
def test_images_of_ones_own_that_are_no_squares(recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("D2LAB_CACHE", str(tmp_path / "cache"))
    name = folder_of_masks(tmp_path / "set")
    changes = {"epochs": 30, "threads": 1, "widths": (8, 12), "batch_size": 4, "longest": 40}
    done = train(recipe, data=name, root=tmp_path / "runs", device="cpu", changes=changes)
    again = load_run(done.record.folder)
    assert again.preparation.shape == (3, 24, 40)
    assert (again.preparation.fit, again.preparation.kinds) == ("whole", "mask")
    values = again.evaluate()
    assert values["mean_iou"] > 0.8 > values["mean_iou_background"]
    (found,) = segment_files(again, [tmp_path / "set" / "images" / "0.png"])
    assert found.size == (40, 24)
    assert float(found.shares[1]) == pytest.approx(120 / 960, abs=0.03)
    assert resume(done.record.folder).trained is False


REFUSED = {
    "a set of boxes": ({"data": "scenes"}, "need a set for segmentation"),
    "smoothed labels": ({"changes": {"label_smoothing": 0.1}}, "label_smoothing"),
    "mixed images": ({"changes": {"mixup": 0.2}}, "augment.mixup"),
    "flips at test time": ({"changes": {"test_flips": True, "examples": 16, "epochs": 1}}, "test_flips"),
    "a side of images that have one": ({"changes": {"longest": 96}}, "all images of scenes-pixels are 64 x 64 pixels"),
    "too few classes": ({"changes": {"model.classes": 3}}, "setting classes"),
}


@pytest.mark.parametrize(("choices", "said"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_be_used_is_refused_in_a_line(choices, said, tmp_path):
    with pytest.raises(ConfigError, match=said):
        train("fcn", root=tmp_path, device="cpu", **choices)
    assert not list(tmp_path.iterdir())


def test_other_runs_segment_nothing(tmp_path):
    done = train("softmax", root=tmp_path, device="cpu", budget="smoke")
    with pytest.raises(D2labError, match="a run for segmentation"):
        segment_files(load_run(done.record.folder), [tmp_path / "a.png"])


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["fcn", "unet"])
def test_an_exported_file_segments_as_the_run(recipe, tmp_path):
    for name in ("onnxscript", "onnxruntime"):
        pytest.importorskip(name)
    done = train(recipe, root=tmp_path / "runs", device="cpu", changes=TINY)
    path, difference = export_run(done.record.folder, "onnx", tmp_path / "a.onnx")
    assert difference < 1e-4
    trained = load_run(done.record.folder)
    photo = tmp_path / "photo.png"
    Image.fromarray(trained.test_split().inputs[1].permute(1, 2, 0).numpy()).resize((96, 80)).save(photo)
    (expected,), (alone,) = (segment_files(one, [photo]) for one in (trained, ExportedModel(path)))
    assert (expected.mask == alone.mask).float().mean() > 0.999
    assert ExportedModel(path).classes == trained.classes


def test_the_task_of_a_recipe_knows_the_classes_of_its_data():
    assert isinstance(plan("unet").task, Segmentation)
    assert plan("unet", data="voc2012").task.classes == 21
    assert plan("fcn", data="voc2012").preparation.shape == (3, 128, 128)
