"""Whether two tables are draws of one distribution: can a classifier tell their rows apart?

On rows it hasn't seen, the area under its ROC curve (AUC) is 0.5 where nothing tells the tables apart, 1 where they
have no place in common. Which columns differ is asked in `column_shift`.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64, Int64

from d2lab.core.errors import DataError
from d2lab.tables.frame import MISSING, Column, Frame, shared_names
from d2lab.tables.preparation import fit_preparation

FOLDS = 5
LEAST_ROWS = 20  # of either table: four in each fold
MOST_ROWS = 4000  # of either table, drawn at random; more make the test slower, hardly sharper
PERMUTATIONS = 500
PENALTY = 1.0  # of the ridge regression on standardized features
LANDMARKS = 100  # of the kernel
MOST_FEATURES = 300  # beyond it, the principal components take their place


@dataclass(frozen=True, kw_only=True, slots=True)
class Separation:
    """How well a classifier tells two tables apart.

    Args:
        auc: probability that it gives a row of the second a higher score than a row of the first, on held-out rows.
        low: end of a 95 % interval of it, by DeLong's variance, times what the permutations vary more than ranks would;
            of 60 and 50 rows of one distribution it held 0.5 in 90 % of 400 pairs of tables.
        high: its other end.
        p: of the permutation test that the tables are draws of one distribution.
        rows: of each that were used.
    """

    auc: float
    low: float
    high: float
    p: float
    rows: tuple[int, int]


def shared_part(one: Frame, other: Frame) -> tuple[Frame, Frame]:
    """Return the columns that both tables have, in the order of the first.

    Raises:
        DataError: there is none, or one is of two kinds.
    """
    names = shared_names(one, other)
    for name in names:
        if one.kinds[name] != other.kinds[name]:
            raise DataError(
                f"column {name}", got=f"a {other.kinds[name]}", need=f"a {one.kinds[name]}, as in the first"
            )
    return Frame(tuple(one[name] for name in names)), Frame(tuple(other[name] for name in names))


def stacked(one: Frame, other: Frame) -> Frame:
    """Return the rows of two tables, one below the other; both have the same columns."""
    return Frame(tuple(_stacked(column, other[column.name]) for column in one.columns))


def _stacked(one: Column, other: Column) -> Column:
    levels = tuple(sorted({*one.levels, *other.levels}))
    place = {level: number for number, level in enumerate(levels)}
    parts = []
    for column in (one, other):
        if column.kind == "category":  # the last one is found by the code of a missing value, -1
            number = np.array([place[level] for level in column.levels] + [MISSING], dtype=np.int64)
            parts.append(number[column.values])
        else:
            parts.append(column.values)
    return replace(one, values=np.concatenate(parts), levels=levels)


def tell_apart(one: Frame, other: Frame, *, seed: int = 0, permutations: int = PERMUTATIONS) -> Separation:
    """Test whether two tables are draws of one distribution: can a classifier tell their rows apart?

    Ridge regression on the columns and on a Gaussian kernel, in five folds. Its scores are a linear map of the labels,
    so hundreds of permutations of them cost a matrix product; permuted inside the folds, the test is exact.

    Source: Lopez-Paz and Oquab 2017, "Revisiting Classifier Two-Sample Tests"; the interval: DeLong, DeLong and
    Clarke-Pearson 1988, "Comparing the Areas under Two or More Correlated Receiver Operating Characteristic Curves".

    Args:
        one: a table.
        other: another; columns that only one of them has are left out.
        seed: of rows drawn, folds and permutations.
        permutations: the smallest p-value is one over one more.

    Raises:
        DataError: no column in common, or too few rows.
    """
    from sklearn.model_selection import StratifiedKFold  # slow to import

    if min(len(one), len(other)) < LEAST_ROWS:
        raise DataError("two tables", got=f"{len(one)} and {len(other)} rows", need=f"{LEAST_ROWS} or more in each")
    one, other = shared_part(one, other)
    rng = np.random.default_rng(seed)
    one, other = (table.take(_drawn(len(table), rng)) for table in (one, other))
    domain = np.repeat([0.0, 1.0], [len(one), len(other)])
    x = _features(stacked(one, other), seed)
    aucs, variance, expected = np.zeros(permutations + 1), 0.0, 0.0
    folds = list(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(x, domain))
    labels = _permuted(domain, [test for _, test in folds], permutations, rng)
    for train, test in folds:
        scores = _scores(x[train], labels[train], x[test])
        found, variances = _areas(scores, labels[test])
        aucs += found / FOLDS
        variance += variances[0] / FOLDS**2
        ones = labels[test, 0].sum()
        expected += (len(test) + 1) / (12 * ones * (len(test) - ones)) / FOLDS**2  # of ranks without any difference
    variance *= max(1.0, float(aucs[1:].var()) / expected)  # folds share training rows: their errors add up
    p = (1 + int((aucs[1:] >= aucs[0] - 1e-12).sum())) / (1 + permutations)
    low, high = (min(1.0, max(0.0, aucs[0] + side * 1.96 * variance**0.5)) for side in (-1, 1))
    return Separation(auc=float(aucs[0]), low=float(low), high=float(high), p=p, rows=(len(one), len(other)))


def _drawn(count: int, rng: np.random.Generator) -> Int64[np.ndarray, " row"]:
    """Return all rows, or as many as the test uses."""
    return np.arange(count) if count <= MOST_ROWS else np.sort(rng.choice(count, MOST_ROWS, replace=False))


def _features(frame: Frame, seed: int) -> Float64[np.ndarray, "row feature"]:
    """Return what the classifier reads: ranks as normal scores, words as columns, and a Gaussian kernel of these."""
    from sklearn.decomposition import PCA
    from sklearn.kernel_approximation import Nystroem

    ranked = Frame(tuple(_normal_scores(column) for column in frame.columns))
    x = fit_preparation(ranked)(ranked)
    if x.shape[1] > MOST_FEATURES:
        parts = min(MOST_FEATURES, len(x) - 1)
        x = PCA(parts, svd_solver="randomized", random_state=seed).fit_transform(x)
    width = float(x.var(axis=0).sum())
    gamma = 0.5 / width if width > 0 else 1.0
    kernel = Nystroem(gamma=gamma, n_components=min(LANDMARKS, len(x)), random_state=seed).fit_transform(x)
    return np.concatenate([x, kernel * kernel.shape[1] ** 0.5], axis=1)


def _normal_scores(column: Column) -> Column:
    """Return a column whose numbers are replaced by normal quantiles of their ranks: outliers hide nothing."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    if column.kind == "category":
        return column
    there, values = ~column.missing, column.values.astype(np.float64)
    values[there] = ndtri((rankdata(values[there]) - 0.5) / max(1, there.sum()))
    return replace(column, values=values)


