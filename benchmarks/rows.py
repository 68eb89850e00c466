"""Rows of a benchmark over seeds: what a JSON file does not hold yet is measured, and all is shown as a table."""

import argparse
import contextlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from d2lab.core.atomic import write_json
from d2lab.core.machine import describe_machine

Row = tuple[tuple[int, ...], Callable[[int], dict[str, Any]]]  # seeds, and what measures one of them
Kept = dict[str, list[dict[str, Any]]]


def measured(rows: Mapping[str, Row], file: Path, columns: Sequence[str], description: str) -> int:
    """Read the command line, measure what the file lacks, print the table, and return the exit status.

    Seconds are those of the process; of a row with "cold" in its name those since Python began.

    Args:
        rows: by the name in the table.
        file: of the results; written after each seed, so a broken-off measurement goes on.
        columns: figures of a row, each shown as mean and standard deviation over the seeds.
        description: of the benchmark.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", action="store_true", help="only print what the file holds")
    parser.add_argument("--only", default="", help="measure the rows whose name contains this")
    chosen = parser.parse_args()
    for name, (seeds, measure) in ({} if chosen.table else rows).items():
        for seed in seeds if chosen.only in name else ():
            if seed in [run["seed"] for run in results(file).get(name, [])]:
                continue
            start = 0.0 if "cold" in name else time.process_time()  # a process begins at 0
            found = measure(seed)
            row = {"seed": seed, **found, "seconds": round(time.process_time() - start, 1)}
            row["machine"] = describe_machine()
            keep(file, name, row)
    print(table(results(file), columns))
    return 0


def keep(file: Path, name: str, row: dict[str, Any]) -> None:
    """Add a seed's figures to the file, which is read anew: another process may have added to it."""
    kept = results(file)
    kept[name] = sorted([*kept.get(name, []), row], key=lambda run: run["seed"])
    write_json(file, kept)


def results(file: Path) -> Kept:
    """Return what the file holds."""
    found: Kept = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return found


def table(kept: Kept, columns: Sequence[str]) -> str:
    """Return a row for each name: mean and standard deviation of the figures over seeds, processor seconds."""
    heads = ["row", "seeds", *columns, "CPU s"]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for name, runs in kept.items():
        figures = [spread([run[column] for run in runs]) for column in columns]
        seconds = statistics.mean(run["seconds"] for run in runs)
        lines.append(f"| {' | '.join([name, str(len(runs)), *figures, f'{seconds:.1f}'])} |")
    return "\n".join(lines)


def spread(numbers: Sequence[float], digits: int = 3) -> str:
    """Return the mean, and the standard deviation of several."""
    deviation = f" ± {statistics.stdev(numbers):.{digits}f}" if len(numbers) > 1 else ""
    return f"{statistics.mean(numbers):.{digits}f}{deviation}"


@contextlib.contextmanager
def empty_cache() -> Iterator[None]:
    """Give d2lab an empty cache of its own behind a block."""
    kept = os.environ.get("D2LAB_CACHE")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["D2LAB_CACHE"] = folder
        try:
            yield
        finally:
            os.environ.pop("D2LAB_CACHE") if kept is None else os.environ.update(D2LAB_CACHE=kept)
