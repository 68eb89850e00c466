"""No home, no reader, no room, no patience: a line, the right exit code, and a run that goes on."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from d2lab.core.errors import ConfigError
from d2lab.experiments import resume, train
from d2lab.train.checkpoint import load_checkpoint
from d2lab.train.progress import Lines
from d2lab.train.record import RunRecord, runs_folder

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such thing")
SMALL = {"epochs": 2, "examples": 64, "batch_size": 32, "threads": 1}


@pytest.fixture(autouse=True)
def same_handler():
    """Put the handler of Ctrl-C back: a command that was interrupted leaves it off, for its process ends."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def images(here):
    """A folder of two classes that a line tells apart."""
    rng = np.random.default_rng(0)
    for number, name in enumerate(("cat", "dog")):
        (here / "data" / name).mkdir(parents=True)
        for count in range(6):
            pixels = rng.integers(0, 60, (28, 28), np.uint8)
            (pixels[:14] if number else pixels[:, :14]).fill(200)
            Image.fromarray(pixels).save(here / "data" / name / f"{count}.png")
    return here / "data"


NO_HOME = """
import os, pwd
def gone(number): raise KeyError(number)
pwd.getpwuid = gone
for name in list(os.environ):
    if name in ("HOME", "D2LAB_CACHE", "D2LAB_DATA", "D2LAB_PROGRESS") or name.startswith("XDG_"): del os.environ[name]
from d2lab.cli.main import main
main()
"""


def call(*arguments, code=None, **rest):
    command = [sys.executable, *(["-c", code] if code else ["-m", "d2lab"]), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **rest)


@posix
def test_without_a_home_folder_the_variable_is_named(here):
    done = call("progress", code=NO_HOME)
    assert done.returncode == 2, done.stderr
    assert "D2LAB_PROGRESS or HOME" in done.stderr
    done = call("doctor", "--quick", code=NO_HOME)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "no HOME, and no user of number" in done.stdout
    assert "D2LAB_CACHE" in done.stdout


@posix
def test_an_ascii_system_is_explained_and_refuses_a_name_in_a_line(here):
    ascii_only = {**os.environ, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "LC_ALL": "C"}
    done = call("doctor", "--quick", env=ascii_only)
    assert "Traceback" not in done.stderr
    assert "PYTHONUTF8=1" in done.stdout
    (here / "mine").mkdir()
    script = "import sys; sys.argv.append('\\u732b'); from d2lab.cli.main import main; main()"
    done = call("train", "lenet", "--data", code=script, env=ascii_only)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1


@posix
def test_a_folder_whose_name_an_ascii_system_cannot_say_is_refused_in_a_line(here, images):
    images.rename(here / "图片")
    ascii_only = {**os.environ, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "LC_ALL": "C"}
    done = call("train", "lenet", "--data", "folder:图片", "--set", "epochs=1", env=ascii_only)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert "need a path that is UTF-8" in done.stderr
    assert "PYTHONUTF8=1" in done.stderr
    assert not (here / "runs").exists()


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device")
def test_a_full_disk_behind_the_output_is_one_line(here):
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "d2lab", "data"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (2, "d2lab: the system: No space left on device.\n")


@posix
def test_a_closed_output_is_one_line(here):
    script = "import os, sys; os.close(1); os.execv(sys.executable, [sys.executable, '-m', 'd2lab', 'data'])"
    done = call(code=script)
    assert done.returncode == 2
    assert done.stderr.startswith("d2lab: standard output: got 'closed'")
    assert done.stderr.count("\n") == 1


def test_a_reader_that_goes_leaves_a_run_that_goes_on(d2lab, here, monkeypatch):
    def broken(self, line):
        if "epoch 2/4" in line:
            raise BrokenPipeError(32, "nobody reads it any more", "standard output")

    arguments = ("train", "linear", "--set", "epochs=4", "--device", "cpu")
    assert d2lab(*arguments, "--quiet")[0] == 0
    with monkeypatch.context() as patch:
        patch.setattr(Lines, "_write", broken)
        code, _, err = d2lab(*arguments)
    assert code == 141
    assert err.startswith("d2lab: standard output: nobody reads it any more; go on with d2lab resume runs")
    whole, cut = sorted((here / "runs").iterdir())
    assert load_checkpoint(cut / "checkpoint").values["status"] == "interrupted"
    assert d2lab("resume", cut)[0] == 0
    whole, cut = (load_checkpoint(path / "checkpoint").tensors for path in (whole, cut))
    assert all((whole[name] == cut[name]).all() for name in whole)


def test_ctrl_c_four_times_leaves_a_checkpoint(d2lab, here, monkeypatch):
    def impatient(self, row):
        for _ in range(4):
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Lines, "epoch", impatient)
    code, out, err = d2lab("train", "linear", "--set", "epochs=4", "--device", "cpu")
    assert (code, err) == (130, "")
    assert "Go on with:  d2lab resume" in out
    (folder,) = (here / "runs").iterdir()
    assert load_checkpoint(folder / "checkpoint").values["status"] == "interrupted"


def test_ctrl_c_while_the_last_checkpoint_is_written_waits_for_it(d2lab, here, monkeypatch):
    from d2lab.train import interrupt, record

    save = record.save_checkpoint

    def interrupted(*given):
        for _ in range(3):
            signal.raise_signal(signal.SIGINT)
        save(*given)

    monkeypatch.setattr(record, "save_checkpoint", interrupted)
    monkeypatch.setattr(interrupt, "PATIENCE_S", 0.0)
    assert d2lab("train", "linear", "--budget", "smoke", "--device", "cpu")[0] == 0
    (folder,) = (here / "runs").iterdir()
    assert load_checkpoint(folder / "checkpoint").values["status"] == "finished"


