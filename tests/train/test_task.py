"""Losses and measures: against torch, by hand, and what a perceptron is charged for."""

import pytest
import torch
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.data.catalog import card
from d2lab.data.split import Split
from d2lab.train.evaluate import evaluate, predict
from d2lab.train.tasks import find_task, perceptron_loss, smoothed


def test_a_perceptron_pays_for_the_wrong_side_and_for_the_border():
    scores = torch.tensor([[2.0], [-1.0], [3.0], [0.0]], requires_grad=True)
    targets = torch.tensor([1, 1, 0, 1])  # right, wrong by 1, wrong by 3, on the border
    loss = perceptron_loss(scores, targets)
    loss.backward()
    assert loss.item() == 1.0
    assert scores.grad.flatten().tolist() == [0.0, -0.25, 0.25, -0.25]


def test_refuses_data_of_another_kind():
    with pytest.raises(ConfigError, match="for regression"):
        find_task("classification").check(card("synthetic-linear"))
    with pytest.raises(ConfigError, match="two classes"):
        find_task("perceptron").check(card("digits"))
    with pytest.raises(ConfigError, match="Did you mean 'regression'"):
        find_task("regresion")


@pytest.mark.parametrize("count", [1, 999, 1000, 2300])
def test_evaluate_equals_a_computation_by_hand(rng, count):
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(0.9))  # dropout must be off
    split = Split(torch.randn(count, 3, generator=rng), torch.randint(0, 4, (count,), generator=rng))
    task, cpu = find_task("classification"), torch.device("cpu")
    measured = evaluate(model, split, task, prepare=lambda x: x, device=cpu)
    with torch.no_grad():
        logits = model[0](split.inputs)
    assert measured["loss"] == pytest.approx(functional.cross_entropy(logits, split.targets).item(), rel=1e-5)
    assert measured["accuracy"] == pytest.approx((logits.argmax(1) == split.targets).float().mean().item())
    chances = predict(model, split, task, prepare=lambda x: x, device=cpu)
    torch.testing.assert_close(chances, logits.softmax(1))
    assert model.training


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("mixed", [False, True])
def test_a_smoothed_loss_is_that_of_targets_with_a_share_for_every_class(rng, share, mixed):
    logits = torch.randn(12, 5, generator=rng, dtype=torch.float64)
    classes = torch.randint(0, 5, (12,), generator=rng)
    targets = torch.rand(12, 5, generator=rng, dtype=torch.float64).softmax(1) if mixed else classes
    task = smoothed(find_task("classification"), share)
    shares = targets if mixed else functional.one_hot(classes, 5).double()
    by_hand = -(((1 - share) * shares + share / 5) * logits.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(task.criterion(logits, targets), by_hand)
    reference = torch.nn.CrossEntropyLoss(label_smoothing=share)
    torch.testing.assert_close(task.criterion(logits, targets), reference(logits, targets))
    assert task.for_evaluation() == find_task("classification")  # what is reported stays comparable


def test_no_share_leaves_the_task_and_a_wrong_one_is_refused():
    task = find_task("classification")
    assert smoothed(task, 0.0) is task
    for share in (-0.1, 1.0, float("nan")):
        with pytest.raises(ConfigError, match="at least 0 and below 1"):
            smoothed(task, share)
    for name in ("regression", "perceptron"):
        assert smoothed(find_task(name), 0.0) is find_task(name)
        with pytest.raises(ConfigError, match=f"label_smoothing: got 0.1, need 0 for {name}"):
            smoothed(find_task(name), 0.1)


@pytest.mark.parametrize("count", [1, 7])
def test_with_flips_an_image_and_its_mirror_image_are_judged_together(rng, monkeypatch, count):
    monkeypatch.setattr("d2lab.train.evaluate.INPUTS", 60)  # two images at once
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(30, 4), torch.nn.Tanh())
    split = Split(torch.rand(count, 2, 3, 5, generator=rng), torch.randint(0, 4, (count,), generator=rng))
    how = {"prepare": lambda x: x, "device": torch.device("cpu"), "flips": True}
    with torch.no_grad():
        logits = (model(split.inputs) + model(split.inputs.flip(-1))) / 2
    task = find_task("classification")
    measured = evaluate(model, split, task, **how)
    assert measured["loss"] == pytest.approx(functional.cross_entropy(logits, split.targets).item(), rel=1e-5)
    torch.testing.assert_close(predict(model, split, task, **how), logits.softmax(1))
    mirrored = Split(split.inputs.flip(-1), split.targets)
    assert evaluate(model, mirrored, task, **how) == pytest.approx(measured)
    assert evaluate(model, mirrored, task, **{**how, "flips": False}) != pytest.approx(measured)
