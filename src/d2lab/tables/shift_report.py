"""What differs between a training table and a table of use, and what can be mended: the parts of `d2lab shift`."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float64, Int64
from torch import Tensor

from d2lab.core.errors import ConfigError, DataError
from d2lab.tables.column_shift import ColumnShift, column_shifts
from d2lab.tables.frame import Column, Frame
from d2lab.tables.preparation import fit_preparation
from d2lab.tables.shift import domain_weights, effective_size, label_shift_weights
from d2lab.tables.two_sample import PERMUTATIONS, Separation, shared_part, stacked, tell_apart

FOLDS = 5
MOST_CLASSES = 20  # different whole numbers up to which a column of numbers names classes
RESAMPLED = 500  # bootstrap samples for the intervals of shares
LEAST_SHARE = 0.1  # of the training rows: an effective size below it leaves too few to train on
LEAST_COVERED = 0.5  # mean weight; below it most of the second table lies where the first has next to nothing
LARGEST = 1e12  # weight; odds can overflow where the two are separable
Words = list[str | None]


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Reweighting:
    """Importance weights of training rows, the correction for covariate shift.

    Args:
        weights: estimates of q(x) / p(x), one for each training row.
        effective: as many rows of equal weight give a mean of the same variance.
        covered: mean of the weights. It is 1 where the training rows cover what is in use; well below 1 they don't.
    """

    weights: Float64[np.ndarray, " row"]
    effective: float
    covered: float

    @property
    def too_few(self) -> bool:
        """Whether the weights leave too few rows to train on."""
        return self.effective < LEAST_SHARE * len(self.weights)

    @property
    def uncovered(self) -> bool:
        """Whether most of what is in use lies where there are next to no training rows."""
        return self.covered < LEAST_COVERED


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelShift:
    """Shares of the classes in use, estimated without labels from a classifier's predictions (assumes label shift).

    Args:
        classes: their names.
        before: shares among the training rows.
        after: estimated shares in use; negative estimates are set to 0 and the others scaled.
        low: ends of 95 % bootstrap intervals of these.
        high: their other ends.
        weights: after over before, for the rows of each class in a weighted loss.
        negative: whether an estimate was below zero, a sign of noise or of another shift.
        accuracy: of the classifier on held-out training rows.
        actual: shares by the labels of the second table; none where it has no labels.
        actual_accuracy: of the classifier on these rows.
    """

    classes: tuple[str, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    weights: tuple[float, ...]
    negative: bool
    accuracy: float
    actual: tuple[float, ...] | None = None
    actual_accuracy: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class ShiftReport:
    """What `compare_tables` finds.

    Args:
        separation: whether the two tables can be told apart.
        columns: tests of the columns, the largest difference first.
        reweighting: weights for covariate shift.
        labels: shares of classes for label shift; none where no target is named or they can't be estimated.
        problem: why they can't be.
        left_out: columns that only one of the tables has.
    """

    separation: Separation
    columns: list[ColumnShift]
    reweighting: Reweighting
    labels: LabelShift | None
    problem: str
    left_out: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain values; of the weights only what they are worth."""
        worth = {name: getattr(self.reweighting, name) for name in ("effective", "covered", "too_few", "uncovered")}
        labels = None if self.labels is None else asdict(self.labels)
        return {
            "separation": asdict(self.separation),
            "columns": [asdict(column) for column in self.columns],
            "reweighting": {"rows": len(self.reweighting.weights), **worth},
            "label_shift": labels,
            "label_shift_problem": self.problem,
            "left_out": list(self.left_out),
        }


def compare_tables(
    train: Frame, use: Frame, *, target: str = "", seed: int = 0, permutations: int = PERMUTATIONS
) -> ShiftReport:
    """Find out how a table of use differs from the training table.

    Args:
        train: the training rows.
        use: rows from where a model is used; labels are not needed.
        target: column of the training table whose classes are to be counted in use; no feature of any test.
        seed: of everything random.
        permutations: of the two-sample test.

    Raises:
        ConfigError: there is no such target.
        DataError: no column in common, too few rows, or a target that has no classes.
    """
    classes = _classes(train[target]) if target else None
    rest = Frame(tuple(c for c in use.columns if c.name != target)) if use.names != (target,) else use
    mine, theirs = shared_part(train.without(target) if target else train, rest)
    labels, problem = None, ""
    if classes is not None:
        actual = _classes(use[target]) if target in use.kinds else None
        try:
            labels = estimate_label_shift(mine, classes, theirs, actual=actual, seed=seed)
        except (DataError, ConfigError) as error:
            problem = str(error)
    once = {*train.names} ^ {*use.names}
    return ShiftReport(
        separation=tell_apart(mine, theirs, seed=seed, permutations=permutations),
        columns=column_shifts(mine, theirs),
        reweighting=reweight(mine, theirs),
        labels=labels,
        problem=problem,
        left_out=tuple(sorted(once - {target})),
    )


def reweight(train: Frame, use: Frame) -> Reweighting:
    """Estimate importance weights of training rows: see `domain_weights`, here on standardized columns.

    Args:
        train: the training rows.
        use: rows from where a model is used.

    Raises:
        DataError: they have no column in common.
    """
    train, use = shared_part(train, use)
    both = stacked(train, use)
    features = torch.from_numpy(fit_preparation(both)(both))
    weights = domain_weights(features[: len(train)], features[len(train) :]).clamp(max=LARGEST)
    scaled = weights / weights.max() if weights.max() > 0 else torch.ones_like(weights)
    return Reweighting(weights=weights.numpy(), effective=effective_size(scaled), covered=float(weights.mean()))


