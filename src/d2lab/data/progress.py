"""How far a download is: a bar on standard error when a person watches, else nothing."""

import contextlib
import sys
from collections.abc import Callable, Iterator

# Called with the file's path, the bytes that are here, the bytes of the whole file.
Report = Callable[[str, int, int], None]


@contextlib.contextmanager
def progress_bar(report: Report | None) -> Iterator[Report]:
    """Return the caller's report; without one, a bar on a terminal and nothing elsewhere."""
    if report is not None:
        yield report
    elif not sys.stderr.isatty():
        yield lambda path, done, total: None
    else:
        with _bars() as bars:
            yield bars


@contextlib.contextmanager
def _bars() -> Iterator[Report]:
    """One line for each file."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as screen:
        lines = {}

        def report(path: str, done: int, total: int) -> None:
            if path not in lines:
                lines[path] = screen.add_task(path.rpartition("/")[2], total=total)
            screen.update(lines[path], completed=done)

        yield report


def print_status(line: str) -> None:
    """Print a line on standard error if it is a terminal."""
    if sys.stderr.isatty():
        print(line, file=sys.stderr)  # noqa: T201 (a terminal, on purpose)
