"""Tables of a contest: read strictly, so that a mistake in a row is found before an image is."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from d2lab.core.errors import DataError
from d2lab.data.csv_file import read_rows

MOST_BYTES = 2**28  # of a table: a sample submission of 10,000 images and 120 classes takes 25 MB
NEED = "a CSV table in UTF-8: a header, then one row an image"


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its file, the names of its columns, its rows, and the first cell of each row, which names an image."""

    path: Path
    columns: tuple[str, ...]
    rows: list[list[str]]

    @property
    def keys(self) -> list[str]:
        """The first cell of each row."""
        return [row[0] for row in self.rows]


def read_table(path: Path) -> Table:
    """Read a table whose first column names each image once.

    Raises:
        DataError: it can't be read, has no row, a row of another length, an empty cell, or names an image twice.
    """
    what = f"the table {path.name}"
    found = read_rows(path, what=what, need=NEED, most=MOST_BYTES)
    rows = [[cell.strip() for cell in row] for row in found if row]
    if not rows:
        raise DataError(what, got="an empty file", need=NEED)
    columns, rows = tuple(rows[0]), rows[1:]
    refuse(what, "column twice", [name for name, count in Counter(columns).items() if count > 1], "each column once")
    if not rows:
        raise DataError(what, got="no row below the header", need=NEED)
    wrong = [f"row {n}" for n, row in enumerate(rows, start=2) if len(row) != len(columns)]
    refuse(what, f"row without {len(columns)} cells", wrong, f"the {len(columns)} columns of the header in each row")
    empty = [f"row {n}" for n, row in enumerate(rows, start=2) if not all(row)]
    refuse(what, "row with an empty cell", empty, "a value in each cell")
    twice = [name for name, count in Counter(row[0] for row in rows).items() if count > 1]
    refuse(what, f"{columns[0]} twice", twice, "one row an image")
    return Table(path, columns, rows)


def refuse(what: str, problem: str, found: Sequence[str], need: str) -> None:
    """Refuse what is wrong in several places in one line: their number and the first of them.

    Args:
        what: the thing that is wrong.
        problem: what is wrong with it, in the singular.
        found: where; nothing is refused where there is none.
        need: what would have been accepted.

    Raises:
        DataError: there is one.
    """
    if found:
        count = f"{problem}: {found[0]}" if len(found) == 1 else f"{len(found):,} times {problem}, such as {found[0]}"
        raise DataError(what, got=count, need=need)


def missing(wanted: Iterable[str], there: Collection[str]) -> list[str]:
    """Return what is wanted and not there, in natural order."""
    return sorted(set(wanted) - set(there), key=natural)


def natural(name: str) -> tuple[list[tuple[int, str]], str]:
    """Return a key that sorts names by the numbers in them, so that 9 comes before 10.

    >>> sorted(["10", "9", "images/10.jpg", "images/2.jpg"], key=natural)
    ['9', '10', 'images/2.jpg', 'images/10.jpg']
    """
    pieces = re.split("([0-9]+)", name)  # text and numbers in turn; a number by its length first, so of any length
    numbers = [piece.lstrip("0") for piece in pieces[1::2]]
    pieces[1::2] = numbers
    return [(len(piece) if odd % 2 else 0, piece) for odd, piece in enumerate(pieces)], name
