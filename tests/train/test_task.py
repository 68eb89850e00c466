"""Losses and measures: against torch, by hand, and what a perceptron is charged for."""

import pytest
import torch
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.data.catalog import card
from d2lab.data.split import Split
from d2lab.train.evaluate import evaluate, predict
from d2lab.train.task import find_task, perceptron_loss


def test_sums_of_batches_add_up_to_the_whole(rng):
    task = find_task("classification")
    logits, targets = torch.randn(30, 5, generator=rng), torch.randint(0, 5, (30,), generator=rng)
    whole = task.measure(logits, targets)
    parts = [task.measure(logits[i : i + 7], targets[i : i + 7]) for i in range(0, 30, 7)]
    for name, value in whole.items():
        torch.testing.assert_close(sum(part[name] for part in parts), value)
    torch.testing.assert_close(whole["loss"], functional.cross_entropy(logits, targets) * 30)
    assert whole["accuracy"] == (logits.argmax(1) == targets).sum()


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
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(0.9))  # dropout must be off
    split = Split(torch.randn(count, 3, generator=rng), torch.randint(0, 4, (count,), generator=rng))
    task, cpu = find_task("classification"), torch.device("cpu")
    measured = evaluate(net, split, task, prepare=lambda x: x, device=cpu)
    with torch.no_grad():
        logits = net[0](split.inputs)
    assert measured["loss"] == pytest.approx(functional.cross_entropy(logits, split.targets).item(), rel=1e-5)
    assert measured["accuracy"] == pytest.approx((logits.argmax(1) == split.targets).float().mean().item())
    chances = predict(net, split, task, prepare=lambda x: x, device=cpu)
    torch.testing.assert_close(chances, logits.softmax(1))
    assert net.training
