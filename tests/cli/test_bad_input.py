"""Whatever is wrong: one line on standard error, exit code 2, nothing half-written."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time

import pytest
from PIL import Image

from d2lab.core import atomic


@pytest.fixture
def refused(d2lab):
    """Run a command that must be refused; return the one line."""

    def call(*arguments):
        code, out, err = d2lab(*arguments)
        assert code == 2, (code, out, err)
        assert err.startswith("d2lab: ")
        assert err.count("\n") == 1
        assert "Traceback" not in err
        return err

    return call


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("train", "lenett"), "Did you mean 'lenet'"),
        (("train", "lenet", "--data", "fashon-mnist"), "fashion-mnist"),
        (("train", "lenet", "--set", "learning_rate"), "KEY=VALUE"),
        (("train", "lenet", "--set", "=3"), "KEY=VALUE"),
        (("train", "lenet", "--set", "learning_rat=3"), "Did you mean 'learning_rate'"),
        (("train", "lenet", "--set", "epochs=three"), "a whole number"),
        (("train", "lenet", "--set", "epochs=0"), "from 1 to 1,000,000 (epochs)"),
        (("train", "lenet", "--set", "activation=rely"), "relu"),
        (("train", "lenet", "--set", "name=adam"), "whole name"),
        (("train", "lenet", "--seed", "-1"), "need a whole number from 0 to"),
        (("train", "lenet", "--device", "warp"), "cpu"),
        (("train", "lenet", "--device", "cuda:99"), "device"),
        (("train", "lenet", "--budget", "tiny"), "smoke"),
        (("train", "lenet", "--precision", "float8"), "bfloat16"),
        (("resume", "nothing"), "recipe.json"),
        (("evaluate", "nothing"), "recipe.json"),
        (("plot", "nothing"), "recipe.json"),
        (("export", "nothing", "--to", "onxx"), "onnx"),
        (("compare", "nothing"), "two to eight"),
        (("augment",), "Try --set flip=0.5"),
        (("augment", "linear", "--set", "flip=0.5"), "need images"),
        (("augment", "--set", "flop=0.5"), "Did you mean 'flip'"),
        (("augment", "--set", "translate=9"), "fewer pixels than the images have, 8x8"),
        (("augment", "--set", "border=black", "--set", "translate=1"), "reflect, zeros"),
        (("data", "fetch", "imagnet"), "digits"),
        (("data", "verify", "imagnet"), "digits"),
    ],
)
def test_a_wrong_word_is_answered_with_the_right_ones(refused, here, arguments, words):
    assert words in refused(*arguments)
    assert not list(here.iterdir())


def test_an_unknown_verb_is_answered_with_the_nearest(d2lab, here):
    code, _, err = d2lab("trian")
    assert code == 2
    assert "'train'" in err


def test_debug_shows_the_trace(d2lab, here):
    from d2lab.core.errors import ConfigError

    for arguments in (("--debug", "train", "nope"), ("train", "nope", "--debug")):
        with pytest.raises(ConfigError):
            d2lab(*arguments)


def test_a_run_twice_is_no_comparison(refused, trained, here):
    assert "each run once" in refused("compare", trained["mlp"], trained["mlp"])
    assert not list(here.iterdir())


def test_a_set_with_other_classes_measures_nothing(refused, trained):
    assert "classes" in refused("evaluate", trained["mlp"], "--data", "xor")
    assert "images" in refused("predict", trained["linear"], "x.png")


@pytest.mark.parametrize("kind", ["missing", "text", "empty", "truncated", "folder", "huge"])
def test_an_image_that_is_no_image(refused, trained, here, kind):
    path, good = here / "x.png", here / "good.png"
    Image.new("L", (30, 30)).save(good)
    if kind == "text":
        path.write_text("I am no picture")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "truncated":
        Image.effect_noise((100, 100), 80).save(path)
        path.write_bytes(path.read_bytes()[:2000])
    elif kind == "folder":
        path.mkdir()
    elif kind == "huge":  # a header that promises 400 gigapixels
        import struct
        import zlib

        header = b"IHDR" + struct.pack(">IIBBBBB", 640_000, 640_000, 8, 0, 0, 0, 0)
        chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk)
    line = refused("predict", trained["lenet"], good, path)
    assert "x.png" in line


def copy_of(folder, here):
    import shutil

    return shutil.copytree(folder, here / "copy")


@pytest.mark.parametrize("verb", ["resume", "evaluate", "plot", "export"])
@pytest.mark.parametrize("damage", ["recipe", "foreign", "state", "tensors", "pickle"])
def test_a_broken_run_is_refused_and_left_as_it_was(refused, trained, here, verb, damage):
    import hashlib

    folder = copy_of(trained["mlp"], here)
    state_file = folder / "checkpoint" / "state.json"
    state = json.loads(state_file.read_text())
    tensors = folder / "checkpoint" / state["tensors"]
    if damage == "recipe":
        (folder / "recipe.json").write_text('{"format": 1, "recipe": "mlp"')
    elif damage == "foreign":
        recipe = json.loads((folder / "recipe.json").read_text())
        recipe["settings"]["model.hidden"] = [7]
        (folder / "recipe.json").write_text(json.dumps(recipe))
    elif damage == "state":
        state_file.write_text("{}")
    elif damage == "tensors":
        tensors.write_bytes(tensors.read_bytes()[:100])
    elif damage == "pickle":

        class Payload:
            def __reduce__(self):
                return (os.mkdir, (str(here / "ran"),))

        tensors.write_bytes(pickle.dumps(Payload()))
        state["sha256"] = hashlib.sha256(tensors.read_bytes()).hexdigest()
        state_file.write_text(json.dumps(state))
    before = {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file() and p.name != ".lock"}
    refused(verb, folder)
    assert before == {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file() and p.name != ".lock"}
    assert not (here / "ran").exists()


def test_a_file_in_the_place_of_the_runs(refused, here, monkeypatch):
    (here / "runs").write_text("in the way")
    refused("train", "linear", "--budget", "smoke")
    assert (here / "runs").read_text() == "in the way"


def test_a_full_disk(refused, here, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    assert "No space left" in refused("train", "linear", "--budget", "smoke")
    assert not [p for p in here.rglob("*") if p.name.endswith(".part")]


def test_a_wrong_file_among_the_users_data(refused, cache, tmp_path, monkeypatch):
    raw = tmp_path / "mine" / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte.gz").write_bytes(b"not what the card says")
    monkeypatch.setenv("D2LAB_DATA", str(tmp_path / "mine"))
    assert "train-images" in refused("data", "verify", "fashion-mnist")
    assert "train-images" in refused("train", "softmax", "--data", "fashion-mnist")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_in_a_terminal_says_how_to_go_on(here):
    command = [sys.executable, "-m", "d2lab", "train", "mlp", "--set", "epochs=2000", "--device", "cpu"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("digits: ")  # what was read
        assert process.stdout.readline().startswith("epoch 1/2000")
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "d2lab resume" in out
    (folder,) = (here / "runs").iterdir()
    state = json.loads((folder / "checkpoint" / "state.json").read_text())
    assert state["values"]["status"] == "interrupted"
    assert state["step"] > 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pty")
def test_a_terminal_gets_a_bar(here):
    import pty

    command = [sys.executable, "-m", "d2lab", "train", "mlp", "--device", "cpu", "--set", "epochs=150"]
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "140"}
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # Linux says so when the other side has closed
        pass
    os.close(ours)
    assert process.wait(60) == 0
    text = shown.decode(errors="replace")
    assert "examples/s" in text
    assert "\u2501" in text  # the bar
    assert "finished: train loss" in text
