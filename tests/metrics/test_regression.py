"""Sums of errors: as scikit-learn's scores, whole or in parts, also far from zero."""

import pytest
import torch
from sklearn import metrics as sklearn_metrics

from d2lab.core.errors import ConfigError
from d2lab.metrics import regression_sums


@pytest.mark.parametrize("shape", [(300,), (300, 1), (300, 4)])
@pytest.mark.parametrize("middle", [0.0, 1e4])
def test_equals_scikit_learn_also_when_the_mean_is_far_from_zero(rng, shape, middle):
    truth = middle + torch.randn(shape, generator=rng)
    predicted = truth + 0.5 * torch.randn(shape, generator=rng) + 0.1
    sums = regression_sums(predicted[:100], truth[:100]) + regression_sums(predicted[100:], truth[100:])
    reference = truth.double().numpy(), predicted.double().numpy()
    assert sums.mean_squared_error().item() == pytest.approx(sklearn_metrics.mean_squared_error(*reference))
    assert sums.mean_absolute_error().item() == pytest.approx(sklearn_metrics.mean_absolute_error(*reference))
    assert sums.r2().item() == pytest.approx(sklearn_metrics.r2_score(*reference), rel=1e-9)
    assert sums.count == 300


def test_parts_of_unequal_size_and_place_merge_to_the_whole(rng):
    truth = torch.cat([torch.randn(7, generator=rng), 100 + torch.randn(50, generator=rng), torch.zeros(1)])
    predicted = truth + torch.randn(58, generator=rng)
    parts = [regression_sums(p, t) for p, t in zip(predicted.split([7, 50, 1]), truth.split([7, 50, 1]), strict=True)]
    whole = regression_sums(predicted, truth)
    merged = parts[0] + parts[1] + parts[2]
    for field in ("squared", "absolute", "mean", "spread"):
        torch.testing.assert_close(getattr(merged, field), getattr(whole, field))


def test_a_constant_truth_has_no_r2():
    truth = torch.full((5,), 3.0)
    assert regression_sums(truth, truth).r2().isnan()
    assert regression_sums(truth + 1, truth).r2() == -torch.inf


def test_keeps_no_graph():
    predicted = torch.ones(3, requires_grad=True)
    assert not regression_sums(predicted, torch.zeros(3)).squared.requires_grad


def test_refuses_shapes_that_would_broadcast():
    with pytest.raises(ConfigError, match=r"got \(4, 1\), need \(4,\)"):
        regression_sums(torch.zeros(4, 1), torch.zeros(4))


@pytest.mark.parametrize("shape", [(0,), (0, 2), ()])
def test_refuses_an_empty_batch(shape):
    with pytest.raises(ConfigError, match="at least one row"):
        regression_sums(torch.zeros(shape), torch.zeros(shape))
