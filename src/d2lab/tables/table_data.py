"""Tables as data sets: the reader's own, as `table:FILE.csv#TARGET`, and those that come with scikit-learn.

A fifth of the rows is held out, drawn at random, of every class its share. How words, dates and missing values become
numbers is learned from the other rows alone (`preparation_of`), and kept with a run, so that new rows are read alike.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from d2lab.core.errors import ConfigError, DataError
from d2lab.core.regular_file import open_regular
from d2lab.data.card import Card
from d2lab.data.split import Dataset, Split, holdout
from d2lab.tables.frame import Column, Frame
from d2lab.tables.leaks import shared_rows
from d2lab.tables.library_tables import TARGETS, library_frame
from d2lab.tables.preparation import TablePreparation, fit_preparation
from d2lab.tables.table_file import read_frame

TABLE = "table:"
TEST_SHARE = 0.2
LEAST_ROWS = 20  # with a target: fewer leave no held-out part worth a number
MOST_CLASSES = 100
SKEWED = 0.75  # third standardized moment from which logarithms are read, of columns and of the target
CLASS_ROWS = 2  # of each class: one to learn from, one that is held out


@dataclass(frozen=True, eq=False, slots=True)
class OwnTable:
    """A table with a column to predict, divided into a training and a test part.

    Args:
        train: rows to learn from, target included.
        test: rows that are held out, target included.
        target: name of its column.
        left: rows without a target, which are in neither part.
    """

    train: Frame
    test: Frame
    target: str
    left: int = 0

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; empty where numbers are predicted."""
        return self.train[self.target].levels

    def inputs(self, frame: Frame) -> Frame:
        """Return a part without its target."""
        return frame.without(self.target)

    def targets(self, frame: Frame) -> Tensor:
        """Return what is to be predicted: class numbers, or float32 numbers `[row, 1]`."""
        values = torch.from_numpy(frame[self.target].values)
        return values.long() if self.classes else values.float()[:, None]


def card_of(name: str) -> Card:
    """Return the card of `table:FILE.csv#TARGET`; the file is read once.

    Raises:
        ConfigError: no target is named, or there is no such column.
        DataError: the file is missing or no table, or its target can't be learned.
    """
    place, target = place_of(name)
    digest = _digest(place)
    table = _read(place.resolve(), target, digest)
    classes, rows = table.classes, (len(table.train), len(table.test))
    what, columns = f"{len(classes)} classes" if classes else "numbers", len(table.train.names) - 1
    return Card(
        name=f"{TABLE}{place}#{target}",
        task="classification" if classes else "regression",
        en=f"Your table {place.name}: {target}, {what}, {columns} columns to read; a fifth is held out.",
        zh=f"你的表格 {place.name}：由 {columns} 列预测 {target}，五分之一的行留作测试。",
        shape=(len(_preparation(table).features),),
        examples=rows,
        classes=classes,
        licence="yours",
        cite="yours",
        files=(),
        module=__name__,
        listing=digest,
        notes=_notes(table),
    )


def load(card: Card, *, seed: int = 0, fetch: bool = True) -> Dataset:
    """Return the features of a table, as the preparation of its training rows gives them; the split is always the same.

    Args:
        card: as `card_of` returns it.
        seed: changes nothing here.
        fetch: neither does this.

    Raises:
        DataError: the file is missing or has changed.
    """
    table = table_of(card)
    prepare = _preparation(table)
    parts = [
        Split(torch.from_numpy(prepare(table.inputs(part))).float(), table.targets(part))
        for part in (table.train, table.test)
    ]
    return Dataset(card, *parts)


def table_of(card: Card) -> OwnTable:
    """Return the table of a card.

    Raises:
        DataError: the file is missing or has changed.
    """
    if card.name in TARGETS:
        return _of_library(card.name)
    place, target = place_of(card.name)
    digest = _digest(place)
    if digest != card.listing:
        raise DataError(card.name, got="another content", need="the file as it was when its card was made")
    return _read(place.resolve(), target, digest)


def preparation_of(card: Card) -> TablePreparation:
    """Return how the rows of a card's table become features: learned from its training part.

    Raises:
        DataError: the file is missing or has changed.
    """
    return _preparation(table_of(card))


def target_of(card: Card) -> str:
    """Return the name of the column that is predicted; the table need not be there any more.

    Raises:
        ConfigError: the data set is no table.
    """
    return TARGETS[card.name] if card.name in TARGETS else place_of(card.name)[1]


