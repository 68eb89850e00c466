"""Counting answers: as scikit-learn counts them, and never a wrong count without a word."""

import numpy as np
import pytest
import torch
from sklearn import metrics as sklearn_metrics

from d2lab.core.errors import ConfigError
from d2lab.metrics import accuracy, confusion, correct, per_class_accuracy, top_k_correct
from d2lab.metrics.classification import best_class


@pytest.fixture
def batch(rng):
    """200 rows of seven classes, of which class 5 never occurs in the targets."""
    targets = torch.randint(0, 6, (200,), generator=rng)
    targets[targets == 5] = 6
    return torch.randn(200, 7, generator=rng), targets


def test_correct_counts_as_scikit_learn_does(batch):
    logits, targets = batch
    expected = sklearn_metrics.accuracy_score(targets, logits.argmax(1), normalize=False)
    assert correct(logits, targets) == int(expected)
    assert correct(logits, targets).dtype == torch.int64


@pytest.mark.parametrize("k", [1, 2, 5, 7])
def test_top_k_counts_as_scikit_learn_does(batch, k):
    logits, targets = batch
    if k < 7:  # scikit-learn warns when every class is among the k
        expected = sklearn_metrics.top_k_accuracy_score(targets, logits, k=k, normalize=False, labels=np.arange(7))
    else:
        expected = 200
    assert top_k_correct(logits, targets, k) == int(expected)


def test_confusion_counts_as_scikit_learn_does_also_with_an_absent_class(batch):
    logits, targets = batch
    expected = sklearn_metrics.confusion_matrix(targets, logits.argmax(1), labels=np.arange(7))
    assert np.array_equal(confusion(logits, targets, 7).numpy(), expected)
    assert np.array_equal(confusion(logits.argmax(1), targets, 7).numpy(), expected)


def test_confusion_has_true_classes_in_rows():
    matrix = confusion(torch.tensor([2]), torch.tensor([1]), 3)
    assert matrix[1, 2] == 1
    assert matrix.sum() == 1


def test_confusions_of_batches_add_up(batch):
    logits, targets = batch
    parts = confusion(logits[:90], targets[:90], 7) + confusion(logits[90:], targets[90:], 7)
    assert torch.equal(parts, confusion(logits, targets, 7))


def test_accuracy_is_the_share_of_right_answers(batch):
    logits, targets = batch
    expected = sklearn_metrics.accuracy_score(targets, logits.argmax(1))
    assert accuracy(logits, targets).item() == pytest.approx(expected)
    assert accuracy(targets, targets) == 1


def test_per_class_accuracy_is_recall_and_nan_for_an_absent_class(batch):
    logits, targets = batch
    recall = sklearn_metrics.recall_score(
        targets, logits.argmax(1), labels=np.arange(7), average=None, zero_division=np.nan
    )
    ours = per_class_accuracy(confusion(logits, targets, 7))
    assert ours[5].isnan()
    np.testing.assert_allclose(ours.numpy(), recall, rtol=1e-6)


@pytest.mark.parametrize("count", [correct, accuracy, lambda x, y: top_k_correct(x, y, 1)])
def test_refuses_an_empty_batch(count):
    with pytest.raises(ConfigError, match="at least one row"):
        count(torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64))


def test_confusion_refuses_an_empty_batch():
    with pytest.raises(ConfigError, match="at least one row"):
        confusion(torch.zeros(0, dtype=torch.int64), torch.zeros(0, dtype=torch.int64), 3)


@pytest.mark.parametrize("wrong", [-1, 3])
def test_refuses_a_target_that_is_no_class(wrong):
    logits, targets = torch.zeros(2, 3), torch.tensor([0, wrong])
    with pytest.raises(ConfigError, match="from 0 to 2"):
        correct(logits, targets)
    with pytest.raises(ConfigError, match="from 0 to 2"):
        top_k_correct(logits, targets, 2)
    with pytest.raises(ConfigError, match=r"targets: .*from 0 to 2"):
        confusion(logits, targets, 3)
    with pytest.raises(ConfigError, match=r"predictions: .*from 0 to 2"):
        confusion(targets, torch.tensor([0, 1]), 3)


@pytest.mark.parametrize("targets", [torch.tensor([[0], [1]]), torch.tensor([0]), torch.tensor(0)])
def test_refuses_targets_that_would_broadcast(targets):
    with pytest.raises(ConfigError, match=r"need \(2,\), one per row"):
        correct(torch.zeros(2, 3), targets)


@pytest.mark.parametrize("k", [0, 4])
def test_refuses_a_k_beyond_the_classes(k):
    with pytest.raises(ConfigError, match="1 to 3"):
        top_k_correct(torch.zeros(2, 3), torch.tensor([0, 1]), k)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_best_class_is_that_of_argmax_at_ties_infinities_and_nan(rng, dtype, layout):
    scores = torch.randint(0, 3, (3, 9, 16, 17), generator=rng).to(dtype).contiguous(memory_format=layout)
    for value in (float("inf"), -float("inf"), float("nan")):
        scores[torch.rand(scores.shape, generator=rng) < 0.05] = value
    assert (scores.isnan().sum(1) > 1).any()
    for view in (scores, scores[:, :, 0], scores[:, :, 0, 0], scores[:0], scores[:, :1]):
        assert torch.equal(best_class(view), view.argmax(1))
    assert best_class(torch.tensor([[1.0, 2.0, 2.0], [float("nan"), 9.0, float("nan")]])).tolist() == [1, 0]