def _classes(column: Column) -> Words:
    """Return the class of each row, None where it is missing.

    Raises:
        DataError: the column has no classes.
    """
    if column.kind == "category":
        return column.words()
    there = column.values[~column.missing]
    if column.kind == "date" or len(set(there.tolist())) > MOST_CLASSES or (there % 1 != 0).any():
        need = f"classes: words, or at most {MOST_CLASSES} different whole numbers"
        raise DataError(f"the target {column.name}", got=f"a column of kind {column.kind}", need=need)
    return [None if value != value else str(int(value)) for value in column.values.tolist()]  # noqa: PLR0124 - NaN


def estimate_label_shift(
    train: Frame,
    classes: Sequence[str | None],
    use: Frame,
    *,
    actual: Sequence[str | None] | None = None,
    seed: int = 0,
) -> LabelShift:
    """Estimate the shares of classes in use from the predictions of a classifier: see `label_shift_weights`.

    The classifier is a logistic regression. Its confusion matrix is counted out of fold; its predictions in use are
    those of a fit to all training rows.

    Args:
        train: features of the training rows.
        classes: of these rows; those without one are left out.
        use: the same features in use.
        actual: classes of these rows, where they are known, to compare with.
        seed: of folds and bootstrap samples.

    Raises:
        DataError: fewer than two classes, or one with fewer rows than there are folds.
        ConfigError: the predictions do not tell the classes apart.
    """
    from sklearn.linear_model import LogisticRegression  # slow to import
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    rows = np.array([row for row, name in enumerate(classes) if name is not None], dtype=np.int64)
    names, y = np.unique([str(classes[row]) for row in rows], return_inverse=True)
    counts = np.bincount(y, minlength=len(names))
    if len(names) < 2 or counts.min() < FOLDS:
        least = f", {names[counts.argmin()]} has {counts.min()}" if len(names) > 1 else ""
        raise DataError("the target", got=f"{len(names)} classes{least}", need=f"two or more, of {FOLDS} rows or more")
    prepare = fit_preparation(train.take(rows))
    x, x_use = prepare(train.take(rows)), prepare(use)
    model = LogisticRegression(max_iter=1000)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    out_of_fold = cross_val_predict(model, x, y, cv=folds)
    predicted = model.fit(x, y).predict(x_use)
    found = _shares(tuple(names.tolist()), y, out_of_fold, predicted, np.random.default_rng(seed))
    return found if actual is None else _compared(found, actual, predicted)


def _shares(
    names: tuple[str, ...],
    y: Int64[np.ndarray, " row"],
    out_of_fold: Int64[np.ndarray, " row"],
    predicted: Int64[np.ndarray, " other"],
    rng: np.random.Generator,
) -> LabelShift:
    """Solve for the shares, and again on bootstrap samples of the counts."""
    number, before = len(names), np.bincount(y, minlength=len(names)) / len(y)
    joint = np.bincount(out_of_fold * number + y, minlength=number**2).reshape(number, number) / len(y)
    in_use = np.bincount(predicted, minlength=number) / len(predicted)
    ratios = label_shift_weights(*_tensors(joint, in_use)).numpy()
    after, tries = _cut(ratios * before), []
    for _ in range(RESAMPLED):
        again = rng.multinomial(len(y), joint.ravel()).reshape(joint.shape) / len(y)
        seen = rng.multinomial(len(predicted), in_use) / len(predicted)
        if np.linalg.cond(again) < 1 / np.finfo(np.float64).eps:
            tries.append(_cut(np.linalg.solve(again, seen) * again.sum(axis=0)))
    low, high = np.percentile(tries, [2.5, 97.5], axis=0) if tries else (np.zeros(number), np.ones(number))
    return LabelShift(
        classes=names,
        before=tuple(before.tolist()),
        after=tuple(after.tolist()),
        low=tuple(low.tolist()),
        high=tuple(high.tolist()),
        weights=tuple((after / before).tolist()),
        negative=bool((ratios < 0).any()),
        accuracy=float((out_of_fold == y).mean()),
    )


def _tensors(*arrays: Float64[np.ndarray, "..."]) -> tuple[Tensor, ...]:
    return tuple(torch.from_numpy(array) for array in arrays)


def _cut(shares: Float64[np.ndarray, " class_"]) -> Float64[np.ndarray, " class_"]:
    """Return shares with those below zero set to 0, of sum 1."""
    positive = np.maximum(shares, 0)
    return np.asarray(positive / positive.sum())


def _compared(found: LabelShift, actual: Sequence[str | None], predicted: Int64[np.ndarray, " row"]) -> LabelShift:
    """Return the estimate with the shares and the accuracy that labels of the table in use give."""
    known: Bool[np.ndarray, " row"] = np.array([name is not None for name in actual], dtype=bool)
    if not known.any():
        return found
    labels = np.array([str(name) for name in actual])[known]
    shares = tuple(float((labels == name).mean()) for name in found.classes)
    accuracy = float((np.array(found.classes)[predicted[known]] == labels).mean())
    return replace(found, actual=shares, actual_accuracy=accuracy)