def _permuted(
    domain: Float64[np.ndarray, " row"],
    folds: list[Int64[np.ndarray, " _"]],
    permutations: int,
    rng: np.random.Generator,
) -> Float64[np.ndarray, "row labels"]:
    """Return the labels as they are in the first column; behind it permuted inside each fold, whose shares stay."""
    labels = np.repeat(domain[:, None], permutations + 1, axis=1)
    for rows in folds:
        labels[rows, 1:] = rng.permuted(labels[rows, 1:], axis=0)
    return labels


def _scores(
    x: Float64[np.ndarray, "row feature"],
    labels: Float64[np.ndarray, "row labels"],
    held_out: Float64[np.ndarray, "other feature"],
) -> Float64[np.ndarray, "other labels"]:
    """Return the scores of ridge regressions, one for each column of labels; a constant more or less ranks alike."""
    mean = x.mean(axis=0)
    centered = x - mean
    gram = centered.T @ centered + PENALTY * np.eye(x.shape[1])
    scores = (held_out - mean) @ np.linalg.solve(gram, centered.T @ labels)
    scale = np.abs(scores).max(axis=0, keepdims=True)
    return np.asarray(np.round(scores / np.where(scale > 0, scale, 1), 9))  # equal rows get equal scores


def _areas(
    scores: Float64[np.ndarray, "row labels"], labels: Float64[np.ndarray, "row labels"]
) -> tuple[Float64[np.ndarray, " labels"], Float64[np.ndarray, " labels"]]:
    """Return the AUC of each column of scores, and of the first DeLong's variance (0 of the others)."""
    from scipy.stats import rankdata

    ranks = rankdata(scores, axis=0)
    positives = labels.sum(axis=0)
    negatives = len(labels) - positives
    areas = ((ranks * labels).sum(axis=0) - positives * (positives + 1) / 2) / (positives * negatives)
    variances = np.zeros_like(areas)
    for side in (0.0, 1.0):  # of each row: the share of the other table's rows that it outranks
        mine = labels[:, 0] == side
        outranked = (ranks[mine, 0] - rankdata(scores[mine, 0])) / (~mine).sum()
        variances[0] += outranked.var(ddof=1) / mine.sum()
    return areas, variances
