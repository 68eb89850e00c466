"""What goes wrong at the edges: wrong words, records of others, deep pictures, too little memory."""

import json
import os
import shutil
import sys

import numpy as np
import pytest
from PIL import Image

from d2lab.cli.exit_codes import EXIT_INTERRUPTED
from d2lab.experiments import load_run, train


@pytest.fixture
def line(d2lab):
    """Run a command that must be refused; return its one line."""

    def call(*arguments):
        code, out, err = d2lab(*arguments)
        assert (code, out) == (2, ""), (code, out, err)
        assert err.startswith("d2lab: ")
        assert err.endswith("\n")
        assert err.count("\n") == 1, err
        return err

    return call


@pytest.fixture
def mine(trained, here):
    """A finished run of one's own, to break."""
    return shutil.copytree(trained["linear"], here / "mine")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["trian"], "Did you mean 'train', 'retrain', 'twins'? See d2lab --help."),
        (["data", "fetcj"], "Did you mean 'fetch'? See d2lab data --help."),
        (["train"], "recipe: got 'none', need a name from d2lab list. For example: d2lab train lenet."),
        (["--bogus"], "--bogus"),
        (["doctor", "x"], "extra argument"),
        (["train", "linear", "--seed", "x"], "'--seed'"),
        (["train", "linear", "--seed", 2**63], "--seed: got 9223372036854775808, need a whole number from 0 to"),
        (["train", "linear", "--data", ""], "synthetic-linear"),
        (["runs", "nowhere"], "need a folder of runs"),
        (["evaluate", "a" * 5000], "name too long"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="the system words its errors otherwise")
def test_a_wrong_use_is_one_line_too(line, here, arguments, words):
    assert words in line(*arguments)
    assert not list(here.iterdir())


def test_without_a_verb_the_help_appears(d2lab):
    code, out, err = d2lab()
    assert (code, err) == (0, "")
    assert "Begin with:  d2lab train lenet" in out


def test_a_wrong_device_is_not_the_fault_of_the_record(line, trained):
    for verb in ("evaluate", "resume"):
        assert line(verb, trained["linear"], "--device", "warp").startswith("d2lab: device: got 'warp'")


def test_a_set_of_other_sizes_measures_nothing(line, trained):
    assert "20" in line("evaluate", trained["linear"], "--data", "synthetic-polynomial")
    assert "1x28x28" in line("evaluate", trained["mlp"], "--data", "mnist")
    assert "a set for regression" in line("evaluate", trained["linear"], "--data", "xor")


def test_another_set_is_resized_as_the_run_was(here, monkeypatch):
    from d2lab.data import catalog

    real = catalog.load_card
    monkeypatch.setattr(catalog, "load_card", lambda card, **rest: real(catalog.card("digits"), **rest))
    folder = train("lenet", changes={"side": 20}, budget="smoke", device="cpu", root=here).record.folder
    run = load_run(folder)
    assert run.test_split("mnist").inputs.shape[-2:] == (20, 20)
    assert run.evaluate("mnist") == run.evaluate()


@pytest.mark.parametrize(
    "rows", ["[1]", '{"epoch": 1}', '{"epoch": 1, "step": "a", "test_loss": 1}', '{"epoch": 0, "step": 0}']
)
def test_rows_of_another_kind_draw_nothing(line, mine, rows):
    (mine / "metrics.jsonl").write_text(rows + "\n")
    before = sorted(path.name for path in mine.iterdir())
    line("plot", mine)
    assert sorted(path.name for path in mine.iterdir()) == before


@pytest.mark.parametrize("settings", [[], None, {}, 3])
def test_a_foreign_record_is_listed_as_broken_and_not_compared(d2lab, line, mine, trained, settings):
    recipe = json.loads((mine / "recipe.json").read_text())
    (mine / "recipe.json").write_text(json.dumps(recipe | {"settings": settings}))
    code, out, _ = d2lab("runs", mine.parent)
    assert code == 0
    assert "broken" in out
    if settings != {}:
        assert "settings" in line("compare", mine, trained["mlp"])
        assert not list(mine.parent.glob("compare*"))


