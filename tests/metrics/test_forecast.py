"""Errors of forecasts, step by step."""

import pytest
import torch

from d2lab.data.batch import Batch
from d2lab.metrics.forecast import ForecastErrors


def test_each_step_ahead_has_its_own_error():
    metric = ForecastErrors()
    targets = torch.zeros(6, 5)
    wrong = torch.arange(1.0, 6).expand(6, 5)
    for part in (slice(0, 4), slice(4, 6)):
        metric.update(wrong[part], Batch(targets[part], targets[part]))
    assert metric.compute() == pytest.approx({"rmse_1": 1.0, "rmse_4": 4.0, "rmse_5": 5.0})


def test_the_root_is_of_the_mean_square():
    metric = ForecastErrors()
    metric.update(torch.tensor([[3.0], [4.0]]), Batch(torch.zeros(2, 1), torch.zeros(2, 1)))
    assert metric.compute()["rmse_1"] == pytest.approx(12.5**0.5)
