"""A style transfer is a run: an ordinary record, the same bits after a kill, and no need of its photos to go on."""

import json
import os
import signal
import subprocess
import sys

import pytest
import torch
from PIL import Image

from d2lab.cli.browse import summarize
from d2lab.core.errors import ConfigError, D2labError, DataError, RunError
from d2lab.experiments import stylizing
from d2lab.experiments.stylizing import is_style, open_style, resume_style, stylize
from d2lab.pretrained.vgg import RANDOM, read_vgg
from d2lab.train import style_loop
from d2lab.train.progress import NoProgress
from d2lab.train.record import RunRecord

CHANGES = {"side": 24, "steps": 6, "images": 3, "threads": 1}
CHANGES |= {"content_layers": "relu2_1", "style_layers": "relu1_1,relu2_1"}


def run(root, **more):
    return stylize(source=RANDOM, changes={**CHANGES, **more}, device="cpu", root=root, seed=4)


def test_the_record_is_an_ordinary_one(tmp_path):
    done = run(tmp_path)
    assert done.status == "finished"
    assert is_style(done.record.folder)
    row = summarize(done.record)
    assert (row["recipe"], row["data"], row["status"]) == ("style", "china.jpg + flower.jpg", "finished")
    assert (row["epochs"], row["of_epochs"], row["seed"]) == ("3", "3", "4")
    rows = done.record.rows()
    assert [one["step"] for one in rows if "loss" in one] == [1, 2, 3, 4, 5, 6]
    last = [one for one in rows if "epoch" in one][-1]
    assert set(last) >= {"train_loss", "train_content", "train_style", "train_variation", "seconds"}
    recipe = done.record.recipe()
    assert recipe["weights"] == {"source": RANDOM, "sha256": ""}
    assert recipe["model"] == "VGG-16"
    assert done.captions() == ["step 2", "step 4", "step 6"]
    assert done.image.shape == done.photos["content"].shape == (3, 16, 24)
    assert torch.equal(done.strip[-1], done.image)


def test_an_opened_run_is_the_run_that_ended(tmp_path):
    done = run(tmp_path)
    opened = open_style(done.record.folder)
    assert torch.equal(opened.image, done.image)
    assert opened.config == done.config
    assert all(torch.equal(a, b) for a, b in zip(opened.strip, done.strip, strict=True))
    again = resume_style(done.record.folder)
    assert not again.trained
    assert torch.equal(again.image, done.image)


def test_the_same_seed_gives_the_same_image_and_another_gives_another(tmp_path):
    images = []
    for number, seed in enumerate((1, 1, 2)):
        done = stylize(source=RANDOM, changes=CHANGES, device="cpu", root=tmp_path / str(number), seed=seed)
        images.append(done.image)
    assert torch.equal(images[0], images[1])
    assert not torch.equal(images[0], images[2])


PROGRAM = """
import json, os, signal, sys
from pathlib import Path
from d2lab.experiments.stylizing import stylize
from d2lab.train import style_loop

ordinary = style_loop.StyleLoop._step
def step(self):
    ordinary(self)
    if self.transfer.step == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
style_loop.StyleLoop._step = step
stylize(source="random", changes=json.loads(sys.argv[3]), device="cpu", root=Path(sys.argv[1]), seed=4)
"""


WAYS = [("adam", "content", 0, 3), ("lbfgs", "content", 0, 4), ("lbfgs", "noise", 100, 3)]


def went_on(folder, root, every, step, **more):
    """Go on with a run that broke off, and compare it with an undisturbed one."""
    whole = run(root, **more)
    killed = open_style(folder)
    assert killed.status == "running"
    assert killed.record.load().step == (step if every == 0 else 0)
    killed.record.append([{"step": 99, "loss": 1.0, "learning_rate": 1.0}])  # as a kill before the checkpoint leaves it
    resumed = resume_style(folder)
    assert resumed.status == "finished"
    ours, theirs = resumed.record.load(), whole.record.load()
    assert ours.tensors.keys() == theirs.tensors.keys()
    assert all(torch.equal(ours.tensors[name], theirs.tensors[name]) for name in theirs.tensors)

    def losses(done):
        return [(row["step"], row["loss"]) for row in done.record.rows() if "loss" in row]

    assert losses(resumed) == losses(whole)
    assert [row["epoch"] for row in resumed.record.rows() if "epoch" in row] == [1, 2, 3]


class BrokenOffError(Exception):
    pass


@pytest.mark.parametrize(("optimizer", "initial", "every", "step"), WAYS)
def test_a_run_that_broke_off_ends_at_the_same_bits(tmp_path, monkeypatch, optimizer, initial, every, step):
    more = {"optimizer": optimizer, "initial": initial, "checkpoint_every_s": every}
    ordinary = style_loop.StyleLoop._step

    def broken(self):
        ordinary(self)
        if self.transfer.step == step:
            raise BrokenOffError

    monkeypatch.setattr(style_loop.StyleLoop, "_step", broken)
    with pytest.raises(BrokenOffError):
        run(tmp_path / "broken", **more)
    monkeypatch.undo()
    (folder,) = (tmp_path / "broken").iterdir()
    went_on(folder, tmp_path / "whole", every, step, **more)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize(("optimizer", "initial", "every", "step"), WAYS[:2])
