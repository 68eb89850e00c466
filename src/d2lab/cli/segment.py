"""The command `d2lab segment`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from d2lab.experiments.segmenting import Segmented


def segment(
    run: Annotated[
        Path, typer.Argument(help="A run for segmentation: its folder, its name in runs/, or a .onnx file.")
    ],
    images: Annotated[list[Path], typer.Argument(help="PNG or JPEG files.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the masks (PNG files with a palette) and for overlays.")
    ] = None,
    to_json: Annotated[Path | None, typer.Option("--json", help="File for the shares of the classes.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, mps or xpu.")] = "cpu",
) -> None:
    """Find the class of each pixel of images: print the share of each class, write masks and overlays."""
    from d2lab.core.atomic import write_json
    from d2lab.experiments.exported import open_model
    from d2lab.experiments.segmenting import as_json, segment_files

    model = open_model(run, device)
    found, classes = list(segment_files(model, images)), model.classes
    for one in found:
        _tell(one, classes)
    if out is not None:
        from d2lab.reports.segmenting import write_segmented

        for path in write_segmented(found, out):
            typer.echo(path)
    if to_json is not None:
        write_json(to_json, as_json(found, classes))
        typer.echo(to_json)


def _tell(found: "Segmented", classes: tuple[str, ...]) -> None:
    """Print the share of each class that is in an image, the largest first."""
    order = found.shares.argsort(descending=True, stable=True).tolist()
    words = [f"{classes[number]} {found.shares[number]:.3f}" for number in order if found.shares[number] > 0]
    typer.echo(f"{found.file}: {'  '.join(words)}")
