"""A run's answers to the rows of a new table, read as the training table was, and written as a table."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.data.csv_file import write_rows
from d2lab.data.split import Split
from d2lab.experiments.trained import Trained
from d2lab.tables.frame import Frame
from d2lab.tables.table_data import target_of
from d2lab.tables.table_file import read_frame

KEYS = ("id", "index", "key", "name")  # names of a column that says which row it is


@dataclass(frozen=True, eq=False, slots=True)
class TableAnswers:
    """Answers to the rows of a table.

    Args:
        key: name of the column that says which row it is, "row" where there is none.
        rows: what it holds; numbers from 1 where there is none.
        target: name of what is predicted.
        classes: names of the classes; empty for numbers.
        values: a number, or the probability of each class, for each row.
    """

    key: str
    rows: list[str]
    target: str
    classes: tuple[str, ...]
    values: Float[Tensor, "row answer"]

    def table(self, *, probabilities: bool = True) -> Iterator[list[str]]:
        """Yield the header and the rows.

        Args:
            probabilities: of each class in columns of their own.
        """
        shown = probabilities and bool(self.classes)
        yield [self.key, self.target, *(f"P({name})" for name in self.classes if shown)]
        for row, values in zip(self.rows, self.values, strict=True):
            answer = self.classes[int(values.argmax())] if self.classes else f"{float(values[0]):.9g}"
            yield [row, answer, *(f"{float(value):.6f}" for value in values if shown)]

    def write(self, out: Path, *, probabilities: bool = True) -> None:
        """Write the table, whole or not at all.

        Raises:
            DataError: it can't be written.
        """
        write_rows(out, self.table(probabilities=probabilities))


def answer_rows(trained: Trained, path: Path) -> TableAnswers:
    """Predict the rows of a table in CSV; a target column that it may have is not looked at.

    Args:
        trained: a run on a table.
        path: of the table, which has the columns of the training table.

    Raises:
        ConfigError: the run is not on a table.
        DataError: the file is no table, or a column is missing or of another kind.
    """
    prepare, card = trained.experiment.table, trained.experiment.card
    if prepare is None:
        raise ConfigError(f"run {trained.record.name}", got=card.name, need="a run on a table of columns")
    frame = read_frame(path, kinds=prepare.kinds)
    inputs = torch.from_numpy(prepare(frame)).float()
    blank = torch.zeros(len(frame), dtype=torch.int64) if card.classes else torch.zeros(len(frame), 1)
    values = cast("Tensor", trained.predict(Split(inputs, blank)))
    key, rows = _keys(frame)
    return TableAnswers(key, rows, target_of(card), card.classes, values)


def _keys(frame: Frame) -> tuple[str, list[str]]:
    """Return the column that says which row it is: one of such a name whose values all differ; else row numbers."""
    for column in frame.columns:
        if column.name.lower() in KEYS and not column.missing.any():
            words = column.words() if column.kind == "category" else [f"{value:.15g}" for value in column.values]
            if len(set(words)) == len(words):
                return column.name, [str(word) for word in words]
    return "row", [str(number) for number in range(1, len(frame) + 1)]
