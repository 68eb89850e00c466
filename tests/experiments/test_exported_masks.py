"""An exported detector gives masks as its run does: every candidate's, the detected ones', and by onnxruntime alone."""

import numpy as np
import pytest
import torch
from PIL import Image

from d2lab.experiments import load_run, train
from d2lab.experiments.export import export_run
from d2lab.experiments.export_form import Candidates
from d2lab.experiments.export_suppression import with_suppression
from d2lab.experiments.exported import ExportedModel
from d2lab.models.two_stage import TwoStage, TwoStageConfig
from d2lab.train.detection import SuppressionConfig
from d2lab.train.two_stage_detection import TwoStageDetection


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    done = train("two-stage", data="scenes-masks", root=root, device="cpu", budget="smoke", changes={"masks": True})
    return load_run(done.record.folder)


@pytest.fixture(scope="module")
def photos(trained, tmp_path_factory):
    paths = []
    for number, pixels in enumerate(trained.test_split().inputs[:3]):
        paths.append(tmp_path_factory.mktemp("photos") / f"{number}.png")
        Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(paths[-1])
    return paths


@pytest.fixture(scope="module", params=[False, True], ids=["all boxes", "suppressed"])
def exported(request, trained, tmp_path_factory):
    for name in ("onnxscript", "onnxruntime"):
        pytest.importorskip(name)
    path = tmp_path_factory.mktemp("exported") / "a.onnx"
    found, difference = export_run(trained.record.folder, "onnx", path, suppress=request.param)
    assert difference < 1e-4
    return found, request.param


@pytest.mark.slow
def test_the_files_masks_are_those_of_the_model(trained, photos, exported):
    """Every candidate's, and those of what is detected, file by file."""
    path, suppressed = exported
    alone = ExportedModel(path)
    images = trained.preparation(trained.preparation.read(photos))
    names = [one.name for one in alone.session.get_outputs()]
    values = dict(zip(names, alone.session.run(None, {"images": images.numpy()}), strict=True))
    with torch.no_grad():
        outputs = trained.model.eval()(images)
    own = outputs["masks"].sigmoid()
    assert values["masks"].shape == own.shape
    assert own.std() > 1e-3  # they differ from cell to cell
    torch.testing.assert_close(torch.from_numpy(values["masks"]), own, rtol=1e-4, atol=1e-5)
    assert names[:3] == ["scores", "boxes", "masks"]
    if suppressed:
        image, label, box = values["selected"].T
        assert len(image) > 0
        assert np.array_equal(values["found_masks"], values["masks"][image, box, label])
        assert np.array_equal(values["found_boxes"], values["boxes"][image, box])


@pytest.mark.slow
def test_an_exported_model_detects_with_masks(trained, photos, exported):
    expected, alone = trained.predict(photos), ExportedModel(exported[0]).detect(photos)
    assert int(expected["count"].min()) > 0
    assert torch.equal(alone["count"], expected["count"])
    for row, count in enumerate(expected["count"].tolist()):
        assert torch.equal(alone["labels"][row, :count], expected["labels"][row, :count])
        torch.testing.assert_close(alone["masks"][row, :count], expected["masks"][row, :count], rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_a_detector_without_masks_has_none(photos, tmp_path):
    for name in ("onnxscript", "onnxruntime"):
        pytest.importorskip(name)
    done = train("two-stage", root=tmp_path, device="cpu", budget="smoke")
    path, _ = export_run(done.record.folder, "onnx", tmp_path / "a.onnx", suppress=True)
    alone = ExportedModel(path)
    assert [one.name for one in alone.session.get_outputs()] == [
        "scores", "boxes", "selected", "found_scores", "found_boxes",
    ]  # fmt: skip
    assert "masks" not in alone.detect(photos)


def test_what_is_exported_has_the_masks_of_the_predictions(rng):
    torch.manual_seed(0)
    model, task = TwoStage(TwoStageConfig(masks=True)).eval(), TwoStageDetection()
    images = torch.rand(2, 3, 64, 64, generator=rng)
    with torch.no_grad():
        answer, (scores, boxes, masks) = task.predict(model(images)), Candidates(model, task)(images)
    assert masks.shape[:3] == (*boxes.shape[:2], scores.shape[2])
    found = task.detections(model(images))
    for image, count in enumerate(answer["count"].tolist()):
        assert count > 0
        for place in range(count):
            own = masks[image, found.rows[image, place], found.labels[image, place]]
            torch.testing.assert_close(own, answer["masks"][image, place])


def test_suppression_in_a_file_picks_the_masks_of_what_it_selects(rng):
    """A file that only passes its inputs on, without a network."""
    runtime = pytest.importorskip("onnxruntime")
    from onnx import TensorProto, helper

    shapes = {"scores": (2, 5, 3), "boxes": (2, 5, 4), "masks": (2, 5, 3, 4, 4)}
    ends = [
        [helper.make_tensor_value_info(f"{name}{mark}", TensorProto.FLOAT, shape) for name, shape in shapes.items()]
        for mark in ("_in", "")
    ]
    nodes = [helper.make_node("Identity", [f"{name}_in"], [name]) for name in shapes]
    graph = helper.make_graph(nodes, "passes on", *ends)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    content = with_suppression(model.SerializeToString(), SuppressionConfig())
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    given = {f"{name}_in": torch.rand(shape, generator=rng).numpy() for name, shape in shapes.items()}
    given["boxes_in"][..., 2:] += given["boxes_in"][..., :2]
    names = [one.name for one in session.get_outputs()]
    values = dict(zip(names, session.run(None, given), strict=True))
    image, label, box = values["selected"].T
    assert len(image) > 6
    assert np.array_equal(values["found_masks"], given["masks_in"][image, box, label])
    assert np.array_equal(values["found_scores"], given["scores_in"][image, box, label])
