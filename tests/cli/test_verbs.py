"""Each verb on its sunny side."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from d2lab.cli import doctor
from d2lab.experiments import load_run


def test_train_says_where_everything_lies(d2lab, here):
    code, out, err = d2lab("train", "mlp", "--budget", "smoke", "--set", "hidden=8,8", "--seed", 4, "--device", "cpu")
    assert code == 0
    assert err == ""
    (folder,) = (here / "runs").iterdir()
    assert folder.name.startswith("mlp-")
    assert folder.name.endswith("-4")
    assert {"curves.png", "curves.svg", "curves-dark.png", "curves-dark.svg"} <= {p.name for p in folder.iterdir()}
    assert json.loads((folder / "recipe.json").read_text())["settings"]["model.hidden"] == [8, 8]
    lines = out.splitlines()
    assert lines[0].startswith("digits: ")  # what was read: counts, classes, what was left out
    assert lines[1].startswith("epoch 1/1  train loss")
    assert "\x1b" not in out
    assert f"record:  runs/{folder.name}".replace("/", str(here / "x")[-2]) in out or folder.name in out


def test_quiet_prints_the_record_alone(d2lab, here):
    code, out, _ = d2lab("train", "linear", "--budget", "smoke", "-q")
    assert code == 0
    assert len(out.splitlines()) == 1
    assert (here / out.strip() / "metrics.jsonl").is_file()


def test_live_redraws_after_each_epoch(d2lab, here, monkeypatch):
    from d2lab.plot import LiveFigure

    drawn = []
    monkeypatch.setattr(LiveFigure, "update", lambda self, history: drawn.append(len(history.epochs)))
    assert d2lab("train", "linear", "--set", "epochs=3", "--live", "-q")[0] == 0
    assert drawn == [1, 2, 3]


def test_tensorboard_is_asked_for_by_name_where_it_is_missing(d2lab, here, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    code, _, err = d2lab("train", "linear", "--budget", "smoke", "--tensorboard")
    assert code == 2
    assert "d2lab[tensorboard]" in err
    assert not (here / "runs").exists()


def test_list_runs_and_compare_show_their_tables(d2lab, trained, here, monkeypatch):
    monkeypatch.setenv("D2LAB_RUNS", str(trained["mlp"].parent))
    code, out, _ = d2lab("list")
    assert code == 0
    assert "61,706" in out
    assert "lenet-sigmoid" in out
    code, out, _ = d2lab("runs")
    assert code == 0
    assert all(folder.name in out for folder in trained.values())
    assert out.count("finished") == 4
    code, out, _ = d2lab("compare", trained["mlp"], trained["lenet"].name, "--out", here / "both")
    assert code == 0
    assert "optimizer.learning_rate" in out
    assert (here / "both.png").is_file()
    assert (here / "both-dark.svg").is_file()


def test_runs_without_any_says_how_to_make_one(d2lab, here):
    assert d2lab("runs") == (0, "No runs yet. Make one with:  d2lab train lenet\n", "")


def test_evaluate_repeats_the_last_row(d2lab, trained):
    code, out, _ = d2lab("evaluate", trained["lenet"])
    rows = [json.loads(line) for line in (trained["lenet"] / "metrics.jsonl").read_text().splitlines()]
    assert code == 0
    assert f"test accuracy  {rows[-1]['test_accuracy']:.4f}" in out


@pytest.mark.parametrize(
    ("recipe", "pictures"),
    [
        ("lenet", {"curves", "confusion", "predictions", "filters"}),
        ("mlp", {"curves", "confusion", "predictions", "filters"}),
        ("linear", {"curves", "fit"}),
        ("perceptron", {"curves", "confusion"}),
    ],
)
def test_plot_draws_what_fits_the_task(d2lab, trained, recipe, pictures):
    code, out, _ = d2lab("plot", trained[recipe])
    assert code == 0
    assert {line.rsplit("/", 1)[-1].rsplit("\\", 1)[-1] for line in out.splitlines()} == {f"{p}.png" for p in pictures}
    for name in pictures:
        for suffix in (".png", ".svg", "-dark.png", "-dark.svg"):
            assert (trained[recipe] / f"{name}{suffix}").stat().st_size > 1000


@pytest.mark.parametrize("to", ["torch-export", "onnx"])
def test_an_exported_net_gives_the_same_logits(d2lab, trained, here, to):
    if to == "onnx":
        pytest.importorskip("onnxscript")
        onnxruntime = pytest.importorskip("onnxruntime")
    code, out, _ = d2lab("export", trained["lenet"], "--to", to, "--out", here / "model")
    assert code == 0
    assert "largest difference" in out
    run = load_run(trained["lenet"])
    inputs = run.experiment.preparation(run.test_split().inputs[:33])
    if to == "onnx":
        session = onnxruntime.InferenceSession(str(here / "model"), providers=["CPUExecutionProvider"])
        answer = lambda x: torch.from_numpy(session.run(None, {"input": x.numpy()})[0])  # noqa: E731
    else:
        answer = torch.export.load(here / "model").module()
    for count in (1, 2, 33):
        with torch.no_grad():
            torch.testing.assert_close(answer(inputs[:count]), run.model(inputs[:count]), rtol=1e-4, atol=1e-4)


def picture(kind, path, digit):
    """Save a digit in some form that people have."""
    gray = Image.fromarray(digit).resize((80, 80))
    if kind == "rgba":
        rgba = Image.new("RGBA", (80, 80), (0, 0, 0, 255))
        rgba.paste(gray)
        rgba.save(path.with_suffix(".png"))
        return path.with_suffix(".png")
    if kind == "jpeg":
        gray.save(path.with_suffix(".jpg"), quality=95)
        return path.with_suffix(".jpg")
    if kind == "cmyk":
        gray.convert("RGB").convert("CMYK").save(path.with_suffix(".jpg"), quality=95)
        return path.with_suffix(".jpg")
    if kind == "wide":
        wide = Image.new("L", (200, 80), 0)
        wide.paste(gray, (60, 0))
        gray = wide
    gray.save(path.with_suffix(".png"))
    return path.with_suffix(".png")


@pytest.mark.parametrize("kind", ["png", "jpeg", "cmyk", "rgba", "wide"])
def test_predict_reads_the_pictures_that_people_have(d2lab, trained, here, kind):
    run = load_run(trained["lenet"])
    from d2lab.data.catalog import load

    split = load("digits").test
    sure = int(run.predict(run.test_split()).max(1).values.argmax())
    truth = int(run.predict(run.test_split())[sure].argmax())
    path = picture(kind, here / "digit", split.inputs[sure, 0].numpy())
    code, out, _ = d2lab("predict", trained["lenet"], path)
    assert code == 0
    if kind != "wide":  # padded to a square it is another picture
        assert out.startswith(f"{path}: {truth} ")


def test_predict_inverts_on_request(d2lab, trained, here):
    dark_on_bright = 255 - np.kron(np.eye(8), np.ones((8, 8))).astype(np.uint8) * 255
    Image.fromarray(dark_on_bright).save(here / "a.png")
    Image.fromarray(255 - dark_on_bright).save(here / "b.png")
    inverted = d2lab("predict", trained["lenet"], here / "a.png", "--invert")[1]
    assert inverted.partition(": ")[2] == d2lab("predict", trained["lenet"], here / "b.png")[1].partition(": ")[2]


def test_data_lists_verifies_and_fetches(d2lab, cache):
    code, out, _ = d2lab("data")
    assert code == 0
    assert "fashion-mnist" in out
    assert "embedded" in out
    assert d2lab("data", "verify")[0] == 0
    code, out, _ = d2lab("data", "fetch", "digits")
    assert code == 0
    assert "needs no files" in out


def test_data_of_the_real_set_is_found_and_sound(d2lab, cache, real_data, monkeypatch):
    monkeypatch.setenv("D2LAB_DATA", str(real_data))
    code, out, _ = d2lab("data", "verify", "fashion-mnist")
    assert code == 0
    assert out.count("ok") == 4


def test_doctor_is_content_here(d2lab, here, cache):
    code, out, _ = d2lab("doctor")
    assert code == 0, out
    assert {line.split()[0] for line in out.splitlines()} <= {"ok", "note"}


def test_doctor_sees_a_torchvision_of_another_torch(monkeypatch):
    versions = {"torch": "2.15.0+cpu", "torchvision": "0.28.0"}
    monkeypatch.setattr(doctor.metadata, "version", versions.__getitem__)
    monkeypatch.setattr(doctor.metadata, "requires", lambda name: ["numpy", "torch==2.14.0", "pillow"])
    ((level, _, finding),) = doctor._torchvision()
    assert level == "fix"
    assert "needs torch 2.14.0, found 2.15.0" in finding


def test_doctor_sees_a_data_folder_that_is_none(d2lab, here, cache, monkeypatch):
    monkeypatch.setenv("D2LAB_DATA", str(here / "gone"))
    code, out, _ = d2lab("doctor")
    assert code == 1
    assert "gone" in out


QUICK = """
import sys
sys.argv = ["d2lab", "OPTION"]
from d2lab.cli.main import main
try:
    main()
