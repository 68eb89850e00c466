"""From a table to numbers a model can read, by what the training rows alone say.

Numbers and dates: missing ones become the median and are flagged in a column of their own, then mean 0 and standard
deviation 1. Categories: one column for each word that is frequent enough, one for all rare words together; "missing" is
a word like any other, for it often means that there is no such thing. Nothing is estimated from rows other than those
given to `fit_preparation`: statistics of a validation fold would leak into training.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from d2lab.core.errors import DataError
from d2lab.tables.frame import MISSING, Column, Frame, Kind

NO_WORD = "(missing)"
RARE = "(rare)"
LEAST = 5  # rows that a word needs for a column of its own
MOST_WORDS = 256  # columns of one category


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberInput:
    """How a column of numbers or dates is read.

    Args:
        name: of the column.
        kind: "number" or "date", whose numbers are days.
        fill: what a missing value becomes: the median.
        mean: over the training rows, filled.
        scale: their standard deviation; 1 where all are equal.
        flagged: whether some value was missing, so that another column says which are.
        log: whether log(1 + value) is read: of numbers of 0 or more, most of them small and some large.
    """

    name: str
    kind: Kind
    fill: float
    mean: float
    scale: float
    flagged: bool
    log: bool = False

    @property
    def features(self) -> list[str]:
        """Names of the numbers that it becomes."""
        return [self.name, f"{self.name}={NO_WORD}"] if self.flagged else [self.name]

    def __call__(self, column: Column) -> Float64[np.ndarray, "row feature"]:
        """Return the numbers of a column."""
        missing = column.missing
        known = np.where(missing, self.fill, column.values)
        if self.log:  # a new row may be below 0
            known = np.log1p(np.maximum(known, 0))
        scaled = (known - self.mean) / self.scale
        return np.stack([scaled, missing], axis=1) if self.flagged else scaled[:, None]


@dataclass(frozen=True, kw_only=True, slots=True)
class CategoryInput:
    """How a category is read.

    Args:
        name: of the column.
        words: those with a column of their own, sorted; `NO_WORD` may be among them.
        rare: whether the training rows had rare words, which share a column; words that they did not have go there.
    """

    name: str
    words: tuple[str, ...]
    rare: bool

    @property
    def features(self) -> list[str]:
        """Names of the numbers that it becomes."""
        return [f"{self.name}={word}" for word in (*self.words, *([RARE] if self.rare else []))]

    def __call__(self, column: Column) -> Float64[np.ndarray, "row feature"]:
        """Return 1 in the column of each row's word, else 0; where no word was rare, a new one is 0 everywhere."""
        place = {word: number for number, word in enumerate(self.words)}
        last = len(self.words)
        of_level = np.array([place.get(level, last) for level in (*column.levels, NO_WORD)])  # -1 is the last one
        marked = np.zeros((len(column.values), last + 1))
        marked[np.arange(len(column.values)), of_level[column.values]] = 1
        return marked if self.rare else marked[:, :last]


