"""`d2lab stylize`: what it prints and writes, and that `runs`, `plot`, `compare` and `resume` know its runs."""

import pytest
import torch
from PIL import Image

SETTINGS = ["side=24", "steps=4", "images=2", "threads=1", "content_layers=relu2_1", "style_layers=relu1_1,relu2_1"]
OPTIONS = ["--from", "random", "--device", "cpu", *(word for one in SETTINGS for word in ("--set", one))]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    from d2lab.experiments.stylizing import stylize

    changes = dict(one.split("=") for one in SETTINGS)
    root = tmp_path_factory.mktemp("runs")
    return [
        stylize(source="random", changes=changes, device="cpu", root=root, seed=seed).record.folder for seed in (0, 1)
    ]


def test_it_says_what_it_does_and_writes_image_and_figures(d2lab, here):
    code, out, err = d2lab("stylize", "china.jpg", "flower.jpg", *OPTIONS, "--out", "painted.png")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("china.jpg in the style of flower.jpg, 24 x 16 pixels, to relu2_1; random weights (")
    assert lines[1].startswith("epoch 1/2  train loss ")
    assert lines[3].startswith("finished: loss ")
    (folder,) = (here / "runs").iterdir()
    names = {path.name for path in folder.iterdir()}
    assert {"image.png", "strip.png", "strip.svg", "strip-dark.png", "curves.png"} <= names
    with Image.open("painted.png") as painted, Image.open(folder / "image.png") as kept:
        assert painted.size == (24, 16)
        assert painted.tobytes() == kept.tobytes()
    assert lines[4:] == [
        "image:   painted.png",
        f"figures: runs/{folder.name}/strip.png, curves.png",
        f"record:  runs/{folder.name}",
    ]


def test_quiet_prints_the_record_alone_and_the_defaults_are_photos(d2lab, here):
    code, out, _ = d2lab("stylize", *OPTIONS, "--quiet", "--out", "a.jpg")
    assert code == 0
    assert out.splitlines() == [f"runs/{folder.name}" for folder in (here / "runs").iterdir()]
    with Image.open("a.jpg") as painted:
        assert painted.format == "JPEG"


def test_other_verbs_know_its_runs(d2lab, here, finished):
    code, out, _ = d2lab("runs", finished[0].parent)
    assert code == 0
    assert "china.jpg + flower.jpg" in out
    assert "2/2" in out
    code, out, err = d2lab("plot", finished[0])
    assert (code, err) == (0, "")
    assert [line.rpartition("/")[2] for line in out.splitlines()] == ["image.png", "strip.png", "curves.png"]
    before = (finished[0] / "strip.svg").read_bytes()
    d2lab("plot", finished[0])
    assert (finished[0] / "strip.svg").read_bytes() == before
    code, out, _ = d2lab("compare", *finished, "--out", "both")
    assert code == 0
    assert (here / "both.png").exists()
    code, out, _ = d2lab("resume", finished[0])
    assert code == 0
    assert out.splitlines()[-1] == "It was finished before."


def test_an_interrupted_one_says_how_to_go_on(d2lab, here, monkeypatch):
    import os
    import signal

    from d2lab.train.style_loop import StyleLoop

    ordinary = StyleLoop._step

    def step(self):
        ordinary(self)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(StyleLoop, "_step", step)
    code, out, _ = d2lab("stylize", *OPTIONS)
    assert code == 130
    command = out.splitlines()[-1].partition("Go on with:  d2lab ")[2].split()
    monkeypatch.undo()
    monkeypatch.chdir(here)
    code, out, err = d2lab(*command)
    assert (code, err) == (0, "")
    assert "finished: loss " in out


def test_what_it_can_not_do_is_one_line_and_nothing_is_written(d2lab, here, finished):
    for given in (
        ["stylize", "missing.png", *OPTIONS],
        ["stylize", *OPTIONS, "--out", "painted.gif"],
        ["stylize", *OPTIONS, "--set", "stepps=3"],
        ["stylize", *OPTIONS, "--from", "torchvision/resnet18"],
        ["stylize", *OPTIONS, "--seed", "-1"],
        ["stylize", *OPTIONS, "--set", "side=0"],
        ["resume", finished[0], "--epochs", "9"],
        ["plot", finished[0], "--data", "digits"],
        ["evaluate", finished[0]],
        ["train", "digits", "--from", finished[0]],
    ):
        code, out, err = d2lab(*given)
        assert (code, out, err.count("\n")) == (2, "", 1), given
        assert not list(here.iterdir()), given


def test_a_strip_needs_an_image_on_the_way(finished):
    from d2lab.experiments.stylizing import open_style

    opened = open_style(finished[0])
    assert len(opened.strip) == 2
    assert opened.image.dtype == torch.uint8
