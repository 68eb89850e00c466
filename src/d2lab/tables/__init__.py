"""Tabular data: typed columns, preparation, leaks; linear, ridge and lasso regression; shift; Bayes' rule."""

from d2lab.tables.bayes import Joint, medical_test, posterior
from d2lab.tables.column_shift import ColumnShift, column_shifts
from d2lab.tables.ensemble import greedy_ensemble, out_of_fold
from d2lab.tables.fit import Fit, least_squares, polynomial_features, ridge, ridge_path
from d2lab.tables.frame import Column, Frame, frame_of
from d2lab.tables.lasso import lasso, lasso_by_proximal_steps, lasso_path, penalty_max
from d2lab.tables.leaks import Telling, shared_rows, telling_columns
from d2lab.tables.preparation import TablePreparation, fit_preparation
from d2lab.tables.shift import domain_weights, effective_size, label_shift_weights
from d2lab.tables.shift_report import (
    LabelShift,
    Reweighting,
    ShiftReport,
    compare_tables,
    estimate_label_shift,
    reweight,
)
from d2lab.tables.table_file import read_frame
from d2lab.tables.two_sample import Separation, tell_apart

__all__ = [
    "Column",
    "ColumnShift",
    "Fit",
    "Frame",
    "Joint",
    "LabelShift",
    "Reweighting",
    "Separation",
    "ShiftReport",
    "TablePreparation",
    "Telling",
    "column_shifts",
    "compare_tables",
    "domain_weights",
    "effective_size",
    "estimate_label_shift",
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
    "reweight",
    "ridge",
    "ridge_path",
    "shared_rows",
    "tell_apart",
    "telling_columns",
]
