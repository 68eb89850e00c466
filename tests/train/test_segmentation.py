"""The task of segmentation: a mean over pixels that count, and void that is neither learned nor counted."""

import pytest
import torch

from d2lab.data import catalog
from d2lab.data.batch import Batch
from d2lab.train.segmentation import Segmentation, class_shares


@pytest.fixture
def case(rng):
    logits = torch.randn(4, 3, 5, 6, generator=rng, dtype=torch.float64)
    truth = torch.randint(3, (4, 5, 6), generator=rng, dtype=torch.uint8)
    truth[torch.rand(truth.shape, generator=rng) < 0.3] = 255
    truth[2] = 255
    return logits, truth


@pytest.mark.parametrize("kind", [torch.uint8, torch.int64])
def test_the_loss_is_the_mean_over_pixels_that_are_not_void(case, kind):
    logits, truth = case
    chances = logits.softmax(1)
    losses = [
        -float(chances[image, int(truth[image, row, column]), row, column].log())
        for image in range(4) for row in range(5) for column in range(6) if truth[image, row, column] != 255
    ]  # fmt: skip
    task = Segmentation(classes=3)
    assert float(task.criterion(logits, truth.to(kind))) == pytest.approx(sum(losses) / len(losses))
    assert int(task.weight(Batch(None, truth.to(kind)))) == len(losses)


def test_batches_of_other_numbers_of_pixels_combine(case):
    logits, truth = case
    task, model = Segmentation(classes=3), logits.__getitem__
    whole = task.loss(model, Batch(torch.arange(4), truth))
    parts = [
        task.loss(model, part) for part in (Batch(torch.arange(1), truth[:1]), Batch(torch.arange(1, 4), truth[1:]))
    ]
    together = sum(part.loss * part.weight for part in parts) / sum(part.weight for part in parts)
    torch.testing.assert_close(together, whole.loss)


def test_void_has_no_gradient_and_an_image_of_void_no_loss(case):
    logits, truth = case
    leaf = logits.clone().requires_grad_()
    Segmentation(classes=3).criterion(leaf, truth).backward()
    moved = leaf.grad.abs().sum(1) > 0
    assert torch.equal(moved, truth != 255)
    assert float(Segmentation(classes=3).criterion(logits[2:3], truth[2:3])) == 0


def test_what_stands_beside_a_run_is_mean_iou_and_that_of_background(case):
    (metric,) = Segmentation(classes=3).metrics()
    metric.update(case[0], Batch(None, case[1]))
    assert list(metric.compute()) == [
        "mean_iou", "pixel_accuracy", "mean_iou_background", "pixel_accuracy_background",
    ]  # fmt: skip
    assert int(metric.matrix.sum()) == int((case[1] != 255).sum())


def test_predictions_are_probabilities_and_blank_targets_are_void(case):
    task = Segmentation(classes=3)
    torch.testing.assert_close(task.predict(case[0]).sum(1), torch.ones(4, 5, 6))
    blank = task.blank_targets(torch.zeros(2, 3, 5, 6))
    assert (blank.shape, blank.unique().tolist()) == ((2, 5, 6), [255])


def test_the_data_decide_the_classes():
    assert Segmentation().for_data(catalog.card("scenes-pixels")).classes == 11
    assert Segmentation().for_data(catalog.card("voc2012")).classes == 21


def test_shares_of_classes_add_up(rng):
    mask = torch.randint(3, (5, 8), generator=rng)
    shares = class_shares(mask, 5)
    assert shares.tolist() == pytest.approx([*((mask == k).float().mean().item() for k in range(3)), 0, 0])
