"""`d2lab export --fold`: normalization part of the convolutions, the same outputs, a smaller file, said in a line."""

import re

import pytest
import torch

from d2lab.experiments import load_run, train


@pytest.fixture(scope="module")
def normalized(tmp_path_factory):
    """A short run of a network with batch normalization."""
    changes = {"depth": 8, "examples": 64, "epochs": 2, "batch_size": 16}
    root = tmp_path_factory.mktemp("normalized")
    return train("resnet20", data="digits", device="cpu", root=root, changes=changes).record.folder


@pytest.mark.parametrize("to", ["torch-export", "onnx"])
def test_a_folded_file_answers_as_the_run_and_is_smaller(d2lab, normalized, here, to):
    if to == "onnx":
        pytest.importorskip("onnxscript")
        pytest.importorskip("onnxruntime")
    sizes = {}
    for name, more in (("plain", ()), ("folded", ("--fold",))):
        code, out, err = d2lab("export", normalized, "--to", to, "--out", here / name, *more)
        assert (code, err) == (0, "")
        lines = out.splitlines()
        assert float(re.search(r"outputs: (\S+)\)", lines[-1])[1]) <= 1e-5
        sizes[name] = (here / name).stat().st_size
        if more:
            found = re.fullmatch(r"folded: 7 of 7 normalizations, ([\d,]+) numbers fewer", lines[0])
            assert int(found[1].replace(",", "")) > 0
        assert len(lines) == 1 + len(more)
    if to == "torch-export":  # the exporter to ONNX folds by itself
        assert sizes["folded"] < sizes["plain"]
        trained = load_run(normalized)
        images = torch.rand(5, *trained.preparation.prepared_shape)
        with torch.no_grad():
            expected = trained.model.eval()(images)
        torch.testing.assert_close(torch.export.load(here / "folded").module()(images), expected, rtol=1e-5, atol=1e-5)
    else:
        assert sizes["folded"] <= sizes["plain"] * 1.01


def test_a_network_without_normalization_is_a_clear_line(d2lab, trained, here):
    code, out, err = d2lab("export", trained["lenet"], "--to", "torch-export", "--out", here / "a", "--fold")
    assert (code, out) == (2, "")
    assert err == "d2lab: --fold: got 'a model without batch normalization', need one with it. Leave it out.\n"
    assert not (here / "a").exists()
