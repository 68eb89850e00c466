"""What makes a score on a table too good: columns that give the target away, and rows that stand in both parts.

A leak can't be proved from numbers alone: a column may be that good. Both searches say where to look.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64, Shaped

from d2lab.core.errors import DataError
from d2lab.tables.frame import Column, Frame, shared_names

TOO_GOOD = 0.95  # of the variance, or of the way from the majority class to no error
FOLDS = 3
MOST_ROWS = 5000  # drawn at random; a column that tells nearly everything shows on them
LEAST_ROWS = 30  # with fewer, what is found may be the draw of the rows


@dataclass(frozen=True, kw_only=True, slots=True)
class Telling:
    """How much a column alone says of the target, on rows that were held out.

    Args:
        name: of the column.
        share: of the target's variance that it explains; of classes the share of the majority's errors that it
            avoids. 0 or less says nothing, 1 everything.
    """

    name: str
    share: float


def telling_columns(frame: Frame, target: str, *, seed: int = 0, threshold: float = TOO_GOOD) -> list[Telling]:
    """Return the columns that alone predict the target nearly perfectly, the most telling first.

    A small decision tree on one column at a time, cross-validated: an identifier of each row, which only looks as if it
    told everything, says nothing of rows that were held out.

    Args:
        frame: the table, target included. Rows without a target are left out.
        target: name of its column.
        seed: of the folds, and of the rows that are drawn from a long table.
        threshold: share from which a column is named.

    Raises:
        ConfigError: there is no such column.
        DataError: there are too few rows with a target.
    """
    wanted = frame[target]
    rows = np.flatnonzero(~wanted.missing)
    if len(rows) < LEAST_ROWS:
        raise DataError("the table", got=f"{len(rows)} rows with {target}", need=f"{LEAST_ROWS} or more to find leaks")
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MOST_ROWS, replace=False))
    y = wanted.take(rows).values
    classes, others = wanted.kind == "category", frame.without(target).columns
    found = [Telling(name=column.name, share=_share(column.take(rows), y, classes, seed)) for column in others]
    return sorted((one for one in found if one.share >= threshold), key=lambda one: -one.share)


def _share(column: Column, y: Shaped[np.ndarray, " row"], classes: bool, seed: int) -> float:
    """Return what a column alone explains of held-out targets."""
    from sklearn.metrics import r2_score  # slow to import
    from sklearn.model_selection import KFold, cross_val_predict
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    x, how = _readable(column), {"min_samples_leaf": 2, "random_state": seed}
    folds = KFold(FOLDS, shuffle=True, random_state=seed)
    if not classes:
        guessed = cross_val_predict(DecisionTreeRegressor(**how), x, y, cv=folds)
        return float(r2_score(y, guessed)) if np.ptp(y) else 0.0
    errors = float((cross_val_predict(DecisionTreeClassifier(**how), x, y, cv=folds) != y).mean())
    of_majority = 1 - np.bincount(y).max() / len(y)
    return float(1 - errors / of_majority) if of_majority else 0.0


def _readable(column: Column) -> Float64[np.ndarray, "row feature"]:
    """Return a column as a tree can read it: the missing flagged, words by how often they occur first."""
    missing = column.missing
    values = np.where(missing, 0.0, column.values).astype(np.float64)
    if column.kind == "category":  # numbers of words in the order of their frequency keep alike ones apart
        counts = np.bincount(column.values[~missing], minlength=max(1, len(column.levels)))
        rank = np.argsort(np.argsort(-counts, kind="stable"), kind="stable")
        values = np.where(missing, 0.0, rank[np.where(missing, 0, column.values)])
    return np.stack([values, missing.astype(np.float64)], axis=1)


def shared_rows(one: Frame, other: Frame) -> Int64[np.ndarray, " shared"]:
    """Return the rows of the second table that stand in the first as well, all columns that both have being equal.

    Args:
        one: such as the training table.
        other: such as the test table.

    Raises:
        DataError: they have no column in common.
    """
    names = shared_names(one, other)
    known = set(_keys(one, names))
    return np.array([row for row, key in enumerate(_keys(other, names)) if key in known], dtype=np.int64)


def _keys(frame: Frame, names: list[str]) -> list[tuple[object, ...]]:
    """Return for each row what it holds in some columns."""
    columns = []
    for name in names:
        column = frame[name]
        words = column.words() if column.kind == "category" else column.values.tolist()
        columns.append([None if word is None or word != word else word for word in words])  # noqa: PLR0124 - NaN
    return list(zip(*columns, strict=True))
