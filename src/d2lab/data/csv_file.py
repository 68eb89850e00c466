"""Tables in CSV: read from a plain file of bounded size, written whole or not at all."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from d2lab.core.atomic import write_bytes
from d2lab.core.errors import DataError
from d2lab.core.regular_file import read_regular


def read_rows(path: Path, *, what: str, need: str, most: int, strict: bool = True) -> list[list[str]]:
    """Return the rows of a table in UTF-8, the header among them; a line without anything is an empty row.

    Args:
        path: of the table; a link is followed.
        what: names the table in an error.
        need: says in an error what would be accepted.
        most: bytes that it may have.
        strict: whether a quotation mark out of place is an error.

    Raises:
        DataError: it is no plain file, too large, can't be read, or is no such table.
    """
    try:
        text = read_regular(path, most, links=True, error=DataError).decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text, newline=""), strict=strict))
    except (OSError, UnicodeDecodeError, csv.Error) as cause:
        got = getattr(cause, "strerror", None) or str(cause)
        raise DataError(what, got=got, need=need) from cause


def write_rows(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write a table, whole or not at all; lines end as on Unix, and names of files keep bytes that are no UTF-8.

    Raises:
        DataError: it can't be written.
    """
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows(rows)
    write_bytes(path, table.getvalue().encode(errors="surrogateescape"), DataError)
