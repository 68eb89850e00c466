"""Runs end to end: what they leave, what they repeat, how they go on, what they refuse."""

import json
import signal

import pytest
import torch

from d2lab.core.errors import ConfigError, NonFiniteError, RunError
from d2lab.data.split import Split
from d2lab.experiments import data as run_data
from d2lab.experiments import load_run, resume, train
from d2lab.recipes import RECIPES
from d2lab.train import interrupt, loop
from d2lab.train.checkpoint import load_checkpoint
from d2lab.train.record import open_record


def weights(run):
    return {name: value.clone() for name, value in run.model.state_dict().items()}


def same(one, two):
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_recipe_runs_its_smoke_budget(name, runs):
    run = train(name, budget="smoke", device="cpu")
    assert run.status == "finished"
    assert run.last["epoch"] == 1
    assert {"recipe.json", "machine.json", "metrics.jsonl", "checkpoint"} <= {
        p.name for p in run.record.folder.iterdir()
    }
    assert load_run(run.record.folder).evaluate()["loss"] == pytest.approx(run.last["test_loss"], rel=1e-4)


def test_the_same_seed_gives_the_same_bits_and_another_does_not(runs, small):
    luck = torch.get_rng_state()
    first, second = (train("mlp", changes=small, seed=5, device="cpu") for _ in range(2))
    assert torch.equal(torch.get_rng_state(), luck)  # the caller's luck is left alone
    assert same(weights(first), weights(second))
    assert not same(weights(first), weights(train("mlp", changes=small, seed=6, device="cpu")))


def test_streamed_and_held_batches_give_the_same_bits(runs, small):
    held = train("mlp", changes=small, device="cpu")
    assert same(weights(held), weights(train("mlp", changes={**small, "stream_workers": 0}, device="cpu")))


def test_rows_say_what_happened(runs, small):
    run = train("mlp", changes={**small, "validation": 0.2}, device="cpu")
    steps = [row for row in run.record.rows() if "loss" in row]
    epochs = [row for row in run.record.rows() if "epoch" in row]
    assert [row["step"] for row in steps] == list(range(1, 13))  # 240 examples: 4 batches an epoch
    assert [row["step"] for row in epochs] == [4, 8, 12]
    sizes = [64, 64, 64, 48]
    mean = sum(row["loss"] * size for row, size in zip(steps[:4], sizes, strict=True)) / 240
    assert epochs[0]["train_loss"] == pytest.approx(mean, rel=1e-6)
    assert {"valid_loss", "valid_accuracy", "test_loss", "test_accuracy"} <= epochs[0].keys()


def stop_after(steps, monkeypatch):
    """Send Ctrl-C once that many steps are done."""
    take = loop.TrainStep.__call__

    def taken(self, *batch):
        result = take(self, *batch)
        if self.step == steps:
            signal.raise_signal(signal.SIGINT)
        return result

    monkeypatch.setattr(loop.TrainStep, "__call__", taken)


@pytest.mark.parametrize("steps", [1, 5, 7, 10, 14])  # 5 steps an epoch: in the middle, at the end, one before
@pytest.mark.parametrize("optimizer", [{}, {"optimizer.name": "adam", "momentum": 0.0, "learning_rate": 0.01}])
def test_ctrl_c_saves_and_resume_ends_at_the_same_bits(runs, small, monkeypatch, steps, optimizer):
    changes = {**small, **optimizer}
    whole = train("mlp", changes=changes, device="cpu")
    with monkeypatch.context() as patch:
        stop_after(steps, patch)
        broken = train("mlp", changes=changes, device="cpu")
    assert broken.status == "interrupted"
    assert load_checkpoint(broken.record.checkpoint).step == steps
    resumed = resume(broken.record.folder)
    assert resumed.status == "finished"
    assert same(weights(whole), weights(resumed))

    def rows(run):
        return [{k: v for k, v in row.items() if k != "seconds"} for row in run.record.rows()]

    assert rows(resumed) == rows(whole)


def test_a_second_ctrl_c_means_it(runs, small, monkeypatch):
    def twice(self, *batch):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(interrupt, "PATIENCE_S", 0.0)
    monkeypatch.setattr(loop.TrainStep, "__call__", twice)
    with pytest.raises(KeyboardInterrupt):
        train("mlp", changes=small, device="cpu")


def test_resuming_a_finished_run_only_opens_it(runs, small):
    run = train("mlp", changes=small, device="cpu")
    before = (run.record.folder / "metrics.jsonl").read_bytes()
    again = resume(run.record.folder)
    assert again.status == "finished"
    assert same(weights(run), weights(again))
    assert (run.record.folder / "metrics.jsonl").read_bytes() == before


def test_a_run_killed_before_its_first_checkpoint_starts_again(runs, small):
    import shutil

    run = train("mlp", changes=small, device="cpu")
    shutil.rmtree(run.record.checkpoint)
    assert same(weights(run), weights(resume(run.record.folder)))


def test_early_stop_keeps_the_best_epoch(runs, small):
    changes = {**small, "dropout": 0.0, "validation": 0.3, "patience": 2, "epochs": 60, "learning_rate": 0.7}
    run = train("mlp", changes=changes, device="cpu")
    epochs = [row for row in run.record.rows() if "epoch" in row]
    losses = [row["valid_loss"] for row in epochs]
    best = losses.index(min(losses))
    assert run.status == "stopped early"
    assert len(losses) == best + 3
    assert load_run(run.record.folder).evaluate()["loss"] == pytest.approx(epochs[best]["test_loss"], rel=1e-5)
    assert resume(run.record.folder).status == "stopped early"


