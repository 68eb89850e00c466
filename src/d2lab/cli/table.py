"""Tables in a terminal."""

import sys
from collections.abc import Sequence

import typer

WIDE = 10_000  # columns in a pipe, where programs read: nothing is cut


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, numbers right-aligned; in a pipe it is as wide as its content.

    Args:
        title: printed above; empty for none.
        columns: headers.
        rows: one text per column.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, box=None, pad_edge=False, title_justify="left", header_style="bold")
    for number, column in enumerate(columns):
        values = [row[number] for row in rows if row[number]]
        right = bool(values) and all(value.strip("~+-")[:1].isdigit() for value in values)
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(value) for value in row))
    if sys.stdout.isatty():
        Console().print(table)
        return
    console = Console(width=WIDE)
    with console.capture() as capture:
        console.print(table)
    lines = capture.get().splitlines()
    typer.echo("\n".join(line.rstrip() for line in lines))  # without rich's padding


def number(value: object, digits: int = 4) -> str:
    """Return a number as text with so many decimals; an integer as it is, an empty text for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(value) if isinstance(value, int) else f"{value:.{digits}f}"
