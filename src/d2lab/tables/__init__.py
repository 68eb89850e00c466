"""Tabular data: typed columns, their preparation and leaks; linear, ridge and lasso regression; shift; Bayes' rule."""

from d2lab.tables.bayes import Joint, medical_test, posterior
from d2lab.tables.ensemble import greedy_ensemble, out_of_fold
from d2lab.tables.fit import Fit, least_squares, polynomial_features, ridge, ridge_path
from d2lab.tables.frame import Column, Frame, frame_of
from d2lab.tables.lasso import lasso, lasso_by_proximal_steps, lasso_path, penalty_max
from d2lab.tables.leaks import Telling, shared_rows, telling_columns
from d2lab.tables.preparation import TablePreparation, fit_preparation
from d2lab.tables.shift import domain_weights, effective_size, label_shift_weights
from d2lab.tables.table_file import read_frame

__all__ = [
    "Column",
    "Fit",
    "Frame",
    "Joint",
    "TablePreparation",
    "Telling",
    "domain_weights",
    "effective_size",
    "fit_preparation",
    "frame_of",
    "greedy_ensemble",
    "label_shift_weights",
    "lasso",
    "lasso_by_proximal_steps",
    "lasso_path",
    "least_squares",
    "medical_test",
    "out_of_fold",
    "penalty_max",
    "polynomial_features",
    "posterior",
    "read_frame",
    "ridge",
    "ridge_path",
    "shared_rows",
    "telling_columns",
]