def test_a_rate_too_high_stops_with_step_layer_and_advice(runs, small):
    changes = {**small, "learning_rate": 1e6, "momentum": 0.0, "weight_decay": 1.0}
    with pytest.raises(NonFiniteError) as caught:
        train("mlp", changes=changes, device="cpu")
    words = str(caught.value)
    assert "epoch 1, batch" in words
    assert "hidden1" in words or "out" in words
    assert "learning_rate below 1e+06" in words


def test_the_first_layer_that_breaks_is_named_at_its_step(runs, small, monkeypatch):
    from d2lab.models import MLP

    class Breaks(torch.nn.Module):
        """The identity, but infinite in the seventh batch it sees in training (and whenever it sees it again)."""

        fatal = None
        seen = 0

        def forward(self, x):
            Breaks.seen += self.training
            if self.training and Breaks.seen == 7:
                Breaks.fatal = x.detach().clone()
            hit = Breaks.fatal is not None and x.shape == Breaks.fatal.shape and torch.equal(x, Breaks.fatal)
            return x * float("inf") if hit else x

    init = MLP.__init__

    def with_break(self, config):
        init(self, config)
        self.activation1 = Breaks()

    monkeypatch.setattr(MLP, "__init__", with_break)
    with pytest.raises(NonFiniteError) as caught:
        train("mlp", changes={**small, "dropout": 0.0, "threads": 1}, device="cpu")
    assert "step 7 (epoch 2, batch 2)" in str(caught.value)
    assert "output of layer activation1 (Breaks)" in str(caught.value)


def test_a_broken_input_is_named(runs, monkeypatch):
    load = run_data.load_data

    def poisoned(*given):
        training, validation, test = load(*given)
        inputs = training.inputs.clone()
        inputs[17, 0] = float("nan")
        return Split(inputs, training.targets), validation, test

    monkeypatch.setattr("d2lab.experiments.run.load_data", poisoned)
    with pytest.raises(NonFiniteError, match="the input batch itself"):
        train("linear", device="cpu")


def test_the_perceptron_converges_on_blobs_and_fails_on_xor(runs):
    assert train("perceptron", device="cpu", budget="lesson").last["train_accuracy"] == 1.0
    assert train("perceptron", data="xor", device="cpu", budget="lesson").last["test_accuracy"] < 0.8


def test_linear_regression_finds_the_true_weights(runs):
    model = train("linear", device="cpu").model
    torch.testing.assert_close(model.out.weight.detach(), torch.tensor([[2.0, -3.4]]), atol=5e-3, rtol=0)
    torch.testing.assert_close(model.out.bias.detach(), torch.tensor([4.2]), atol=5e-3, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_lenet_reads_digits(runs, seed):
    assert train("lenet", seed=seed, device="cpu").last["test_accuracy"] >= 0.97


@pytest.mark.slow
def test_softmax_learns_the_real_fashion_mnist(runs, real_data, monkeypatch):
    monkeypatch.setenv("D2LAB_DATA", str(real_data))
    run = train("softmax", data="fashion-mnist", changes={"epochs": 3}, device="cpu")
    assert run.last["examples"] == 60_000
    assert run.last["test_accuracy"] > 0.79


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"recipe": "lenett"}, "Did you mean 'lenet'"),
        ({"recipe": "lenet", "data": "digit"}, "digits"),
        ({"recipe": "lenet", "data": "blobs"}, "images"),
        ({"recipe": "mlp", "data": "synthetic-linear"}, "classification"),
        ({"recipe": "perceptron", "data": "digits"}, "two classes"),
        ({"recipe": "mlp", "budget": "ful"}, "Did you mean 'full'"),
        ({"recipe": "mlp", "device": "tpu"}, "cpu"),
        ({"recipe": "mlp", "seed": -1}, "0 or more"),
        ({"recipe": "mlp", "changes": {"learning_rat": 1}}, "learning_rate"),
        ({"recipe": "mlp", "changes": {"learning_rate": "fast"}}, "a number"),
        ({"recipe": "mlp", "changes": {"classes": 3}}, "the data decide"),
        ({"recipe": "mlp", "changes": {"patience": 3}}, "validation"),
        ({"recipe": "mlp", "changes": {"drop_last": True, "batch_size": 5000}}, "batch_size"),
        ({"recipe": "lenet", "changes": {"side": 11}}, "at least 12"),
    ],
)
def test_a_wrong_choice_costs_one_line_and_leaves_nothing(runs, given, words):
    with pytest.raises(ConfigError) as caught:
        train(**{"device": "cpu", **given})
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not runs.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"format": 3},
        {"preparation": {"format": 1, "shape": "wide"}},
        {"recipe": "unknown"},
        {"data": "xor"},
        {"seed": "x"},
        {"settings": {"loop.epochs": "many"}},
        {"settings": {"no.such": 1}},
        {"settings": 5},
    ],
)
def test_refuses_a_recipe_that_is_not_ours(runs, small, change):
    run = train("mlp", changes={**small, "epochs": 1}, device="cpu")
    path = run.record.folder / "recipe.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    for use in (resume, load_run):
        with pytest.raises(RunError):
            use(run.record.folder)


def test_a_run_that_is_none_is_answered_with_the_newest(runs, small):
    with pytest.raises(RunError, match="d2lab train lenet"):
        open_record(runs / "nothing")
    run = train("mlp", changes={**small, "epochs": 1}, device="cpu")
    with pytest.raises(RunError, match=run.record.name):
        open_record(runs / "nothing")
    from pathlib import Path

    assert open_record(Path(run.record.name)).folder == run.record.folder
