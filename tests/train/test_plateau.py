"""A run whose learning rate falls when the validation loss does not: beside torch's rule, interrupted, refused."""

import signal

import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler

from d2lab.core.errors import ConfigError, RunError
from d2lab.data.batches import Batches
from d2lab.data.split import Split
from d2lab.experiments import fit, resume, train
from d2lab.optimizers import OptimizerConfig, ScheduleConfig
from d2lab.optimizers.plateau import Plateau, plateau_of
from d2lab.train.callback import Callback
from d2lab.train.config import LoopConfig
from d2lab.train.loop import Loop
from d2lab.train.progress import NoProgress
from d2lab.train.tasks import find_task
from d2lab.train.train_step import TrainStep

RULE = {"schedule": "plateau", "plateau_patience": 1, "gamma": 0.5, "floor": 0.05, "threshold": 0.2}
DIGITS = {"examples": 120, "validation": 0.2, "epochs": 8, "batch_size": 32, "learning_rate": 1.0} | RULE


def rows_of(record, what):
    return [row for row in record.rows() if what in row]


def of_torch(losses):
    """The rate of each epoch, with a first one of 1."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    rule = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1, min_lr=0.05, threshold=0.2, eps=0)
    rates = [1.0]
    for loss in losses:
        rule.step(loss)
        rates.append(optimizer.param_groups[0]["lr"])
    return rates[:-1]


def test_a_run_takes_the_rates_of_torchs_rule_and_goes_on_with_them(monkeypatch, tmp_path):
    monkeypatch.setenv("D2LAB_RUNS", str(tmp_path / "whole"))
    whole = train("mlp", changes=DIGITS, device="cpu")
    epochs = rows_of(whole.record, "epoch")
    expected = of_torch([row["valid_loss"] for row in epochs])
    per_epoch = epochs[0]["step"]
    rates = [row["learning_rate"] for row in rows_of(whole.record, "learning_rate")]
    assert rates == pytest.approx([rate for rate in expected for _ in range(per_epoch)])
    assert len(set(rates)) > 2

    class Stop(Callback):
        def on_step(self, step, result):
            if step == 6 * per_epoch + 1:
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setenv("D2LAB_RUNS", str(tmp_path / "cut"))
    cut = train("mlp", changes=DIGITS, device="cpu", callbacks=[Stop()])
    assert cut.status == "interrupted"
    assert rates[6 * per_epoch] < 1  # the state matters
    done = resume(cut.record.folder)
    assert [row["learning_rate"] for row in rows_of(done.record, "learning_rate")] == rates
    for name, value in whole.model.state_dict().items():
        assert torch.equal(done.model.state_dict()[name], value), name


def loop_with(losses):
    """A loop whose validation losses are made up."""
    train_set = Split(torch.randn(4, 2), torch.tensor([0, 1, 0, 1]))
    step = TrainStep(
        nn.Linear(2, 2),
        find_task("classification"),
        optimizer=OptimizerConfig(learning_rate=0.1),
        schedule=ScheduleConfig(name="plateau", plateau_patience=0, gamma=0.5),
        loop=LoopConfig(epochs=len(losses), batch_size=4),
        prepare=lambda inputs: inputs,
        example=train_set.example,
        device=torch.device("cpu"),
        total_steps=len(losses),
    )
    loop = Loop(
        step,
        Batches(train_set, batch_size=4, seed=0),
        config=LoopConfig(epochs=len(losses), batch_size=4),
        test=None,
        validation=train_set,
        record=None,
        progress=NoProgress(),
    )
    made_up = iter(losses)
    loop._evaluate = lambda split: {"loss": next(made_up)}
    return loop


def test_steps_that_a_broken_loss_has_repeated_have_the_rate_they_had():
    loop = loop_with([1.0, 2.0, 0.5])
    loop.run()
    assert [row["learning_rate"] for row in loop.rows if "learning_rate" in row] == [0.1, 0.1, 0.05]
    assert loop.guard.step >= 2  # kept anew when the rate fell, though the time for it had not come
    assert loop.guard.values["plateau"]["scale"] == 0.5


def test_without_a_validation_set_it_is_refused():
    words = "schedule.name: got 'plateau', need a validation set to watch. Set validation=0.1"
    with pytest.raises(ConfigError, match=words):
        train("mlp", changes={"schedule": "plateau"}, device="cpu")
    x = torch.randn(8, 2)
    with pytest.raises(ConfigError, match=words):
        fit(nn.Linear(2, 1), (x, x[:, :1]), task="regression", schedule="plateau", epochs=1)


def test_a_factor_that_leaves_the_rate_is_refused():
    with pytest.raises(ConfigError, match="gamma"):
        ScheduleConfig(name="plateau", gamma=1.0)


@pytest.mark.parametrize("name", ["constant", "step", "cosine"])
def test_other_schedules_have_no_such_state(name):
    assert plateau_of(ScheduleConfig(name=name)) is None


@pytest.mark.parametrize("broken", [{"scale": 2}, {"best": "x"}, {"bad": -1}, {"cooling": None}])
def test_a_damaged_state_is_refused(broken):
    step = loop_with([1.0]).train_step
    state = {name: value.clone() for name, value in step.state().items()}
    values = step.values()
    step.restore(0, state, values)
    values["plateau"] |= broken
    with pytest.raises(RunError, match="the state of a plateau"):
        step.restore(0, state, values)


def test_a_state_is_restored_whole():
    first, second = Plateau(patience=1), Plateau(patience=1)
    second.restore(first.values())
    assert first == second
    for loss in (1.0, 2.0, 2.0, 2.0):
        first.look(loss)
    second.restore(first.values())
    assert first == second