def test_the_curves_of_an_unfinished_epoch_stay_on_their_scale(mine):
    from d2lab.reports.curves import history
    from d2lab.train.record import RunRecord

    rows = RunRecord(mine).rows()
    steps = sum("epoch" not in row for row in rows)
    with (mine / "metrics.jsonl").open("a") as f:
        f.writelines(
            json.dumps({"step": steps + n, "loss": 1.0, "learning_rate": 0.1}) + "\n" for n in range(1, steps // 2 + 1)
        )
    at = history(RunRecord(mine)).step_epochs()
    assert at[steps - 1] == 1.0
    assert at[-1] == pytest.approx(1.5)


@pytest.mark.parametrize("out", ["both", "both.png", "both.SVG", "."])
def test_compare_writes_where_it_is_told(d2lab, trained, here, out):
    code, said, _ = d2lab("compare", trained["linear"], trained["mlp"], "--out", out)
    name = "compare" if out == "." else "both"
    assert code == 0
    assert {p.name for p in here.iterdir()} == {f"{name}{end}" for end in (".png", ".svg", "-dark.png", "-dark.svg")}
    assert said.splitlines()[-1] == f"figure: {name}.png"


def test_a_table_in_a_pipe_has_no_blanks_at_the_end_and_no_colors(d2lab, trained):
    for arguments in (("list",), ("runs", trained["mlp"].parent), ("data",)):
        out = d2lab(*arguments)[1]
        assert "\x1b" not in out
        assert all(row == row.rstrip() for row in out.splitlines())


def test_verify_says_that_there_is_nothing_to_verify(d2lab, cache):
    assert "has no files" in d2lab("data", "verify", "xor")[1]


@pytest.mark.parametrize("mode", ["I;16", "I", "LA", "P", "1"])
def test_gray_of_any_depth_is_the_same_picture(trained, here, mode):
    levels = np.eye(8) if mode == "1" else np.arange(64).reshape(8, 8) / 63  # halftones show a cut-off
    gray = np.kron(levels, np.ones((4, 4))) * 255 // 1
    picture = Image.fromarray(gray.astype(np.uint8))
    picture.save(here / "plain.png")
    deep = Image.fromarray(gray.astype(np.uint16) * 257) if mode == "I;16" else picture.convert(mode)
    deep = Image.fromarray(gray.astype(np.int32) * 257) if mode == "I" else deep
    deep.save(here / "deep.tif")
    pixels = load_run(trained["lenet"]).read_images([here / "plain.png", here / "deep.tif"]).inputs
    assert (pixels[0].int() - pixels[1].int()).abs().max() <= 1


def test_a_picture_is_turned_as_its_camera_noted(trained, here):
    picture = Image.fromarray((np.arange(64).reshape(8, 8) * 4).astype(np.uint8))
    picture.save(here / "plain.png")
    noted = Image.Exif()
    noted[0x0112] = 6  # a quarter turn to the right makes it upright
    picture.rotate(90, expand=True).save(here / "turned.png", exif=noted)
    pixels = load_run(trained["lenet"]).read_images([here / "plain.png", here / "turned.png"]).inputs
    assert (pixels[0] == pixels[1]).all()


def test_a_picture_of_floating_point_numbers_is_refused(line, trained, here):
    Image.fromarray(np.full((9, 9), 0.5, np.float32)).save(here / "x.tif")
    assert "8 or 16 bits" in line("predict", trained["lenet"], here / "x.tif")


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    ],
)
def test_too_little_memory_is_said_in_a_line(line, trained, monkeypatch, error):
    from d2lab import experiments

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(experiments, "load_run", fail)
    assert "memory" in line("evaluate", trained["mlp"])


def test_a_mistake_of_our_own_keeps_its_trace(d2lab, trained, monkeypatch):
    from d2lab import experiments

    def fail(*_, **__):
        raise RuntimeError("a shape is wrong")

    monkeypatch.setattr(experiments, "load_run", fail)
    with pytest.raises(RuntimeError, match="a shape is wrong"):
        d2lab("evaluate", trained["mlp"])


def test_ctrl_c_in_any_verb_ends_with_130(d2lab, trained, monkeypatch):
    from d2lab import experiments

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(experiments, "load_run", interrupt)
    code, out, _ = d2lab("evaluate", trained["mlp"])
    assert (code, out) == (EXIT_INTERRUPTED, "")


@pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_read_only_folder_is_one_line(line, trained, here):
    here.chmod(0o500)
    try:
        assert "need a folder that can be written" in line("train", "linear", "--budget", "smoke")
    finally:
        here.chmod(0o700)


def test_an_interrupted_run_ends_as_if_it_had_not_been(d2lab, here, monkeypatch):
    import signal

    from d2lab.train.checkpoint import load_checkpoint
    from d2lab.train.progress import Lines

    arguments = ("train", "linear", "--set", "epochs=4", "--device", "cpu")
    assert d2lab(*arguments, "--quiet")[0] == 0
    say = Lines.epoch

    def say_and_interrupt(self, row):
        say(self, row)
        if row["epoch"] == 2:
            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(Lines, "epoch", say_and_interrupt)
        code, out, _ = d2lab(*arguments)
    assert code == 130
    assert [row.split()[1] for row in out.splitlines() if row.startswith("epoch")] == ["1/4", "2/4"]
    code, again, _ = d2lab("resume", out.split("d2lab resume ")[1].strip())
    assert code == 0
    assert [row.split()[1] for row in again.splitlines() if row.startswith("epoch")] == ["3/4", "4/4"]
    whole, resumed = (load_checkpoint(path / "checkpoint") for path in (here / "runs").iterdir())
    assert whole.step == resumed.step
    assert all((whole.tensors[name] == resumed.tensors[name]).all() for name in whole.tensors)
