"""Moments at which a run could lose something: between a step and its row, between a stop and its best weights."""

import os

import pytest
import torch

from d2lab.core.errors import NonFiniteError
from d2lab.experiments import resume, train
from d2lab.train import loop
from d2lab.train.checkpoint import load_checkpoint, save_checkpoint
from d2lab.train.loop import Loop

SCRIPT = [
    1.0,
    0.5,
    0.6,
    0.7,
    0.1,
    0.1,
]  # validation losses: the best epoch is the second, patience 2 ends at the fourth


class Killed(BaseException):
    """Stands for a kill: nothing of ours catches it."""


def weights(run):
    return {name: value.clone() for name, value in run.model.state_dict().items()}


def same(one, two):
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def rows(run):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in run.record.rows()]


def only_run(folder):
    (path,) = folder.glob("*/recipe.json")
    return path.parent


@pytest.fixture
def every_step(monkeypatch, small):
    """Settings under which a checkpoint follows every look, and a look every step."""
    monkeypatch.setattr(loop, "READ_EVERY_S", -1.0)
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # nobody cuts the power here, and disks are slow
    return {**small, "checkpoint_every_s": 0}


@pytest.fixture
def scripted(monkeypatch):
    """Validation losses by the epoch, as SCRIPT has them; all else is measured."""
    measure = Loop._evaluate

    def measured(self, split):
        found = measure(self, split)
        if split is self.validation:
            found["loss"] = SCRIPT[self.train_step.step // self.batches.steps - 1]
        return found

    monkeypatch.setattr(Loop, "_evaluate", measured)


def die_at(monkeypatch, name, countdown):
    """Kill the run just before the countdown-th call of a method of the loop."""
    method = getattr(Loop, name)
    left = [countdown]

    def dying(self, *given):
        left[0] -= 1
        if left[0] == 0:
            raise Killed
        return method(self, *given)

    monkeypatch.setattr(Loop, name, dying)


@pytest.mark.parametrize(
    ("name", "countdown"),
    [("_close_epoch", 1), ("_close_epoch", 2), ("_close_epoch", 3), ("_end", 1), ("_flush_metrics", 7)],
)
def test_a_kill_between_a_step_and_its_row_loses_neither(runs, every_step, tmp_path, name, countdown):
    whole = train("mlp", changes=every_step, device="cpu", root=tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch:
        die_at(patch, name, countdown)
        with pytest.raises(Killed):
            train("mlp", changes=every_step, device="cpu")
    resumed = resume(only_run(runs))
    assert rows(resumed) == rows(whole)
    assert same(weights(resumed), weights(whole))


def early(settings, epochs=6):
    return {**settings, "validation": 0.2, "patience": 2, "epochs": epochs}


def test_an_early_stop_keeps_the_weights_of_the_best_epoch(runs, every_step, scripted, tmp_path):
    run = train("mlp", changes=early(every_step), device="cpu")
    best = train("mlp", changes=early(every_step, epochs=2), device="cpu", root=tmp_path / "best")
    assert run.status == "stopped early"
    assert [row["epoch"] for row in rows(run) if "epoch" in row] == [1, 2, 3, 4]
    assert same(weights(run), weights(best))


@pytest.mark.parametrize(("name", "countdown"), [("_end", 1), ("_close_epoch", 4), ("_close_epoch", 3)])
def test_a_kill_around_an_early_stop_still_ends_at_the_best_weights(
    runs, every_step, scripted, tmp_path, name, countdown
):
    whole = train("mlp", changes=early(every_step), device="cpu", root=tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch:
        die_at(patch, name, countdown)
        with pytest.raises(Killed):
            train("mlp", changes=early(every_step), device="cpu")
    resumed = resume(only_run(runs))
    assert resumed.status == "stopped early"
    assert same(weights(resumed), weights(whole))
    assert rows(resumed) == rows(whole)


@pytest.mark.parametrize("step", [16, 15, 5])  # 4 steps an epoch: the run stops early at step 16
def test_ctrl_c_near_an_early_stop_changes_nothing(runs, small, scripted, monkeypatch, step):
    import signal

    whole = train("mlp", changes=early(small), device="cpu")
    with monkeypatch.context() as patch:
        take = loop.TrainStep.__call__

        def taken(self, *batch):
            result = take(self, *batch)
            if self.step == step:
                signal.raise_signal(signal.SIGINT)
            return result

        patch.setattr(loop.TrainStep, "__call__", taken)
        broken = train("mlp", changes=early(small), device="cpu")
    assert broken.status == ("stopped early" if step == 16 else "interrupted")
    resumed = resume(broken.record.folder)
    assert same(weights(resumed), weights(whole))
    assert rows(resumed) == rows(whole)


@pytest.mark.parametrize("changes", [{}, {"stream_workers": 0}])
def test_rows_and_weights_do_not_depend_on_how_often_the_loop_looks(runs, small, monkeypatch, changes):
    monkeypatch.setattr(loop, "READ_EVERY_S", -1.0)
    often = train("mlp", changes={**small, **changes}, device="cpu")
    monkeypatch.setattr(loop, "READ_EVERY_S", 1e9)
    seldom = train("mlp", changes=small, device="cpu")
    assert rows(often) == rows(seldom)
    assert same(weights(often), weights(seldom))


def test_a_streamed_run_entered_midway_draws_the_same_dropout(runs, every_step, tmp_path):
    changes = {**every_step, "stream_workers": 0}
    whole = train("mlp", changes=changes, device="cpu", root=tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch:
        die_at(patch, "_flush_metrics", 7)
        with pytest.raises(Killed):
            train("mlp", changes=changes, device="cpu")
    assert same(weights(resume(only_run(runs))), weights(whole))


def test_a_net_with_another_optimizer_than_its_recipe_can_be_resumed(runs, every_step):
    changes = {"optimizer.name": "adam", "momentum": 0.0, "learning_rate": 0.01, "epochs": 1, "examples": 64}
    with pytest.MonkeyPatch.context() as patch:
        die_at(patch, "_end", 1)
        with pytest.raises(Killed):
            train("lenet", changes={**changes, "checkpoint_every_s": 0}, device="cpu")  # its recipe has momentum
    assert resume(only_run(runs)).status == "finished"


@pytest.mark.parametrize("factor", [float("nan"), float("inf")])
def test_a_test_loss_that_breaks_names_the_layer(runs, small, monkeypatch, factor):
    from d2lab.models import MLP

    class BreaksInTests(torch.nn.Module):
        def forward(self, x):
            return x if self.training else x * factor

    init = MLP.__init__

    def with_break(self, config):
        init(self, config)
        self.activation1 = BreaksInTests()

    monkeypatch.setattr(MLP, "__init__", with_break)
    with pytest.raises(NonFiniteError, match=r"test_loss after step 5: .*output of layer activation1"):
        train("mlp", changes=small, device="cpu")


def test_a_reader_leaves_the_file_that_a_writer_is_at_alone(runs, small):
    run = train("mlp", changes={**small, "epochs": 1}, device="cpu")
    half = run.record.checkpoint / ".state.json.0a1b2c3d.part"
    half.write_bytes(b"{")
    load_checkpoint(run.record.checkpoint)
    assert half.exists()


def test_a_reader_that_meets_a_newer_checkpoint_takes_it(runs, small, monkeypatch):
    from d2lab.train import checkpoint as module

    run = train("mlp", changes={**small, "epochs": 1}, device="cpu")
    old = load_checkpoint(run.record.checkpoint)
    read, calls = module.read_json, []

    def overtaken(path, what):
        state = read(path, what)
        if not calls:  # between reading the name of the tensors and opening them
            calls.append(path)
            save_checkpoint(run.record.checkpoint, module.Checkpoint(old.step + 1, old.tensors, old.values))
        return state

    monkeypatch.setattr(module, "read_json", overtaken)
    assert load_checkpoint(run.record.checkpoint).step == old.step + 1


@pytest.mark.parametrize("changes", [{"mixup": 0.4, "rotate": 10.0}, {"crop": 0.5, "cutmix": 1.0, "stream_workers": 0}])
@pytest.mark.parametrize("countdown", [2, 6])
def test_an_augmented_run_entered_midway_sees_the_same_images(runs, every_step, tmp_path, changes, countdown):
    short = {"checkpoint_every_s": 0, "examples": 120, "epochs": 2, "batch_size": 32, "flip": 0.5, "translate": 2}
    short |= {"cutout": 4, "brightness": 0.2, **changes}
    whole = train("lenet", changes=short, device="cpu", root=tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch:
        die_at(patch, "_flush_metrics", countdown)
        with pytest.raises(Killed):
            train("lenet", changes=short, device="cpu")
    resumed = resume(only_run(runs))
    assert same(weights(resumed), weights(whole))
    assert rows(resumed) == rows(whole)
