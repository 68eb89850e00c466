"""An exported ONNX file answers by itself, as the run does; what is no such file is one line."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from d2lab.core.errors import ConfigError, RunError
from d2lab.experiments import load_run, train
from d2lab.experiments.export import export_run
from d2lab.experiments.exported import ExportedModel

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    pytest.importorskip("onnxscript")
    pytest.importorskip("onnxruntime")
    root = tmp_path_factory.mktemp("exported")
    run = train("lenet", device="cpu", budget="smoke", root=root)
    path, _ = export_run(run.record.folder, "onnx", root / "alone.onnx")
    return run, path


@pytest.fixture
def photos(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 70), dtype=np.uint8)
    paths = []
    for number, image in enumerate((pixels, pixels.T, pixels[:8, :8])):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(image).save(paths[-1])
    return paths


@pytest.mark.parametrize("invert", [False, True])
def test_the_file_alone_answers_as_the_run(exported, photos, invert):
    run, path = exported
    trained = load_run(run.record.folder)
    expected = trained.predict(trained.read_images(photos, invert=invert))
    alone = ExportedModel(path)
    assert alone.classes == trained.classes
    torch.testing.assert_close(alone.predict(photos, invert=invert), expected, rtol=1e-4, atol=1e-5)


def test_metadata_say_how_to_feed_it(exported):
    onnx = pytest.importorskip("onnx")
    _, path = exported
    metadata = {entry.key: entry.value for entry in onnx.load(str(path)).metadata_props}
    stated = json.loads(metadata["d2lab.preparation"])
    assert stated["classes"] == list("0123456789")
    assert (stated["shape"], stated["side"], stated["fit"]) == ([1, 8, 8], 28, "pad")


def test_what_is_no_exported_model_is_refused_in_a_line(exported, tmp_path):
    with pytest.raises(ConfigError, match="an ONNX file"):
        ExportedModel(tmp_path / "missing.onnx")
    (tmp_path / "noise.onnx").write_bytes(b"\x00noise" * 50)
    with pytest.raises(RunError) as caught:
        ExportedModel(tmp_path / "noise.onnx")
    assert "\n" not in str(caught.value)
