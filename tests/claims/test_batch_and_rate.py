"""The training loop behind the claims on batch size and rate, and verdicts that a mistake in it would change."""

import pytest
import torch
from tests.claims.planted import told_apart, verdicts
from torch import nn
from torch.nn import functional

from d2lab.claims.catalog import find_claim
from d2lab.claims.checks import ch17_batch as module
from d2lab.core.seed import stream

TASKS = {"which digit": 10, "even or odd": 2, "zero or not": 2, "even or odd in a fifth": 10}
SMALL = {  # claim -> what its file says, what a mistake would make of it, sizes at which it is seen
    "a-larger-batch-wants-a-higher-rate": ("rows[1] - rows[0]", "rows[0] - rows[1]", {"seeds": range(6), "epochs": 5}),
    "batch-size-is-at-most-ten-times-the-classes": (
        "updates if same_updates else",
        "epochs * TRAIN // size if same_updates else",
        {"seeds": range(6), "epochs": 3, "updates": 192},
    ),
}


@pytest.mark.parametrize("task", TASKS)
def test_each_task_has_its_classes_on_the_same_images(task):
    classes, labels = module.labels_of(task)
    counts = labels.bincount()
    assert (classes, len(counts), len(labels)) == (TASKS[task], TASKS[task], 1797)
    assert counts.min() > 50


def test_an_epoch_sees_every_image_once_and_the_next_in_another_order():
    seen = list(module.batches([3, 4], 256, 6))
    first = torch.cat(seen[:4], 1)
    assert [tuple(some.shape) for some in seen] == [(2, 256)] * 6
    assert torch.equal(first.sort(1).values, torch.arange(1024).expand(2, -1))
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(seen[4], seen[0])


def test_models_side_by_side_are_those_that_torch_trains_alone():
    rates, seeds = [0.1, 0.5], [5, 6]
    weights = module.trained("which digit", 64, rates, seeds, 20)
    for number, (rate, seed) in enumerate([(rate, seed) for rate in rates for seed in seeds]):
        draw = stream(seed, "weights")
        model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
        with torch.no_grad():
            model[0].weight.copy_((torch.randn(64, 32, generator=draw) / 32**0.5).T)
            model[2].weight.copy_((torch.randn(32, 10, generator=draw) / 32**0.5).T)
            model[0].bias.zero_()
            model[2].bias.zero_()
        optimizer = torch.optim.SGD(model.parameters(), lr=rate)
        for (some,) in module.batches([seed], 64, 20):
            optimizer.zero_grad()
            pixels, digit, _ = module.digits()
            functional.cross_entropy(model(pixels[some]), digit[some]).backward()
            optimizer.step()
        torch.testing.assert_close(weights[0][number].T, model[0].weight.detach(), atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(weights[3][number, 0], model[2].bias.detach(), atol=1e-5, rtol=1e-4)


def test_the_same_seeds_give_the_same_weights_and_others_other_scores():
    found = find_claim("eighty-percent-of-papers-cannot-be-reproduced").run(seeds=range(4), updates=64)[0]
    assert found.verdict == "not checkable"
    assert found.value["apart"] == 0
    assert found.value["low"] < found.value["high"]


@pytest.mark.parametrize("name", SMALL)
def test_a_mistake_changes_the_verdict(name):
    old, new, sizes = SMALL[name]
    plain, broken = verdicts(name, old, new, sizes)
    assert plain in {"holds in scope", "does not hold"}
    assert told_apart(plain, broken)