@dataclass(frozen=True, slots=True)
class TablePreparation:
    """What turns a table into numbers; see `fit_preparation`.

    Args:
        inputs: how each column is read, in the order of the features.
    """

    inputs: tuple[NumberInput | CategoryInput, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """The name of each feature, such as `LotArea` or `Street=Pave`."""
        return tuple(name for one in self.inputs for name in one.features)

    @property
    def kinds(self) -> dict[str, Kind]:
        """The kinds of the columns it reads: how a table has to be read for it."""
        return {one.name: one.kind if isinstance(one, NumberInput) else "category" for one in self.inputs}

    def __call__(self, frame: Frame) -> Float64[np.ndarray, "row feature"]:
        """Return the features of a table; columns that the preparation does not know are left out.

        Raises:
            DataError: a column is missing, or of another kind.
        """
        here = frame.kinds
        absent = [name for name in self.kinds if name not in here]
        if absent:
            more = f" and {len(absent) - 1:,} more" if len(absent) > 1 else ""
            raise DataError("the table", got=f"no column {absent[0]!r}{more}", need="the columns of the training table")
        for name, kind in self.kinds.items():
            if here[name] != kind:
                raise DataError(f"column {name}", got=f"a {here[name]}", need=f"a {kind}, as in the training table")
        return np.concatenate([one(frame[one.name]) for one in self.inputs], axis=1)

    def to_json(self) -> list[dict[str, Any]]:
        """Return plain values, as a record keeps them."""
        return [asdict(one) for one in self.inputs]

    @classmethod
    def from_json(cls, values: Any, where: str) -> "TablePreparation":  # noqa: ANN401
        """Rebuild a preparation from its plain values.

        Args:
            values: as `to_json` returned them.
            where: names their source in an error.

        Raises:
            DataError: they are no such values.
        """
        try:
            return cls(tuple(_input(one) for one in values))
        except (KeyError, TypeError, ValueError, AttributeError) as cause:
            raise DataError(
                where, got=f"{type(cause).__name__}: {cause}", need="a preparation that d2lab wrote"
            ) from cause


def _input(values: Mapping[str, Any]) -> NumberInput | CategoryInput:
    """Rebuild how a column is read."""
    if "words" in values:
        words = values["words"]
        if isinstance(words, str) or not all(isinstance(word, str) for word in words):
            raise ValueError("words that are no texts")
        return CategoryInput(name=str(values["name"]), words=tuple(words), rare=bool(values["rare"]))
    numbers = {name: float(values[name]) for name in ("fill", "mean", "scale")}
    if not all(np.isfinite(number) for number in numbers.values()) or numbers["scale"] <= 0:
        raise ValueError(f"numbers {numbers}")
    kind: Kind = "date" if values["kind"] == "date" else "number"
    flagged, log = bool(values["flagged"]), bool(values["log"])
    return NumberInput(name=str(values["name"]), kind=kind, flagged=flagged, log=log, **numbers)


def fit_preparation(
    frame: Frame, *, least: int = LEAST, most: int = MOST_WORDS, skew: float = math.inf
) -> TablePreparation:
    """Learn from training rows how a table becomes numbers.

    Twin: scikit-learn's ColumnTransformer of SimpleImputer(strategy="median", add_indicator=True) with StandardScaler,
    and SimpleImputer(strategy="constant") with OneHotEncoder(min_frequency=least,
    handle_unknown="infrequent_if_exist").

    Args:
        frame: the training rows, without the target.
        least: rows that a word needs for a column of its own.
        most: words of one category with columns of their own; the most frequent ones.
        skew: third standardized moment of a column without negative numbers from which its logarithm is read.

    Raises:
        DataError: the table has no row.
    """
    if not len(frame):
        raise DataError("the training table", got="no row", need="one or more")
    return TablePreparation(tuple(_fitted(frame, least, most, skew)))


def _fitted(frame: Frame, least: int, most: int, skew: float) -> Iterator[NumberInput | CategoryInput]:
    for column in frame.columns:
        missing = column.missing
        if column.kind == "category":
            yield _fit_category(column, least, most)
            continue
        there = column.values[~missing]
        fill = float(np.median(there)) if len(there) else 0.0
        filled = np.where(missing, fill, column.values)
        log = bool(column.kind == "number" and (there >= 0).all() and skewness(there) > skew)
        filled = np.log1p(filled) if log else filled
        spread = float(filled.std())
        flagged = bool(missing.any())
        # Values that differ by rounding alone count as equal: dividing by 1e-16 would make noise of them.
        scale = spread if spread > 1e-12 * max(1.0, float(np.abs(filled).max())) else 1.0
        mean = float(filled.mean())
        how = {"fill": fill, "mean": mean, "scale": scale}
        yield NumberInput(name=column.name, kind=column.kind, flagged=flagged, log=log, **how)


def skewness(values: Float64[np.ndarray, " row"]) -> float:
    """Return the third standardized moment; 0 where all values are equal."""
    apart = values - values.mean() if len(values) else values
    spread = float(np.sqrt((apart**2).mean())) if len(values) else 0.0
    return float((apart**3).mean()) / spread**3 if spread > 0 else 0.0


def _fit_category(column: Column, least: int, most: int) -> CategoryInput:
    counts = np.bincount(column.values[column.values != MISSING], minlength=len(column.levels))
    found = {level: int(count) for level, count in zip(column.levels, counts.tolist(), strict=True) if count}
    gone = int(column.missing.sum())
    if gone:
        found[NO_WORD] = found.get(NO_WORD, 0) + gone
    frequent = sorted(sorted(found), key=lambda word: -found[word])[:most]
    words = tuple(sorted(word for word in frequent if found[word] >= least))
    return CategoryInput(name=column.name, words=words, rare=len(words) < len(found))