def is_table(card: Card) -> bool:
    """Return whether a data set is a table with columns of its own."""
    return card.module == __name__


def place_of(name: str) -> tuple[Path, str]:
    """Return the path and the target of `table:FILE.csv#TARGET`.

    Raises:
        ConfigError: one of them is missing.
    """
    path, named, target = name.removeprefix(TABLE).rpartition("#")
    if not path or not target:
        fix = "Name it: --target COLUMN, or table:FILE.csv#COLUMN."
        got = f"{name} without one" if target or not named else name
        raise ConfigError("the target of a table", got=got, need="the column to predict", fix=fix)
    return Path(path), target


def _digest(place: Path) -> str:
    """Return the SHA-256 of a file's content."""
    try:
        with open_regular(place, links=True, error=DataError) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    except OSError as cause:
        raise DataError(str(place), got=cause.strerror or str(cause), need="a table in CSV") from cause


@lru_cache(maxsize=4)
def _read(place: Path, target: str, _: str) -> OwnTable:
    """Read and divide a table, once for a file of this content."""
    return divided(read_frame(place), target, f"the table {place.name}")


@lru_cache(maxsize=4)
def _of_library(name: str) -> OwnTable:
    """Divide a table of scikit-learn, once."""
    return divided(library_frame(name), TARGETS[name], f"the table {name}")


def divided(frame: Frame, target: str, what: str = "the table") -> OwnTable:
    """Divide a table into a training and a test part, always in the same way.

    Numbers of two values are classes, as words are; other numbers are predicted as such.

    Args:
        frame: all rows.
        target: name of the column to predict.
        what: names the table in an error.

    Raises:
        ConfigError: there is no such column.
        DataError: too few rows have a target, it is a date or always the same, or a class has one row.
    """
    wanted = frame[target]
    rows = np.flatnonzero(~wanted.missing)
    if len(rows) < LEAST_ROWS:
        got, need = f"{len(rows)} rows with {target}", f"{LEAST_ROWS} or more, of which a fifth is held out"
        raise DataError(what, got=got, need=need)
    kept = frame.take(rows).with_column(_as_target(wanted.take(rows)))
    column = kept[target]
    codes = torch.from_numpy(column.values)
    targets = codes.long() if column.kind == "category" else codes[:, None]
    parts = holdout(Split(torch.arange(len(rows)), targets), TEST_SHARE, seed=0)
    train, test = (kept.take(part.inputs.numpy()) for part in parts)
    return OwnTable(train, test, target, left=len(frame) - len(rows))


def _as_target(column: Column) -> Column:
    """Return a target as classes or numbers.

    Raises:
        DataError: it can't be learned.
    """
    what = f"the target {column.name}"
    if column.kind == "date":
        raise DataError(what, got="dates", need="numbers, or words for classes")
    if column.kind == "number":
        different = np.unique(column.values)
        if len(different) > 2:
            return column
        words = tuple(f"{value:g}" for value in different)
        column = Column(
            name=column.name, kind="category", values=np.searchsorted(different, column.values), levels=words
        )
    counts = np.bincount(column.values, minlength=len(column.levels))
    there = np.flatnonzero(counts)
    if len(there) < 2:
        raise DataError(what, got="the same value in every row", need="two values or more")
    if len(there) > MOST_CLASSES:
        raise DataError(what, got=f"{len(there):,} different words", need=f"at most {MOST_CLASSES:,} classes")
    rare = int(counts[there].argmin())
    if counts[there[rare]] < CLASS_ROWS:
        got = f"one row of class {column.levels[there[rare]]!r}"
        raise DataError(what, got=got, need=f"{CLASS_ROWS} or more rows of each class", fix="Leave such rows out.")
    return Column(
        name=column.name,
        kind="category",
        values=np.searchsorted(there, column.values),
        levels=tuple(column.levels[code] for code in there),
    )


@lru_cache(maxsize=4)
def _preparation(table: OwnTable) -> TablePreparation:
    """Return how rows become features; tables are compared by identity."""
    return fit_preparation(table.inputs(table.train), skew=SKEWED)


@lru_cache(maxsize=4)
def _notes(table: OwnTable) -> tuple[str, ...]:
    """Say what a reader of scores must know: rows left out, and rows that stand in both parts."""
    notes = []
    if table.left:
        notes.append(f"{table.left:,} rows without {table.target} are left out")
    both = len(shared_rows(table.train, table.test))
    if both:
        notes.append(f"{both:,} of the {len(table.test):,} held-out rows stand in the training part, too")
    return tuple(notes)
