"""How good a model is, in numbers: counted on the device, read once at the end."""

from d2lab.metrics.classification import accuracy, confusion, correct, per_class_accuracy, top_k_correct
from d2lab.metrics.regression import RegressionSums, regression_sums

__all__ = [
    "RegressionSums",
    "accuracy",
    "confusion",
    "correct",
    "per_class_accuracy",
    "regression_sums",
    "top_k_correct",
]
