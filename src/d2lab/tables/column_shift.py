"""Which columns of two tables differ: a test for each, and a correction for their number.

Numbers and dates: the Kolmogorov-Smirnov test. Categories, and how often a value is missing: the chi-square test.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64

from d2lab.tables.frame import Column, Frame, Kind
from d2lab.tables.preparation import NO_WORD, RARE
from d2lab.tables.two_sample import shared_part

EXPECTED = 5.0  # rows that a cell of the chi-square test needs
EXACT = 1000  # rows of both up to which the Kolmogorov-Smirnov test is exact


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnShift:
    """How one column differs between two tables.

    Args:
        name: of the column.
        kind: of its values; "missing" compares how often there is none.
        distance: the largest difference of the two distribution functions, or of the probabilities of any set of words.
        p: of the test on this column alone.
        adjusted: by Holm's method, for all tests of the two tables.
        before: median in the first table; of words the share of the one that moved most.
        after: the same in the second.
    """

    name: str
    kind: str
    distance: float
    p: float
    adjusted: float
    before: str
    after: str


def column_shifts(one: Frame, other: Frame) -> list[ColumnShift]:
    """Test each column that two tables share; the largest difference comes first.

    Args:
        one: a table.
        other: another.

    Raises:
        DataError: they have no column in common.
    """
    one, other = shared_part(one, other)
    found = [shift for column in one.columns for shift in _tested(column, other[column.name])]
    adjusted = holm([shift.p for shift in found])
    found = [replace(shift, adjusted=p) for shift, p in zip(found, adjusted, strict=True)]
    return sorted(found, key=lambda shift: (-shift.distance, shift.name))


def _tested(one: Column, other: Column) -> Iterator[ColumnShift]:
    """Yield the tests of a column; none where all of its values are equal or rare."""
    if one.kind == "category":
        yield from _words_tested(one.name, "category", *(_counted(column) for column in (one, other)))
        return
    gone = [column.missing for column in (one, other)]
    here = [column.values[~missing] for column, missing in zip((one, other), gone, strict=True)]
    if min(map(len, here)) and np.ptp(np.concatenate(here)) > 0:
        yield _numbers_tested(one.name, one.kind, *here)
    counts = [{NO_WORD: int(missing.sum()), "": int((~missing).sum())} for missing in gone]
    yield from _words_tested(one.name, "missing", *counts)


def _numbers_tested(
    name: str, kind: Kind, one: Float64[np.ndarray, " _"], other: Float64[np.ndarray, " _"]
) -> ColumnShift:
    from scipy.stats import ks_2samp

    how = "exact" if max(len(one), len(other)) <= EXACT else "asymp"
    with warnings.catch_warnings():  # the exact way can fail where p is next to 0, and takes the other by itself
        warnings.simplefilter("ignore", RuntimeWarning)
        tested = ks_2samp(one, other, method=how)
    said = [_said(float(np.median(values)), kind) for values in (one, other)]
    p = float(min(1.0, max(0.0, tested.pvalue)))
    distance = float(tested.statistic)
    return ColumnShift(name=name, kind=kind, distance=distance, p=p, adjusted=p, before=said[0], after=said[1])


def _said(value: float, kind: Kind) -> str:
    return str(np.datetime64(round(value), "D")) if kind == "date" else f"{value:.4g}"


def _counted(column: Column) -> dict[str, int]:
    """Return how often each word of a category occurs, the missing one among them."""
    counts = np.bincount(np.where(column.missing, len(column.levels), column.values), minlength=len(column.levels) + 1)
    return dict(zip((*column.levels, NO_WORD), counts.tolist(), strict=True))


def _words_tested(name: str, kind: str, one: dict[str, int], other: dict[str, int]) -> Iterator[ColumnShift]:
    """Yield a chi-square test of words, rare ones taken together; none where fewer than two words are left."""
    from scipy.stats import chi2_contingency

    counts = {word: np.array([one.get(word, 0), other.get(word, 0)]) for word in {**one, **other}}
    share = np.array([sum(one.values()), sum(other.values())]) / max(1, sum(one.values()) + sum(other.values()))
    kept = {word: pair for word, pair in sorted(counts.items()) if pair.sum() * share.min() >= EXPECTED}
    rest = [pair for word, pair in counts.items() if word not in kept]
    if rest and np.sum(rest) > 0:
        kept[RARE] = kept.get(RARE, 0) + np.sum(rest, axis=0)
    if len(kept) < 2 or not share.min():
        return
    table = np.array(list(kept.values()))
    p = float(chi2_contingency(table, correction=False).pvalue)
    shares = table / table.sum(axis=0)
    moved = int(np.argmax(np.abs(shares[:, 1] - shares[:, 0])))
    word = list(kept)[moved]
    if kind == "missing":
        moved, word = list(kept).index(NO_WORD) if NO_WORD in kept else moved, ""
    before, after = (f"{word} {100 * value:.1f} %".strip() for value in shares[moved])
    distance = float(np.abs(shares[:, 1] - shares[:, 0]).sum() / 2)
    yield ColumnShift(name=name, kind=kind, distance=distance, p=p, adjusted=p, before=before, after=after)


def holm(p_values: list[float]) -> list[float]:
    """Adjust p-values of several tests so that with probability 95 % none below 0.05 is a false alarm.

    The smallest of m counts m times, the next m - 1 times, and none less than the one before.

    Source: Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure".

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, number in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p_values[number]))
        adjusted[number] = largest
    return adjusted
