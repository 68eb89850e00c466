"""The command `d2lab export`."""

from pathlib import Path
from typing import Annotated

import typer

from d2lab.cli.results import RunArgument


def export(
    run: RunArgument,
    to: Annotated[str, typer.Option(help="onnx or torch-export.")] = "onnx",
    out: Annotated[Path | None, typer.Option(help="The file to write; in the run's folder unless given.")] = None,
    suppress: Annotated[
        bool, typer.Option("--suppress", help="Of a detector: the file suppresses overlapping boxes itself.")
    ] = False,
    fold: Annotated[
        bool, typer.Option("--fold", help="Make normalization part of the convolutions beside it: a smaller model.")
    ] = False,
) -> None:
    """Write a trained model in a format that other programs read, and check that its outputs are the same."""
    from d2lab.experiments.export import export_run

    path, difference = export_run(run, to, out, suppress=suppress, fold=fold, say=typer.echo)
    typer.echo(f"{path}  (largest difference of outputs: {difference:.1e})")
