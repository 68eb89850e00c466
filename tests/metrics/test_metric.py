"""Metrics add up over batches and processes to what the whole gives, survive a checkpoint, and hold no outputs."""

import math

import pytest
import torch
from sklearn.metrics import accuracy_score, balanced_accuracy_score, jaccard_score, mean_absolute_error, r2_score
from torch.nn import functional

from d2lab.core.errors import ConfigError, RunError
from d2lab.data.batch import Batch
from d2lab.metrics import Accuracy, ConfusionMatrix, MeanIoU, Metric, Perplexity, RegressionErrors

COUNT, CLASSES = 40, 5


def classes(rng):
    return torch.randn(COUNT, CLASSES, generator=rng), torch.randint(CLASSES, (COUNT,), generator=rng)


def pixels(rng):
    targets = torch.randint(CLASSES, (COUNT, 3, 4), generator=rng)
    targets[torch.rand(targets.shape, generator=rng) < 0.3] = 255
    return torch.randn(COUNT, CLASSES, 3, 4, generator=rng), targets.to(torch.uint8)


def numbers(rng):
    truth = 1e4 + torch.randn(COUNT, 2, generator=rng)  # far from 0: a short formula would lose every digit
    return truth + torch.randn(COUNT, 2, generator=rng), truth


def tokens(rng):
    targets = torch.randint(CLASSES, (COUNT, 6), generator=rng)
    targets[torch.rand(targets.shape, generator=rng) < 0.2] = -100
    return torch.randn(COUNT, 6, CLASSES, generator=rng), targets


ROWS = {
    "accuracy": (Accuracy, classes),
    "accuracy of pixels": (lambda: Accuracy(ignore=255), pixels),
    "accuracy without the first class": (lambda: Accuracy(ignore=0), pixels),
    "confusion": (lambda: ConfusionMatrix(CLASSES), classes),
    "mean IoU": (lambda: MeanIoU(CLASSES), pixels),
    "mean IoU alone": (lambda: MeanIoU(CLASSES, background=None), pixels),
    "regression": (RegressionErrors, numbers),
    "perplexity": (Perplexity, tokens),
}


@pytest.fixture(params=ROWS)
def row(request, rng):
    make, draw = ROWS[request.param]
    return request.param, make, *draw(rng)


def seen(make, outputs, targets, size=COUNT):
    metric = make()
    for start in range(0, len(outputs), size):
        metric.update(outputs[start : start + size], Batch(None, targets[start : start + size]))
    return metric


def by_hand(name, outputs, targets):
    if name == "accuracy":
        return {"accuracy": (outputs.argmax(1) == targets).double().mean().item()}
    if name in ("accuracy of pixels", "accuracy without the first class"):
        counted = targets != (255 if name == "accuracy of pixels" else 0)
        return {"accuracy": (outputs.argmax(1) == targets)[counted].double().mean().item()}
    if name == "confusion":
        return {"balanced_accuracy": balanced_accuracy_score(targets, outputs.argmax(1))}
    if name in ("mean IoU", "mean IoU alone"):
        truth, found = targets[targets != 255], outputs.argmax(1)[targets != 255]
        beside = {"": found} | ({} if name == "mean IoU alone" else {"_background": torch.zeros_like(truth)})
        return {
            f"{figure}{suffix}": value
            for suffix, answer in beside.items()
            for figure, value in (
                ("mean_iou", jaccard_score(truth, answer, average="macro")),
                ("pixel_accuracy", accuracy_score(truth, answer)),
            )
        }
    if name == "regression":
        pair = targets.double().numpy(), outputs.double().numpy()
        return {"mae": mean_absolute_error(*pair), "r2": r2_score(*pair)}
    nats = functional.cross_entropy(outputs.double().flatten(0, 1), targets.flatten()).item()
    return {"perplexity": math.exp(nats), "bits_per_token": nats / math.log(2)}


def test_it_is_what_another_library_or_a_formula_gives(row):
    name, make, outputs, targets = row
    assert seen(make, outputs, targets).compute() == pytest.approx(by_hand(name, outputs, targets), rel=1e-6)


@pytest.mark.parametrize("size", [1, 7, 39])
def test_batches_add_up_to_the_whole(row, size):
    _, make, outputs, targets = row
    assert seen(make, outputs, targets, size).compute() == pytest.approx(seen(make, outputs, targets).compute())


@pytest.mark.parametrize("cut", [0, 1, 13, COUNT])
def test_two_processes_merge_to_one(row, cut):
    _, make, outputs, targets = row
    ours, theirs = seen(make, outputs[:cut], targets[:cut], 5), seen(make, outputs[cut:], targets[cut:], 5)
    ours.merge(theirs)
    assert ours.compute() == pytest.approx(seen(make, outputs, targets).compute())


def test_a_checkpoint_in_the_middle_changes_nothing(row):
    _, make, outputs, targets = row
    first, second = seen(make, outputs[:17], targets[:17], 5), make()
    second.load({name: value.clone() for name, value in first.state().items()}, torch.device("cpu"))
    for metric in (first, second):
        metric.update(outputs[17:], Batch(None, targets[17:]))
    assert first.compute() == second.compute()


def test_what_it_holds_does_not_grow(row):
    _, make, outputs, targets = row
    few, many = seen(make, outputs[:5], targets[:5]), seen(make, outputs, targets, 5)
    sizes = [sum(value.numel() for value in metric.state().values()) for metric in (few, many)]
    assert sizes[0] == sizes[1] <= CLASSES**2


def test_nothing_seen_is_no_number_and_reset_forgets(row):
    _, make, outputs, targets = row
    metric = seen(make, outputs, targets)
    metric.reset()
    assert all(math.isnan(value) for value in metric.compute().values())


def test_another_kind_is_not_merged_and_broken_sums_are_refused(rng):
    with pytest.raises(ConfigError, match="another Accuracy"):
        Accuracy().merge(Perplexity())
    with pytest.raises(ConfigError, match="RegressionErrors"):
        RegressionErrors().merge(Accuracy())
    with pytest.raises(RunError, match="not finite"):
        Perplexity().load({"nats": torch.tensor(float("nan"))}, torch.device("cpu"))


def test_a_subclass_needs_no_more_than_two_methods(rng):
    class Misses(Metric):
        def update(self, outputs, batch):
            self.add("misses", (outputs.argmax(1) != batch.targets).sum())

        def compute(self):
            return {"misses": float(self.sums["misses"])}

    outputs, targets = classes(rng)
    ours, theirs = seen(Misses, outputs[:9], targets[:9]), seen(Misses, outputs[9:], targets[9:])
    ours.merge(theirs)
    assert ours.compute() == {"misses": float((outputs.argmax(1) != targets).sum())}


def test_the_sum_of_a_metric_is_its_own(rng):
    """An output that is overwritten afterwards, as a fused kernel may do, must not reach into the sums."""
    value = torch.tensor(3)
    metric = Accuracy()
    metric.add("hits", value)
    value.zero_()
    assert metric.sums["hits"] == 3