def test_ctrl_c_while_the_figure_is_drawn_says_that_the_run_is_whole(d2lab, here, monkeypatch):
    from d2lab.reports import curves

    def stop(record):
        raise KeyboardInterrupt

    monkeypatch.setattr(curves, "save_curves", stop)
    code, out, err = d2lab("train", "linear", "--budget", "smoke", "--device", "cpu")
    assert (code, err) == (130, "")
    assert "the run is finished" in out
    (folder,) = (here / "runs").iterdir()
    assert load_checkpoint(folder / "checkpoint").values["status"] == "finished"


def test_a_run_folder_removed_while_training_is_one_line(d2lab, here, monkeypatch):
    def remove(self, row):
        shutil.rmtree(here / "runs")

    monkeypatch.setattr(Lines, "epoch", remove)
    code, _, err = d2lab("train", "linear", "--set", "epochs=3", "--device", "cpu")
    assert code == 2
    assert err.count("\n") == 1
    assert "No such file" in err or "need" in err
    assert not (here / "runs").exists()


def test_a_moved_folder_is_named_to_each_verb_that_reads_it(d2lab, images, here):
    run = train("lenet", data=f"folder:{images}", changes=SMALL, device="cpu", root=here / "runs").record.folder
    moved = images.rename(here / "moved")
    code, _, err = d2lab("plot", run)
    assert (code, err.count("\n")) == (2, 1)
    assert d2lab("plot", run, "--data", f"folder:{moved}")[0] == 0
    code, out, err = d2lab("resume", run, "--data", f"folder:{moved}", "--epochs", 3)
    assert code == 0, err
    assert "epochs: 2 -> 3 in all" in out
    shutil.copy(moved / "cat" / "0.png", moved / "cat" / "new.png")
    code, _, err = d2lab("resume", run, "--data", f"folder:{moved}", "--epochs", 4)
    assert code == 2
    assert "need those of folder:" in err


def test_a_run_with_one_held_out_image_is_exported_with_a_free_batch_axis(here, images):
    import torch

    from d2lab.experiments.export import export_run

    for number in range(2, 6):
        (images / "dog" / f"{number}.png").unlink()
    changes = {**SMALL, "epochs": 1, "batch_size": 4}
    run = train("lenet", data=f"folder:{images}", changes=changes, device="cpu", root=here / "runs")
    path, difference = export_run(run.record.folder, "torch-export")
    assert difference < 1e-4
    model = torch.export.load(path).module()
    assert [len(model(torch.zeros(count, 1, 28, 28))) for count in (1, 2, 7)] == [1, 2, 7]


def test_cam_shows_as_many_classes_as_there_are(d2lab, images, here):
    run = train("lenet", data=f"folder:{images}", changes=SMALL, device="cpu", root=here / "runs").record.folder
    code, out, err = d2lab("cam", run)
    assert code == 0, err
    assert "cat " in out
    assert "dog " in out
    assert "1 to 2 classes" in d2lab("cam", run, "--top", 3)[2]


def test_a_finished_run_says_so_and_trains_on(d2lab, here, monkeypatch):
    monkeypatch.setenv("D2LAB_RUNS", str(here / "runs"))
    changes = {"epochs": 2, "schedule.name": "cosine"}
    run = train("linear", changes=changes, device="cpu").record.folder
    code, out, _ = d2lab("resume", run)
    assert code == 0
    assert f"Train on with:  d2lab resume {run} --epochs N" in out
    with pytest.raises(ConfigError, match="more than the 2"):
        resume(run, epochs=2)
    first = load_checkpoint(run / "checkpoint").step
    assert resume(run, epochs=4).status == "finished"
    assert load_checkpoint(run / "checkpoint").step == 2 * first
    assert json.loads((run / "recipe.json").read_text())["settings"]["loop.epochs"] == 4
    rates = [row["learning_rate"] for row in RunRecord(run).rows() if "loss" in row]
    assert rates[first] == pytest.approx(rates[0] / 2, rel=0.01)  # half-way down a cosine over four epochs


def test_the_folder_of_runs_may_lie_at_home_and_be_unset(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("D2LAB_RUNS", "~/mine")
    assert runs_folder() == tmp_path / "mine"
    monkeypatch.setenv("D2LAB_RUNS", "")
    assert str(runs_folder()) == "runs"


def test_claims_answer_options_that_fit_nothing(d2lab, here):
    from d2lab.claims.catalog import CLAIMS

    code, _, err = d2lab("claims", "--chapter", 99)
    assert code == 2
    assert "--chapter: got 99, need one of" in err
    chapter = next(iter(CLAIMS.values())).chapter
    assert len(d2lab("claims", "--summary", "--chapter", chapter)[1].splitlines()) < len(
        d2lab("claims", "--summary")[1].splitlines()
    )
    assert "need no words" in d2lab("claims", "dropout", "--summary")[2]
    identity = next(claim for claim in CLAIMS.values() if "seeds" not in claim.sizes)
    code, _, err = d2lab("check", identity.id, "--seeds", 3)
    assert code == 2
    assert "need a claim that is checked over seeds" in err