except SystemExit:
    pass
heavy = {"torch", "numpy", "matplotlib", "sklearn", "rich"} & set(sys.modules)
sys.exit(str(heavy) if heavy else 0)
"""


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_answer_without_torch(option):
    code = QUICK.replace("OPTION", option)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "d2lab" in done.stdout


def test_the_options_of_train_are_frozen(d2lab):
    import re

    options = set(re.findall(r"(--[a-z]+)", d2lab("train", "--help")[1]))
    frozen = "--data --target --set --from --seed --device --budget --config --precision --compile --live "
    frozen += "--tensorboard --csv --processes --restarts --quiet --help"
    assert options == set(frozen.split())


def test_python_dash_m_is_the_same_command():
    done = subprocess.run([sys.executable, "-m", "d2lab", "--help"], capture_output=True, text=True, timeout=60)
    assert "d2lab train lenet" in done.stdout


@pytest.mark.parametrize(("out", "name"), [(".", "augment"), ("mine.png", "mine")])
def test_augment_draws_in_both_themes_the_same_for_the_same_seed(d2lab, here, out, name):
    changes = ["--set", "flip=0.5", "--set", "cutmix=1", "--set", "rotate=15"]
    code, said, err = d2lab("augment", *changes, "--out", out)
    assert (code, err) == (0, "")
    assert said.strip() == f"figure: {name}.png"
    files = {f"{name}{theme}.{kind}" for theme in ("", "-dark") for kind in ("svg", "png")}
    assert {path.name for path in here.iterdir()} == files
    first = (here / f"{name}.png").read_bytes()
    d2lab("augment", *changes, "--out", out)
    assert (here / f"{name}.png").read_bytes() == first
    d2lab("augment", *changes, "--out", out, "--seed", 1)
    assert (here / f"{name}.png").read_bytes() != first
