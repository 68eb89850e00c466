"""The command `d2lab twins`: from-scratch implementations beside their references."""

import warnings
from typing import TYPE_CHECKING, Annotated

import typer

from d2lab.cli.table import show_table
from d2lab.core.errors import ConfigError

if TYPE_CHECKING:
    from d2lab.core.reference import Row

EXIT_DIFFERS = 1


def twins(
    part: Annotated[str | None, typer.Argument(help="Show only rows whose name contains this, such as conv.")] = None,
    speed: Annotated[bool, typer.Option(help="Also time each row: ours over torch's.")] = True,
) -> None:
    """Compare each from-scratch implementation with its twin, torch's reference; exit code 1 if one differs.

    The difference is the largest relative one over values, gradients and state, in float64. The time is that of
    forward and backward pass (or of a step) divided by torch's, on this machine, in float32.
    """
    rows = _rows(part)
    lines, failed = [], 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of torch, about its own padding
        for row in rows:
            difference = row.difference()
            failed += not difference <= row.rtol
            verdict = "equal" if difference <= row.rtol else "DIFFERS"
            times = f"{row.slowdown():.1f}" if speed else ""
            lines.append([row.name, f"{difference:.1e}", f"{row.rtol:.0e}", verdict, times, row.source, row.why])
    columns = ["twin", "difference", "allowed", "verdict", "times torch's", "source", "why"]
    kept = [number for number, name in enumerate(columns) if any(line[number] for line in lines) or name == "twin"]
    show_table("", [columns[k] for k in kept], [[line[k] for k in kept] for line in lines])
    typer.echo(f"{len(rows) - failed} of {len(rows)} rows are within their tolerance. {_machine()}")
    if failed:
        raise typer.Exit(EXIT_DIFFERS)


def _rows(part: str | None) -> list["Row"]:
    """Return the rows of all tables whose name contains `part`.

    Raises:
        ConfigError: none does.
    """
    from d2lab.layers import twins as layers
    from d2lab.optimizers import twins as optimizers
    from d2lab.vision import twins as vision

    every = [*layers.TWINS, *optimizers.TWINS, *vision.TWINS]
    rows = [row for row in every if part is None or part.lower() in row.name.lower()]
    if not rows:
        kinds = sorted({row.name.split(":")[0].split(" ")[0] for row in every})
        raise ConfigError("the twin", got=part, need=f"a part of a row's name, such as {', '.join(kinds)}")
    return rows


def _machine() -> str:
    """Return a sentence about what the times were measured on."""
    import torch

    threads = torch.get_num_threads()
    return f"torch {torch.__version__}, {threads} thread{'s' if threads > 1 else ''}."
