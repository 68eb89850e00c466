"""An exported ONNX file answers by itself, as the run does; what is no such file is one line."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from d2lab.cli.generate import generate
from d2lab.core.errors import ConfigError, RunError
from d2lab.experiments import load_run, train
from d2lab.experiments.export import export_run
from d2lab.experiments.exported import ExportedModel
from d2lab.experiments.generation import Writing, write_text
from d2lab.text.sampling import SamplingRule
from d2lab.text.tokenizer import Tokenizer

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


@pytest.fixture(scope="module")
def language_runs(tmp_path_factory):
    """A run of each kind of language model, by name."""
    root = tmp_path_factory.mktemp("language")
    small = {"hidden": 16, "layers": 2, "batch_size": 4}
    gpt = {"width": 16, "heads": 2, "layers": 1, "context": 16, "batch_size": 4}
    changes = {"rnn": small, "gru": small, "lstm": small, "gpt-char": gpt}
    how = {"device": "cpu", "budget": "smoke", "root": root}
    runs = {name: train(name, changes={**change, "examples": 2_000}, **how) for name, change in changes.items()}
    return {name: run.record.folder for name, run in runs.items()}


def written(session, tokenizer, prompt, count):
    """Write the likeliest text with the exported file alone."""
    names = [one.name for one in session.get_inputs()]
    text = tokenizer.encode(prompt).tolist()
    state = [np.zeros([2, 1, 16], dtype=np.float32) for _ in names[1:]]
    for read in range(len(text) + count - 1):
        window = text[max(0, read - 15) : read + 1] if len(names) == 1 else [text[read]]
        tokens = np.array(window, dtype=np.int64)
        tokens = tokens[None] if len(names) == 1 else tokens
        logits, *state = session.run(None, dict(zip(names, [tokens, *state], strict=True)))
        last = logits.reshape(-1, len(tokenizer))[-1]
        last[0] = -np.inf  # the unknown token is not written
        if read + 1 == len(text):
            text.append(int(last.argmax()))
    return tokenizer.decode(text)


@pytest.mark.parametrize("name", ["rnn", "gru", "lstm", "gpt-char"])
def test_a_language_model_run_elsewhere_writes_the_same_text(language_runs, name, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    path, difference = export_run(language_runs[name], "onnx", tmp_path / "model.onnx")
    assert difference < 1e-4
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    kept = session.get_modelmeta().custom_metadata_map
    tokenizer = Tokenizer.from_json(json.loads(kept["d2lab.tokenizer"]), "the file")
    rule = SamplingRule(temperature=0.0)
    expected = write_text(load_run(language_runs[name]), Writing(prompt="The model", tokens=40, rule=rule))
    assert written(session, tokenizer, "The model", 40) == expected
    assert export_run(language_runs[name], "torch-export", tmp_path / "model.pt2")[1] < 1e-4
    alone = ExportedModel(path).writer()
    assert alone.write(Writing(prompt="The model", tokens=40, rule=rule)) == expected
    how = Writing(prompt="The model", tokens=8, beam=3)
    assert alone.write(how) == write_text(load_run(language_runs[name]), how)
    with pytest.raises(ConfigError, match="an exported file holds none"):
        alone.write(Writing())


def test_a_file_that_writes_no_text_is_refused_in_a_line(exported):
    with pytest.raises(ConfigError, match="a language model"):
        ExportedModel(exported[1]).writer()


@pytest.mark.parametrize("context", ["8", "0", "true", None])
def test_a_file_that_only_says_that_it_writes_text_is_refused_in_a_line(exported, context, tmp_path):
    onnx = pytest.importorskip("onnx")
    model = onnx.load(str(exported[1]))
    said = {"d2lab.tokenizer": json.dumps(Tokenizer.train("some text").to_json()), "d2lab.context": context}
    for key, value in said.items():
        if value is not None:
            model.metadata_props.add(key=key, value=value)
    onnx.save(model, str(tmp_path / "images.onnx"))
    with pytest.raises(RunError) as caught:
        ExportedModel(tmp_path / "images.onnx").writer().write(Writing(prompt="text"))
    assert "\n" not in str(caught.value)


def test_states_of_another_form_are_refused_in_a_line(language_runs, tmp_path):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    path, _ = export_run(language_runs["rnn"], "onnx", tmp_path / "rnn.onnx")
    model = onnx.load(str(path))
    model.graph.input[1].type.tensor_type.shape.dim[2].dim_param = "hidden"
    onnx.save(model, str(tmp_path / "free.onnx"))
    with pytest.raises(RunError, match="hidden units"):
        ExportedModel(tmp_path / "free.onnx").writer()


def test_another_device_is_refused_for_a_file(exported):
    with pytest.raises(ConfigError, match="--device"):
        generate(exported[1], device="cuda")


def test_the_command_writes_with_a_file_alone(language_runs, tmp_path, capsys):
    pytest.importorskip("onnxscript")
    path, _ = export_run(language_runs["gru"], "onnx", tmp_path / "gru.onnx")
    how = {"prompt": "The ", "tokens": 12, "temperature": 0.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "beam": 0}
    generate(path, **how, seed=0, device="cpu")
    alone = capsys.readouterr().out
    generate(language_runs["gru"], **how, seed=0, device="cpu")
    assert capsys.readouterr().out == alone
    assert alone.startswith("The ")


def test_counts_are_not_exported(tmp_path):
    run = train("ngram", device="cpu", budget="smoke", root=tmp_path)
    with pytest.raises(ConfigError, match="counts are made again"):
        export_run(run.record.folder, "onnx")
    assert not (run.record.folder / "model.onnx").exists()
