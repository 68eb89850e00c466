"""Typed columns of a table: numbers, categories and dates, each value known or missing.

A column is a number where every value that is there is one, a date where every one is an ISO date, else a category.
The columns of a test table are read as those of the training table were: a word among numbers is then an error, not a
column that silently becomes another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float64, Int64, Shaped

from d2lab.core.errors import DataError
from d2lab.core.names import unknown_name

Kind = Literal["number", "category", "date"]
Rows = Int64[np.ndarray, " chosen"]
MISSING = -1  # code of a missing category


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Column:
    """One column of a table.

    Args:
        name: in the header.
        kind: what its values are.
        values: numbers; days since 1970-01-01 of a date; of a category the position in `levels`. NaN, or -1 of a
            category, is missing.
        levels: the words of a category, sorted.
    """

    name: str
    kind: Kind
    values: Float64[np.ndarray, " row"] | Int64[np.ndarray, " row"]
    levels: tuple[str, ...] = ()

    @property
    def missing(self) -> Bool[np.ndarray, " row"]:
        """Of each row whether the value is missing."""
        gone: Bool[np.ndarray, " row"] = self.values == MISSING if self.kind == "category" else np.isnan(self.values)
        return gone

    def words(self) -> list[str | None]:
        """Return the words of a category, None where it is missing."""
        return [None if code == MISSING else self.levels[code] for code in self.values.tolist()]

    def take(self, rows: Rows) -> "Column":
        """Return the column of some rows, with all its levels."""
        return replace(self, values=self.values[rows])


@dataclass(frozen=True, eq=False, slots=True)
class Frame:
    """A table of typed columns, all of one length.

    Args:
        columns: in their order.

    Raises:
        DataError: there is no column, two have one name, or they differ in length.
    """

    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        if not self.columns:
            raise DataError("a table", got="no column", need="one or more")
        require_unique("the columns of a table", [column.name for column in self.columns])
        lengths = {len(column.values) for column in self.columns}
        if len(lengths) > 1:
            raise DataError("the columns of a table", got=f"{sorted(lengths)} rows", need="as many rows in each")

    def __len__(self) -> int:
        return len(self.columns[0].values)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def kinds(self) -> dict[str, Kind]:
        """The kind of each column, by name: what another table is read with."""
        return {column.name: column.kind for column in self.columns}

    def __getitem__(self, name: str) -> Column:
        """Return a column.

        Raises:
            ConfigError: there is none of this name.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise unknown_name("column", name, self.names)

    def take(self, rows: Rows) -> "Frame":
        """Return some rows, such as those of a fold."""
        return Frame(tuple(column.take(rows) for column in self.columns))

    def without(self, *names: str) -> "Frame":
        """Return the table without some columns, such as the target.

        Raises:
            ConfigError: one is not there.
            DataError: none is left.
        """
        for name in names:
            self[name]  # is it there?
        return Frame(tuple(column for column in self.columns if column.name not in names))

    def with_column(self, column: Column) -> "Frame":
        """Return the table with another column in the place of the one of that name.

        Raises:
            ConfigError: there is none of this name.
        """
        self[column.name]  # is it there?
        return Frame(tuple(column if old.name == column.name else old for old in self.columns))


def shared_names(one: Frame, other: Frame) -> list[str]:
    """Return the columns that two tables have, in the order of the first.

    Raises:
        DataError: there is none.
    """
    names = [name for name in one.names if name in other.kinds]
    if not names:
        raise DataError("two tables", got="no column in common", need="one or more")
    return names


def require_unique(what: str, names: Sequence[str]) -> None:
    """Refuse a name that stands twice.

    Raises:
        DataError: there is one.
    """
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise DataError(what, got=f"{len(twice)} names twice, such as {twice[0]!r}", need="each name once")


