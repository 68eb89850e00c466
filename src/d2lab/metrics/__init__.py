"""Metrics: summed on the device, merged between processes, read once at the end."""

from d2lab.metrics.classification import (
    Accuracy,
    ConfusionMatrix,
    accuracy,
    confusion,
    correct,
    per_class_accuracy,
    top_k_correct,
)
from d2lab.metrics.language import Perplexity
from d2lab.metrics.metric import Metric
from d2lab.metrics.paired import Mean, bootstrap_interval, mean_interval, paired, sign_chance
from d2lab.metrics.regression import RegressionErrors, RegressionSums, regression_sums

__all__ = [
    "Accuracy",
    "ConfusionMatrix",
    "Mean",
    "Metric",
    "Perplexity",
    "RegressionErrors",
    "RegressionSums",
    "accuracy",
    "bootstrap_interval",
    "confusion",
    "correct",
    "mean_interval",
    "paired",
    "per_class_accuracy",
    "regression_sums",
    "sign_chance",
    "top_k_correct",
]
