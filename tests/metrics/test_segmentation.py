"""Mean IoU: from one matrix of all pixels, without those that belong to no class."""

import math

import pytest
import torch
from sklearn.metrics import accuracy_score, confusion_matrix, jaccard_score

from d2lab.core.errors import ConfigError
from d2lab.data.batch import Batch
from d2lab.metrics import MeanIoU, per_class_iou


def test_two_classes_by_hand():
    matrix = torch.tensor([[6, 1], [2, 3]])
    torch.testing.assert_close(per_class_iou(matrix), torch.tensor([6 / 9, 3 / 6]))


def test_background_everywhere_flatters_pixels_alone():
    truth = torch.zeros(1, 2000, dtype=torch.uint8)  # nine tenths background, twenty classes of ten pixels
    truth[0, :200] = torch.arange(1, 21, dtype=torch.uint8).repeat(10)
    metric = MeanIoU(21)
    metric.update(torch.zeros(1, 2000, dtype=torch.int64), Batch(None, truth))
    found = {"mean_iou": 0.9 / 21, "pixel_accuracy": 0.9}
    assert metric.compute() == pytest.approx(found | {f"{name}_background": value for name, value in found.items()})


def test_iou_is_counted_pixels(rng):
    truth, found = torch.randint(4, (2, 3, 8, 9), generator=rng)
    void = torch.rand(truth.shape, generator=rng) < 0.2
    metric = MeanIoU(4)
    metric.update(found, Batch(None, truth.masked_fill(void, 255).to(torch.uint8)))
    counted = ~void
    expected = [
        ((truth == k) & (found == k) & counted).sum() / (((truth == k) | (found == k)) & counted).sum()
        for k in range(4)
    ]
    assert metric.compute()["mean_iou"] == pytest.approx(float(torch.stack(expected).mean()))


@pytest.mark.parametrize("kind", [torch.uint8, torch.int64])
def test_the_matrix_is_scikit_learns_and_the_means_follow_from_it(kind, rng):
    truth, found = torch.randint(5, (2, 6, 7, 8), generator=rng)
    truth[torch.rand(truth.shape, generator=rng) < 0.3] = 255
    logits = torch.nn.functional.one_hot(found, 5).movedim(-1, 1).float()
    metric = MeanIoU(5)
    for part in (slice(0, 2), slice(2, 6)):
        metric.update(logits[part], Batch(None, truth[part].to(kind)))
    kept = truth != 255
    theirs = confusion_matrix(truth[kept], found[kept], labels=range(5))
    assert metric.matrix.tolist() == theirs.tolist()
    mean = jaccard_score(truth[kept], found[kept], average="macro")
    assert metric.compute()["mean_iou"] == pytest.approx(mean)
    assert metric.compute()["pixel_accuracy"] == pytest.approx(accuracy_score(truth[kept], found[kept]))


@pytest.mark.parametrize("background", [0, 2])
def test_beside_it_stands_the_model_that_says_one_class_everywhere(background, rng):
    truth, found = torch.randint(3, (2, 4, 5, 6), generator=rng)
    metric, constant = MeanIoU(3, background=background), MeanIoU(3, background=None)
    metric.update(found, Batch(None, truth))
    constant.update(torch.full_like(truth, background), Batch(None, truth))
    assert set(constant.compute()) == {"mean_iou", "pixel_accuracy"}
    beside = {name: metric.compute()[f"{name}_background"] for name in constant.compute()}
    assert beside == constant.compute()


def test_halves_merge_to_the_whole(rng):
    truth, found = torch.randint(3, (2, 4, 5, 6), generator=rng)
    whole, *halves = (MeanIoU(3) for _ in range(3))
    whole.update(found, Batch(None, truth))
    for half, rows in zip(halves, (slice(0, 1), slice(1, 4)), strict=True):
        half.update(found[rows], Batch(None, truth[rows]))
    halves[0].merge(halves[1])
    assert halves[0].compute() == whole.compute()


def test_what_is_predicted_on_void_never_counts():
    truth = torch.tensor([[0, 1, 255, 255]], dtype=torch.uint8)
    for guess in range(2):
        metric = MeanIoU(2)
        metric.update(torch.tensor([[0, 1, guess, 77]]), Batch(None, truth))
        constant = {"mean_iou_background": 0.25, "pixel_accuracy_background": 0.5}
        assert metric.compute() == {"mean_iou": 1.0, "pixel_accuracy": 1.0} | constant
        assert metric.matrix.sum() == 2


def test_a_class_that_is_nowhere_is_left_out_and_one_predicted_in_vain_is_not():
    nowhere, in_vain = MeanIoU(3), MeanIoU(3)
    nowhere.update(torch.tensor([[0, 1]]), Batch(None, torch.tensor([[0, 1]])))
    in_vain.update(torch.tensor([[0, 2]]), Batch(None, torch.tensor([[0, 0]])))
    assert nowhere.compute()["mean_iou"] == 1.0
    assert per_class_iou(in_vain.matrix).nan_to_num(-1).tolist() == [0.5, -1, 0]
    assert in_vain.compute()["mean_iou"] == 0.25


def test_the_mean_is_not_one_of_images():
    found, truth = torch.tensor([[0, 0, 0, 1], [1, 1, 1, 1]]), torch.tensor([[0, 0, 0, 0], [1, 1, 1, 1]])
    metric = MeanIoU(2)
    for row in range(2):
        metric.update(found[row : row + 1], Batch(None, truth[row : row + 1]))
    assert metric.compute()["mean_iou"] == pytest.approx((3 / 4 + 4 / 5) / 2)


def test_an_image_of_void_is_legal():
    metric = MeanIoU(2)
    metric.update(torch.randn(1, 2, 3, 3), Batch(None, torch.full((1, 3, 3), 255, dtype=torch.uint8)))
    assert all(math.isnan(value) for value in metric.compute().values())


@pytest.mark.parametrize(
    ("found", "truth", "sentence"),
    [
        ([[0, 1]], [[0, 7]], "targets: got '0 to 7', need class numbers from 0 to 1. Check the labels."),
        ([[0, 3]], [[0, 1]], "predictions: got '0 to 3', need class numbers from 0 to 1. Check the labels."),
        ([[0, 1]], [[0]], "outputs and targets: got '(1, 2) beside (1, 1)', need a prediction for each target."),
    ],
)
def test_what_is_no_class_is_refused(found, truth, sentence):
    with pytest.raises(ConfigError) as caught:
        MeanIoU(2).update(torch.tensor(found), Batch(None, torch.tensor(truth)))
    assert str(caught.value) == sentence