def frame_of(data: Any, kinds: Mapping[str, Kind] | None = None) -> Frame:  # noqa: ANN401
    """Build a table from a mapping of columns or a pandas DataFrame.

    Numbers and truth values are numbers, times of NumPy or pandas are dates, and anything else is read as text: None,
    NaN and the usual words for a missing value are missing, other values their `str`.

    Args:
        data: a mapping from names to sequences of one length, or a DataFrame.
        kinds: kinds of columns, where they should not follow from the values.

    Raises:
        DataError: no columns, names or lengths that differ, or a value that is not of its column's kind.
    """
    kinds = kinds or {}
    try:
        items = [(str(name), np.asarray(values)) for name, values in data.items()]
    except (AttributeError, ValueError, TypeError) as cause:
        raise DataError("a table", got=type(data).__name__, need="a mapping of columns, or a DataFrame") from cause
    for name, values in items:
        if values.ndim != 1:
            raise DataError(f"column {name}", got=f"{values.ndim} axes", need="one value a row")
    return Frame(tuple(_column_of(name, values, kinds.get(name)) for name, values in items))


def _column_of(name: str, values: Shaped[np.ndarray, " row"], kind: Kind | None) -> Column:
    """Build a column from an array of any type."""
    if kind in (None, "number") and values.dtype.kind in "iufb":
        return Column(name=name, kind="number", values=finite(name, values.astype(np.float64)))
    if kind in (None, "date") and values.dtype.kind == "M":
        days = values.astype("datetime64[s]")
        numbers = np.where(np.isnat(days), np.nan, days.astype(np.int64) / 86_400)
        return Column(name=name, kind="date", values=numbers)
    texts = ["" if value is None or value != value else str(value) for value in values.tolist()]  # noqa: PLR0124 - NaN
    levels, codes = np.unique(np.array(texts, dtype=object).astype(str), return_inverse=True)
    return column_from_texts(name, [str(level) for level in levels], codes.astype(np.int64), kind)


MISSING_WORDS = {"", "na", "n/a", "#n/a", "<na>", "nan", "null", "none", "?"}


def is_missing(text: str) -> bool:
    """Return whether a cell says that a value is missing: empty, or a usual word for it."""
    return text.lower() in MISSING_WORDS


def column_from_texts(name: str, texts: Sequence[str], codes: Int64[np.ndarray, " row"], kind: Kind | None) -> Column:
    """Build a column from its different texts.

    Args:
        name: of the column.
        texts: the different ones, in any order.
        codes: of each row the position of its text.
        kind: what they must be; the first of number, date and category that fits all unless given.

    Raises:
        DataError: a text is not of the kind that is asked for, or a number is infinite.
    """
    there = [text for text in texts if not is_missing(text)]
    for tried in () if kind == "category" else (kind,) if kind is not None else ("number", "date"):
        read = {text: (_number if tried == "number" else _date)(text) for text in there}
        wrong = [text for text, value in read.items() if value is None]
        if not wrong:  # a column without any value has numbers
            numbers = np.array([np.nan if is_missing(text) else read[text] for text in texts] or [np.nan])
            return Column(name=name, kind=tried, values=finite(name, numbers.astype(np.float64))[codes])
        if kind is not None:
            need = "a number" if tried == "number" else "a date such as 2026-11-30"
            got = wrong[0] if len(wrong[0]) <= 40 else wrong[0][:40] + "..."
            raise DataError(f"column {name}", got=got, need=f"{need} in each row, or nothing")
    order = sorted(set(there))
    position = {text: number for number, text in enumerate(order)}
    new = np.array([position.get(text, MISSING) for text in texts] or [MISSING], dtype=np.int64)
    return Column(name=name, kind="category", values=new[codes], levels=tuple(order))


def _number(text: str) -> float | None:
    """Read a number as a table writes it; None for anything else, `1_000` and `0x10` among it."""
    if "_" in text or not text.isascii():
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _date(text: str) -> float | None:
    """Read an ISO date, with a time or without, as days since 1970-01-01; None for anything else."""
    if len(text) < len("2026-11-30") or not text[:4].isdigit() or text[4] != "-":
        return None
    try:
        return float(np.datetime64(text.replace("Z", "").replace(" ", "T"), "s").astype(np.int64)) / 86_400
    except ValueError:
        return None


def finite(name: str, numbers: Float64[np.ndarray, " _"]) -> Float64[np.ndarray, " _"]:
    """Return numbers, of which none is infinite.

    Raises:
        DataError: one is.
    """
    if np.isinf(numbers).any():
        raise DataError(
            f"column {name}", got="an infinite number", need="finite numbers, or nothing where none is known"
        )
    return numbers
