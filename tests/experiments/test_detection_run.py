"""A detector from data to answer: trained, evaluated, killed and resumed, and asked about single files."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from d2lab.core.errors import ConfigError, D2labError
from d2lab.data.batch import Batch
from d2lab.experiments import load_run, resume, train
from d2lab.experiments.detecting import as_coco, detect_files
from d2lab.experiments.export import export_run
from d2lab.experiments.exported import ExportedModel
from d2lab.metrics import AveragePrecision
from d2lab.train.callback import Callback

OWN = str(Path(__file__).with_name("own_detector.py"))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train(OWN, root=tmp_path_factory.mktemp("runs"), device="cpu")


@pytest.fixture(scope="module")
def trained(run):
    return load_run(run.record.folder, recipe_file=Path(OWN))


def test_a_run_reports_average_precision_beside_its_loss(run, trained):
    rows = [row for row in run.record.rows() if "epoch" in row]
    assert {"test_loss", "test_ap", "test_ap50", "test_ap75"} <= set(rows[-1])
    assert rows[-1]["train_loss"] < rows[0]["train_loss"]
    values = trained.evaluate()
    assert values["ap50"] == pytest.approx(rows[-1]["test_ap50"], abs=1e-6)
    assert values["loss"] == pytest.approx(rows[-1]["test_loss"], rel=1e-5)


def test_predictions_of_all_images_give_the_same_average_precision(trained):
    split = trained.test_split()
    answers = trained.predict(split)
    metric = AveragePrecision(10)
    metric.update(answers, Batch(split.inputs, split.targets))
    assert metric.compute()["ap50"] == pytest.approx(trained.evaluate()["ap50"], abs=1e-9)


def test_files_one_by_one_are_the_images_of_the_set(trained, tmp_path):
    split = trained.test_split()
    files = []
    for row in range(5):
        files.append(tmp_path / f"{row}.png")
        Image.fromarray(split.inputs[row].permute(1, 2, 0).numpy()).save(files[-1])
    whole = trained.predict(split.subset(torch.arange(5)))
    assert whole["count"].min() > 0
    for row, file in enumerate(files):
        (found,) = detect_files(trained, [file])
        count = int(whole["count"][row])
        assert len(found.scores) == count
        torch.testing.assert_close(found.scores, whole["scores"][row, :count], rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(found.boxes, whole["boxes"][row, :count].clamp(0, 64), rtol=1e-4, atol=1e-3)


def test_boxes_are_in_the_pixels_of_the_file(trained, tmp_path):
    """An image twice as large in each direction: the same detections, at twice the distance."""
    split = trained.test_split()
    small = Image.fromarray(split.inputs[0].permute(1, 2, 0).numpy())
    small.save(tmp_path / "small.png")
    Image.fromarray(np.asarray(small).repeat(2, 0).repeat(2, 1)).save(tmp_path / "large.png")
    one, two = detect_files(trained, [tmp_path / "small.png", tmp_path / "large.png"])
    assert two.size == (128, 128)
    assert len(one.scores) == len(two.scores) > 0
    torch.testing.assert_close(two.boxes, 2 * one.boxes, rtol=0, atol=1.0)


def test_a_photo_turned_by_its_camera_is_seen_upright(trained, tmp_path):
    pixels = np.zeros((40, 80, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "turned.jpg", exif=exif)
    (found,) = detect_files(trained, [tmp_path / "turned.jpg"])
    assert found.size == (40, 80)


def test_coco_form_is_read_back(trained, tmp_path):
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(tmp_path / "a.png")
    written = json.loads(json.dumps(as_coco(detect_files(trained, [tmp_path / "a.png"]), trained.classes)))
    assert [one["name"] for one in written["categories"]] == [str(digit) for digit in range(10)]
    assert all(0 <= one["score"] <= 1 and len(one["bbox"]) == 4 for one in written["annotations"])
    assert {one["category_id"] for one in written["annotations"]} <= set(range(1, 11))


class StopError(Exception):
    pass


class StopAfter(Callback):
    def on_step(self, step, result):
        if step == 5:
            raise StopError


def test_a_killed_run_ends_at_the_same_bits(run, tmp_path):
    with pytest.raises(StopError):
        train(OWN, root=tmp_path, device="cpu", callbacks=[StopAfter()], changes={"checkpoint_every_s": 0})
    (folder,) = tmp_path.iterdir()
    again = resume(folder, recipe_file=Path(OWN))
    for mine, theirs in zip(again.model.parameters(), run.model.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_augmentation_moves_boxes_with_their_images(tmp_path):
    done = train(OWN, root=tmp_path, device="cpu", budget="full", changes={"flip": 0.5, "examples": 32, "epochs": 1})
    assert done.status == "finished"


def test_a_detector_trains_on_crops_around_objects(tmp_path):
    changes = {"iou_crop": 1.0, "zoom_out": 0.5, "border": "zeros", "examples": 32, "epochs": 1}
    assert train(OWN, root=tmp_path, device="cpu", budget="full", changes=changes).status == "finished"


def test_a_detector_trains_on_mosaics_and_other_shapes(tmp_path):
    warped = {"mosaic": 0.7, "perspective": 0.3, "crop_and_pad": 0.2, "elastic": 2.0, "jpeg": 60, "border": "zeros"}
    changes = {**warped, "examples": 32, "epochs": 1}
    done = train(OWN, root=tmp_path, device="cpu", budget="full", changes=changes)
    assert done.status == "finished"


REFUSED = {
    "shapes at a mirrored border": ({"changes": {"shear": 9.0}}, "augment.border: got 'reflect', need 'zeros'"),
    "a deformation that could fold": ({"changes": {"elastic": 5.0}}, "from 0 to 3.6 pixels for images of 64x64"),
    "a set without boxes": ({"data": "digits"}, "need a set for detection"),
    "smoothed labels": ({"changes": {"label_smoothing": 0.1}}, "label_smoothing"),
    "mixed images": ({"changes": {"mixup": 0.2}}, "augment.mixup"),
    "a side of images that have one": ({"changes": {"longest": 96}}, "all images of scenes are 64 x 64 pixels"),
    "a threshold out of range": ({"changes": {"suppression.iou_threshold": 2}}, "suppression.iou_threshold"),
}


@pytest.mark.parametrize(("choices", "said"), REFUSED.values(), ids=REFUSED)
def test_what_a_detector_can_not_use_is_refused_in_a_line(choices, said, tmp_path):
    with pytest.raises(ConfigError, match=said):
        train(OWN, root=tmp_path, device="cpu", **choices)
    assert not list(tmp_path.iterdir())


def test_other_runs_detect_nothing(tmp_path):
    done = train("softmax", root=tmp_path, device="cpu", budget="smoke")
    with pytest.raises(D2labError, match="a run of a detector"):
        detect_files(load_run(done.record.folder), [tmp_path / "a.png"])


@pytest.fixture(scope="module")
def photo(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("photos") / "scene.png"
    Image.fromarray(trained.test_split().inputs[1].permute(1, 2, 0).numpy()).resize((96, 80)).save(path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("suppress", [False, True])
def test_an_exported_file_detects_as_the_run(trained, photo, tmp_path, suppress):
    for name in ("onnxscript", "onnxruntime"):
        pytest.importorskip(name)
    path, difference = export_run(
        trained.record.folder, "onnx", tmp_path / "a.onnx", recipe_file=Path(OWN), suppress=suppress
    )
    assert difference < 1e-4
    (expected,), (alone,) = (detect_files(one, [photo], min_score=1e-4) for one in (trained, ExportedModel(path)))
    assert len(expected.scores) > 0
    assert torch.equal(alone.labels, expected.labels)
    torch.testing.assert_close(alone.scores, expected.scores, rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(alone.boxes, expected.boxes, rtol=1e-3, atol=1e-2)


@pytest.mark.slow
@pytest.mark.parametrize("to", ["onnx", "torch-export"])
def test_proposals_are_suppressed_inside_an_exported_file(photo, tmp_path, to):
    for name in ("onnxscript", "onnxruntime"):
        pytest.importorskip(name)
    done = train("two-stage", root=tmp_path, device="cpu", budget="smoke")
    path, difference = export_run(done.record.folder, to, tmp_path / "a")
    assert difference < 1e-4
    if to == "onnx":
        kept = load_run(done.record.folder)
        (expected,), (alone,) = (detect_files(one, [photo], min_score=1e-4) for one in (kept, ExportedModel(path)))
        assert len(expected.scores) > 0
        torch.testing.assert_close(alone.scores, expected.scores, rtol=1e-3, atol=1e-5)
        torch.testing.assert_close(alone.boxes, expected.boxes, rtol=1e-3, atol=1e-2)


@pytest.mark.slow
def test_a_file_that_suppresses_itself_selects_what_the_run_detects(trained, photo, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    path, _ = export_run(trained.record.folder, "onnx", tmp_path / "a.onnx", recipe_file=Path(OWN), suppress=True)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    images = trained.preparation(trained.preparation.read([photo, photo]))
    names = [one.name for one in session.get_outputs()]
    values = dict(zip(names, session.run(None, {"images": images.numpy()}), strict=True))
    answer = trained.predict(images)
    count = int(answer["count"][1])
    mine = {
        (int(label), round(float(score), 4))
        for label, score in zip(answer["labels"][1, :count], answer["scores"][1, :count], strict=True)
    }
    of_second = values["selected"][:, 0] == 1
    theirs = zip(values["selected"][of_second, 1], values["found_scores"][of_second], strict=True)
    assert mine <= {(int(label), round(float(score), 4)) for label, score in theirs}
    row = int(np.flatnonzero(of_second)[0])
    image, label, box = values["selected"][row]
    assert values["found_scores"][row] == values["scores"][image, box, label]
    assert np.array_equal(values["found_boxes"][row], values["boxes"][image, box])


def test_only_a_detector_suppresses(tmp_path):
    done = train("softmax", root=tmp_path, device="cpu", budget="smoke")
    with pytest.raises(ConfigError, match="--suppress: got 'softmax to onnx'"):
        export_run(done.record.folder, "onnx", suppress=True)
