"""Tabular data: linear, ridge and lasso regression, distribution shift, and Bayes' rule."""

from d2lab.tables.bayes import Joint, medical_test, posterior
from d2lab.tables.fit import Fit, least_squares, polynomial_features, ridge, ridge_path
from d2lab.tables.lasso import lasso, lasso_by_proximal_steps, lasso_path, penalty_max
from d2lab.tables.shift import domain_weights, effective_size, label_shift_weights

__all__ = [
    "Fit",
    "Joint",
    "domain_weights",
    "effective_size",
    "label_shift_weights",
    "lasso",
    "lasso_by_proximal_steps",
    "lasso_path",
    "least_squares",
    "medical_test",
    "penalty_max",
    "polynomial_features",
    "posterior",
    "ridge",
    "ridge_path",
]
