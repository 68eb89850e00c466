"""Text in lines that fit a terminal, of which a Chinese character fills two columns."""

import re

import typer

WIDTH = 78
PART = re.compile(r"[\0!-\u02ff]+ *|.")  # a word with the spaces behind it, or one character
CLOSING = "，。；：、）"  # never at the beginning of a line


def print_wrapped(text: str, *, indent: str = "", hang: str = "") -> None:
    """Print a text in lines of at most 78 columns.

    Args:
        text: a zero byte in it is a space where no line breaks.
        indent: before every line.
        hang: before every line but the first, beside the indent.
    """
    line, begun = indent, False
    for part in PART.findall(text):
        if begun and columns(line + part.rstrip()) > WIDTH and part not in CLOSING:
            typer.echo(line.rstrip().replace("\0", " "))
            line = indent + hang
        line, begun = line + part, True
    typer.echo(line.rstrip().replace("\0", " "))


def cut(text: str, most: int) -> str:
    """Return a text on one line, with three dots at its end where it is wider than so many columns."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    if columns(line) <= most:
        return line
    while columns(line) > most - 3:
        line = line[: min(len(line) - 1, most)]
    return line + "..."


def columns(text: str) -> int:
    """Return the columns that a text fills in a terminal."""
    from rich.cells import cell_len  # slow to import

    return cell_len(text.replace("\0", " "))
