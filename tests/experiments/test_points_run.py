"""The recipe `points` from data to answer: its settings for each data set, and a run that is broken off and resumed."""

import signal

import pytest
import torch

from d2lab import experiments
from d2lab.data.batch import Batch
from d2lab.experiments.plan import plan
from d2lab.recipes.points import RECIPE
from d2lab.train.callback import Callback
from d2lab.train.point_detection import PointDetection

TINY = {"examples": 24, "batch_size": 8, "widths": (4, 4, 4), "head_width": 4, "threads": 1}


class Stop(Callback):
    """Interrupts a run after a step."""

    def __init__(self, at):
        self.at = at

    def on_step(self, step, result):
        if step == self.at:
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize(("data", "stride", "size"), [(None, 4, 64), ("bccd", 8, 240), ("cats", 8, 128)])
def test_each_data_set_has_its_settings(data, stride, size):
    experiment = plan("points", data=data, device="cpu")
    assert experiment.settings.model.stride == stride
    assert experiment.settings.model.classes == len(experiment.card.classes) == experiment.task.classes
    assert experiment.task.objective.radius >= 1.5 * stride
    assert experiment.preparation.prepared_shape[1] == size
    assert isinstance(experiment.task, PointDetection)
    assert not experiment.settings.augment.flip or data is not None  # a mirrored 2 is no digit


def test_the_loss_of_a_batch_is_the_mean_of_its_halves(rng):
    task, model = plan("points", device="cpu").task, torch.nn.Module()
    points = torch.cartesian_prod(torch.arange(4.0), torch.arange(4.0)) * 16 + 8
    logits, distances = torch.randn(4, 16, 10, generator=rng), 1 + torch.rand(4, 16, 4, generator=rng)
    model.forward = lambda which: {"logits": logits[which], "distances": distances[which], "points": points}
    boxes = torch.tensor([[0.0, 0.0, 30.0, 30.0]]).expand(4, 3, 4)
    count = torch.tensor([3, 0, 1, 0])
    whole = Batch(torch.arange(4), {"boxes": boxes, "labels": torch.zeros(4, 3, dtype=torch.int64), "count": count})
    halves = [task.loss(model, half).loss for half in whole.chunk(2)]
    torch.testing.assert_close(task.loss(model, whole).loss, sum(halves) / 2)


@pytest.mark.slow
def test_a_resumed_run_has_the_weights_of_an_uninterrupted_one(tmp_path):
    changes = {**TINY, "epochs": 2}
    whole = experiments.train("points", changes=changes, device="cpu", root=tmp_path / "whole")
    assert 0 <= whole.last["test_ap"] <= whole.last["test_ap50"] <= 1
    broken = experiments.train("points", changes=changes, device="cpu", root=tmp_path / "broken", callbacks=[Stop(4)])
    assert broken.status == "interrupted"
    resumed = experiments.resume(broken.record.folder)
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name


@pytest.mark.slow
def test_in_two_epochs_most_digits_of_unseen_scenes_are_found(tmp_path):
    changes = {**RECIPE.budgets["lesson"], "examples": 1000, "widths": (16, 32, 48), "head_width": 32, "threads": 1}
    run = experiments.train("points", changes=changes, device="cpu", root=tmp_path)
    assert run.last["test_ap50"] > 0.3
