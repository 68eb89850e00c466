"""A table in a CSV file, read row by row: memory holds the columns, never the text of the file.

Strict where a guess could be wrong: a row of another length, a column that stands twice, a quotation mark that is never
closed and a cell without end are errors that name the line. Lenient where files differ without harm: a byte order mark,
commas, semicolons or tabs, quoted cells, spaces around a cell, blank lines.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from d2lab.core.errors import DataError
from d2lab.core.regular_file import open_regular
from d2lab.tables.frame import Column, Frame, Kind, column_from_texts, finite, require_unique

MOST_LINE = 2**24  # characters of a line: 100,000 columns have 1.6 MB
MOST_COLUMNS = 20_000  # each holds a dictionary of its texts
MANY = 4096  # different texts of a column after which numbers are kept as numbers
DELIMITERS = ",;\t|"
CHUNK = 4096  # rows that are turned into columns together
NEED = "a table in CSV: UTF-8, a header, then rows of as many cells"


def read_frame(path: Path, *, kinds: Mapping[str, Kind] | None = None, delimiter: str | None = None) -> Frame:
    """Read a table.

    Args:
        path: of the file; a link is followed.
        kinds: kinds of columns by name, such as those of the training table; what their values say unless given.
        delimiter: between cells; found in the header unless given.

    Raises:
        DataError: no such file, not a table as above, no row, or a value that is not of the kind that is asked for.
    """
    wanted, what = dict(kinds or {}), f"the table {path.name}"
    while True:
        try:
            file = open_regular(path, links=True, error=DataError)
            with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
                return _read(text, what, wanted, delimiter)
        except _NotANumberError as word:  # texts of the numbers before are gone: read it anew
            wanted[word.column] = "category"
        except (OSError, UnicodeDecodeError, csv.Error) as cause:
            got = getattr(cause, "strerror", None) or str(cause)
            raise DataError(what, got=got, need=NEED) from cause


class _NotANumberError(Exception):
    """A column of numbers has a text."""

    def __init__(self, column: str) -> None:
        self.column = column


def _read(text: io.TextIOWrapper, what: str, kinds: Mapping[str, Kind], delimiter: str | None) -> Frame:
    lines = _lines(text, what)
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise DataError(what, got="an empty file", need=NEED)
    rows = csv.reader(_again(first, lines), delimiter=delimiter or _delimiter(first), strict=True)
    names = _header(next(rows), what)
    builders = [_Builder(name, kinds.get(name)) for name in names]
    count = 0
    for chunk in _chunks(rows, len(names), what):
        count += len(chunk)
        for builder, cells in zip(builders, zip(*chunk, strict=True), strict=True):
            builder.add(cells)
    if not count:
        raise DataError(what, got="no row below the header", need=NEED)
    return Frame(tuple(builder.column() for builder in builders))


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _lines(text: io.TextIOWrapper, what: str) -> Iterator[str]:
    """Yield lines, none of them longer than memory can bear."""
    number = 0
    while line := text.readline(MOST_LINE):
        number += 1
        if len(line) == MOST_LINE:
            raise DataError(what, got=f"{MOST_LINE:,} characters in line {number}", need="shorter lines")
        if "\0" in line:
            raise DataError(what, got=f"a zero byte in line {number}", need=NEED)
        yield line


def _delimiter(header: str) -> str:
    """Return what stands most often in a header outside quotation marks; a comma where nothing does."""
    outside = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _header(cells: Sequence[str], what: str) -> list[str]:
    """Return the names of the columns; the first may have none, as pandas writes an index."""
    names = [cell.strip() for cell in cells]
    if len(names) > MOST_COLUMNS:
        raise DataError(what, got=f"{len(names):,} columns", need=f"at most {MOST_COLUMNS:,}")
    if names[0] == "" and len(names) > 1:
        names[0] = "index"
    if "" in names:
        raise DataError(what, got=f"no name of column {names.index('') + 1}", need="a name of each column")
    require_unique(f"the header of {what}", names)
    return names


def _chunks(rows: Iterator[list[str]], width: int, what: str) -> Iterator[list[list[str]]]:
    """Yield rows of the right length, many at a time; blank lines are left out."""
    chunk: list[list[str]] = []
    for number, row in enumerate(rows, start=2):
        if not row or (width > 1 and row == [""]):
            continue
        if len(row) != width:
            raise DataError(what, got=f"{len(row)} cells in row {number}", need=f"{width}, as in the header")
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


class _Builder:
    """Builds a column: different texts and codes at first, numbers where there are too many different ones."""

    def __init__(self, name: str, kind: Kind | None) -> None:
        self.name, self.kind = name, kind
        self.codes: dict[str, int] = {}
        self.parts: list[Shaped[np.ndarray, " row"]] = []
        self.numeric = self.settled = False

    def add(self, cells: Sequence[str]) -> None:
        """Add cells of some rows."""
        texts = [cell.strip() for cell in cells]
        if self.numeric:
            self.parts.append(self._numbers(texts))
            return
        codes = self.codes
        self.parts.append(np.array([codes.setdefault(text, len(codes)) for text in texts], dtype=np.int32))
        if len(codes) > MANY and self.kind in (None, "number") and not self.settled:
            self._settle()

    def column(self) -> Column:
        """Return the whole column."""
        whole = np.concatenate(self.parts)
        if self.numeric:
            return Column(name=self.name, kind="number", values=finite(self.name, whole))
        return column_from_texts(self.name, list(self.codes), whole.astype(np.int64), self.kind)

    def _settle(self) -> None:
        """Decide what a column of many different texts is: numbers, of which texts are forgotten, or categories.

        What are days so far is read when the column ends, for a word may still come.
        """
        texts = list(self.codes)
        found = column_from_texts(self.name, texts, np.arange(len(texts)), self.kind)
        if found.kind == "number":
            self.parts = [found.values[part] for part in self.parts]
            self.codes, self.numeric = {}, True
        elif found.kind == "category":
            self.kind = "category"
        self.settled = True

    def _numbers(self, texts: list[str]) -> Shaped[np.ndarray, " row"]:
        try:
            return column_from_texts(self.name, texts, np.arange(len(texts)), "number").values
        except DataError:
            if self.kind == "number":
                raise
            raise _NotANumberError(self.name) from None
