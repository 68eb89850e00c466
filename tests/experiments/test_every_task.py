"""One loop for every task: boxes, masks and tokens train, survive a kill, evaluate and export, from a recipe file."""

import json
import signal
from pathlib import Path

import pytest
import torch
from tests.experiments.killed import killed_run

from d2lab.core.errors import ConfigError, RunError
from d2lab.experiments import load_run, resume, train
from d2lab.experiments.export import export_run
from d2lab.experiments.export_form import PREPARATION
from d2lab.train.callback import Callback
from d2lab.train.checkpoint import load_checkpoint

OWN = Path(__file__).parent / "own"
TASKS = ("detection", "segmentation", "language")
METRIC = {"detection": "box_error", "segmentation": "pixel_accuracy", "language": "perplexity"}


@pytest.fixture(params=TASKS)
def task(request):
    return request.param


def run_of(task, root, **changes):
    return train(str(OWN / f"{task}.py"), device="cpu", changes={"threads": 1, **changes}, root=root)


def weights(run):
    return load_checkpoint(run.record.checkpoint).tensors


def test_it_learns_and_says_so(task, tmp_path):
    run = run_of(task, tmp_path, epochs=20)
    rows = [row for row in run.record.rows() if "epoch" in row]
    measured = [row[f"test_{METRIC[task]}"] for row in rows]
    assert run.status == "finished"
    assert rows[-1]["train_loss"] < rows[0]["train_loss"]
    assert (measured[-1] > measured[0]) == (task == "segmentation")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="a kill that nothing can catch is POSIX's")
@pytest.mark.parametrize(
    "step", [2, 5, 8]
)  # in the first epoch, on its border (5 steps; 12 for tokens), in a later one
def test_a_kill_changes_no_bit(task, step, tmp_path):
    whole = run_of(task, tmp_path / "whole", checkpoint_every_s=0)
    folder = killed_run(OWN / f"{task}.py", tmp_path / "killed", step, {"threads": 1})
    state = json.loads((folder / "checkpoint" / "state.json").read_text())
    assert 0 < state["step"] <= step
    again = resume(folder, recipe_file=OWN / f"{task}.py")
    ours, theirs = weights(again), weights(whole)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)

    def measured(run):
        return [{k: v for k, v in row.items() if k != "seconds"} for row in run.record.rows()]

    assert measured(again) == measured(whole)


def test_it_is_evaluated_as_it_was_trained(task, tmp_path):
    run = run_of(task, tmp_path)
    found = load_run(run.record.folder, recipe_file=OWN / f"{task}.py").evaluate()
    for name, value in found.items():
        assert value == pytest.approx(run.last[f"test_{name}"], rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("to", ["torch-export", "onnx"])
def test_it_is_exported_with_its_preparation(task, to, tmp_path):
    if to == "onnx":
        pytest.importorskip("onnxscript")
    run = run_of(task, tmp_path, epochs=1)
    path, difference = export_run(run.record.folder, to, recipe_file=OWN / f"{task}.py")
    assert difference < 1e-4
    if to == "torch-export":
        extra = {PREPARATION: ""}
        torch.export.load(path, extra_files=extra)
        assert json.loads(extra[PREPARATION]) == run.record.recipe()["preparation"]


def test_a_record_never_says_which_code_runs(task, tmp_path):
    run = run_of(task, tmp_path, epochs=1)
    for use in (load_run, resume):
        with pytest.raises(RunError, match="need that file"):
            use(run.record.folder)
    changed = tmp_path / "changed.py"
    changed.write_text((OWN / f"{task}.py").read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    with pytest.raises(RunError, match="changed since"):
        load_run(run.record.folder, recipe_file=changed)


@pytest.mark.parametrize(
    ("text", "words"),
    [("RECIPE = 5\n", "no RECIPE"), ("x = undefined_name\n", "line 1: got NameError"), ("def\n", "SyntaxError")],
)
def test_a_file_that_holds_no_recipe_is_refused_in_a_line(text, words, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        train(str(path), root=tmp_path / "runs")
    assert words in str(caught.value).replace('"', "").replace("'", "")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "runs").exists()


def test_a_state_is_carried_through_an_epoch_and_forgotten_at_its_end(tmp_path):
    seen = []

    class Watch(Callback):
        def on_step(self, step, result):
            seen.append(result.state)

    train(
        str(OWN / "language.py"), device="cpu", changes={"epochs": 2, "threads": 1}, root=tmp_path, callbacks=[Watch()]
    )
    assert len(seen) == 24
    assert all(not state.requires_grad and state.shape == (1, 8, 16) for state in seen)
    carried = load_checkpoint(next(tmp_path.iterdir()) / "checkpoint")
    assert torch.equal(carried.tensors["state.0"], seen[-1])


def test_pieces_of_a_batch_are_weighed_by_what_their_loss_is_a_mean_over(tmp_path):
    whole, cut = (run_of("segmentation", tmp_path / str(n), accumulate=n, epochs=2) for n in (1, 3))
    for name, value in weights(whole).items():
        if name.startswith("model."):
            torch.testing.assert_close(weights(cut)[name], value, rtol=1e-4, atol=1e-5)
    with pytest.raises(ConfigError, match="language carries a state"):
        run_of("language", tmp_path, accumulate=2)


def test_mixing_two_images_is_refused_where_targets_are_no_class(tmp_path):
    for task in ("detection", "segmentation"):
        with pytest.raises(ConfigError, match="mixup"):
            run_of(task, tmp_path, mixup=0.2)
    with pytest.raises(ConfigError, match="border"):
        run_of("detection", tmp_path, translate=2)
    assert run_of("detection", tmp_path, translate=2, border="zeros", epochs=1).status == "finished"
