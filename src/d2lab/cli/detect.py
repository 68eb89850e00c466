"""The command `d2lab detect`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Meta

if TYPE_CHECKING:
    from d2lab.experiments.detecting import Found


def detect(
    run: Annotated[Path, typer.Argument(help="A run of a detector: its folder, its name in runs/, or a .onnx file.")],
    images: Annotated[list[Path], typer.Argument(help="PNG or JPEG files.")],
    min_score: Annotated[
        float, typer.Option(help="Below which nothing is reported."), Meta(ge=0, lt=1, description="score")
    ] = 0.3,
    out: Annotated[Path | None, typer.Option(help="Folder for copies of the images with boxes drawn.")] = None,
    to_json: Annotated[Path | None, typer.Option("--json", help="File for the boxes, in COCO's form.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, mps or xpu.")] = "cpu",
) -> None:
    """Find objects in images: print class, score and box (left, top, right, bottom; pixels), draw and write them."""
    from d2lab.core.atomic import write_bytes
    from d2lab.experiments.detecting import as_coco, detect_files
    from d2lab.experiments.exported import open_model

    model = open_model(run, device)
    found, classes = detect_files(model, images, min_score=min_score), model.classes
    for one in found:
        _tell(one, classes)
    if out is not None:
        from d2lab.reports.detecting import draw_found

        for path in draw_found(found, classes, out):
            typer.echo(path)
    if to_json is not None:
        write_bytes(to_json, json.dumps(as_coco(found, classes), indent=1).encode())
        typer.echo(to_json)


def _tell(found: "Found", classes: tuple[str, ...]) -> None:
    """Print what was found in an image, a line for each object."""
    count = len(found.scores)
    typer.echo(f"{found.file}: {count} object{'' if count == 1 else 's'}")
    for box, label, score in zip(found.boxes.tolist(), found.labels.tolist(), found.scores.tolist(), strict=True):
        corners = " ".join(f"{number:.1f}" for number in box)
        typer.echo(f"  {classes[label]} {score:.3f}  {corners}")
