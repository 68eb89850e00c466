"""Tables of numbers: linear fits with their penalties, shifted distributions, and Bayes' rule."""

from d2lab.tables.bayes import Joint, medical_test, posterior
from d2lab.tables.fit import Fit, least_squares, polynomial_features, ridge, ridge_path
from d2lab.tables.lasso import lasso, lasso_by_proximal_steps, lasso_path, smallest_silent_penalty
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
    "polynomial_features",
    "posterior",
    "ridge",
    "ridge_path",
    "smallest_silent_penalty",
]