def test_a_killed_run_ends_at_the_same_bits(tmp_path, optimizer, initial, every, step):
    more = {"optimizer": optimizer, "initial": initial, "checkpoint_every_s": every}
    arguments = [str(tmp_path / "killed"), str(step), json.dumps({**CHANGES, **more})]
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], timeout=300, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert ended.returncode == -signal.SIGKILL
    (folder,) = (tmp_path / "killed").iterdir()
    went_on(folder, tmp_path / "whole", every, step, **more)


def test_a_signal_ends_after_a_step_and_nothing_is_lost(tmp_path, monkeypatch):
    ordinary = style_loop.StyleLoop._step

    def step(self):
        ordinary(self)
        if self.transfer.step == 3:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(style_loop.StyleLoop, "_step", step)
    stopped = run(tmp_path / "a")
    assert stopped.status == "interrupted"
    assert stopped.record.load().step == 3
    assert len(stopped.strip) == 1
    monkeypatch.undo()
    assert torch.equal(resume_style(stopped.record.folder).image, run(tmp_path / "b").image)


class Unread(NoProgress):
    def epoch(self, row):
        if row["epoch"] == 2:
            raise BrokenPipeError(32, "nobody reads it any more", "standard output")


def test_a_reader_that_goes_away_leaves_an_interrupted_run(tmp_path):
    with pytest.raises(BrokenPipeError, match="go on with d2lab resume"):
        stylize(source=RANDOM, changes=CHANGES, device="cpu", root=tmp_path, seed=4, progress=Unread())
    (folder,) = tmp_path.iterdir()
    assert open_style(folder).status == "interrupted"
    assert torch.equal(resume_style(folder).image, run(tmp_path / "whole").image)


def test_going_on_needs_no_photos_but_the_same_weights(tmp_path, monkeypatch):
    pixels = torch.randint(0, 256, (30, 40, 3), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    Image.fromarray(pixels.numpy()).save(tmp_path / "own.png")
    monkeypatch.setattr(style_loop.StyleLoop, "_step", lambda self: os.kill(os.getpid(), signal.SIGINT))
    stopped = stylize(tmp_path / "own.png", source=RANDOM, changes=CHANGES, device="cpu", root=tmp_path / "runs")
    monkeypatch.undo()
    assert stopped.status == "interrupted"
    (tmp_path / "own.png").unlink()
    assert stopped.record.recipe()["data"] == "own.png + flower.jpg"
    drawn = read_vgg(RANDOM)
    monkeypatch.setattr(type(drawn), "sha256", lambda self: "0" * 64)
    with pytest.raises(RunError, match="got 'others', need those that the run began with"):
        resume_style(stopped.record.folder)
    monkeypatch.undo()
    assert resume_style(stopped.record.folder).status == "finished"


def test_the_line_about_random_weights_is_honest(tmp_path):
    lines = []

    class Told(NoProgress):
        def note(self, line):
            lines.append(line)

    stylize(source=RANDOM, changes=CHANGES, device="cpu", root=tmp_path, progress=Told())
    (line,) = lines
    assert "china.jpg in the style of flower.jpg, 24 x 16 pixels, to relu2_1; random weights" in line
    assert "no strokes" in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"content": "missing.png"}, DataError, "no such file"),
        ({"source": "nothing"}, ConfigError, "--from"),
        ({"changes": {"stepps": 3}}, ConfigError, "Did you mean 'steps'"),
        ({"changes": {"side": 2}}, ConfigError, "8 or more on each side"),
        ({"changes": {"style_layers": "relu9_1"}}, ConfigError, "the layer of a VGG-16"),
        ({"seed": -1}, ConfigError, "seed"),
        ({"device": "warp"}, ConfigError, "device"),
    ],
)
def test_what_can_not_be_done_writes_nothing(tmp_path, arguments, error, words):
    with pytest.raises(error, match=words):
        stylize(**{"source": RANDOM, "root": tmp_path / "runs", "device": "cpu", **arguments})
    assert not (tmp_path / "runs").exists()


def test_a_damaged_run_is_refused_in_a_line(tmp_path):
    done = run(tmp_path)
    place = done.record.folder / "recipe.json"
    whole = place.read_text()
    for old, new in (
        ('"steps": 6', '"steps": 8'),
        ('"format": 1', '"format": 9'),
        ('"steps": 6', '"steps": "x"'),
        ('"settings"', '"sittings"'),
        ('"weights"', '"waits"'),
        ('"device": "cpu"', '"device": "warp"'),
    ):
        assert old in whole
        place.write_text(whole.replace(old, new))
        with pytest.raises(D2labError) as caught:
            resume_style(done.record.folder)
        assert "\n" not in str(caught.value)
    place.write_text(whole)
    (done.record.folder / "checkpoint" / "state.json").unlink()
    with pytest.raises(RunError, match="no checkpoint yet"):
        open_style(done.record.folder)
    assert not is_style(tmp_path / "nothing")


def test_a_run_of_another_kind_is_no_style_transfer(tmp_path):
    record = RunRecord.create("lenet", 0, {"format": 1, "recipe": "lenet"}, {}, tmp_path)
    assert not is_style(record.folder)
    with pytest.raises(RunError, match="need style transfer"):
        open_style(record.folder)


def test_defaults_fit_one_another():
    config = stylizing.StyleConfig()
    assert config.steps % config.images == 0
    assert read_vgg(RANDOM).features(config.layers).least_side == 8
