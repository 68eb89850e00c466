"""Commands that inspect models: `d2lab inspect`, `features`, `cam`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Meta

from d2lab.cli.results import RunArgument, without_suffix
from d2lab.cli.settings import parse_settings
from d2lab.cli.table import show_table

if TYPE_CHECKING:
    from d2lab.reports.summary import Inspected

ImageArgument = Annotated[Path | None, typer.Argument(help="A PNG or JPEG file; a test example unless given.")]
Example = Annotated[
    int | None, typer.Option(help="Number of a test example; 0 unless given."), Meta(ge=0, le=1_000_000_000)
]
Invert = Annotated[bool, typer.Option("--invert", help="For dark ink on bright paper.")]
Out = Annotated[Path | None, typer.Option(help="Path of the figure, or its folder; the run's folder unless given.")]


def inspect(
    model: Annotated[str, typer.Argument(help="A recipe, a paper's model such as resnet50, or a run's folder.")],
    size: Annotated[int | None, typer.Option(help="Side of the images, pixels."), Meta(ge=1, le=4096)] = None,
    paper: Annotated[
        bool, typer.Option("--paper", help="The paper's model, where a recipe has the same name.")
    ] = False,
    data: Annotated[str | None, typer.Option(help="The data set that decides a recipe's sizes.")] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; may be repeated.")
    ] = None,
    depth: Annotated[
        int | None, typer.Option(help="Sum up layers whose names share this many parts."), Meta(ge=1, le=1000)
    ] = None,
    time: Annotated[bool, typer.Option("--time/--no-time", help="Also measure the time of each layer.")] = True,
    batch: Annotated[int, typer.Option(help="Batch size of the timing."), Meta(ge=1, le=1_000_000)] = 1,
    device: Annotated[str, typer.Option(help="Device of the timing: auto, cpu, cuda, mps or xpu.")] = "cpu",
    out: Annotated[Path | None, typer.Option(help="Path of the figure, or its folder.")] = None,
) -> None:
    """Show what each layer of a model costs: parameters, multiply-adds, memory, time, receptive field."""
    from d2lab.reports import summary as reports_summary

    subject = reports_summary.find_subject(
        model, paper=paper, data=data, size=size, changes=parse_settings(setting or [])
    )
    found = reports_summary.inspect(subject, timed=time, batch=batch, device=device)
    name = f"inspect-{subject.name}"
    figure = reports_summary.draw_inspected(found, without_suffix(out or Path(name), name))
    typer.echo(f"{subject.name}: {subject.what}")
    _show(found, depth)
    typer.echo(f"figure: {figure}")


def _show(found: "Inspected", depth: int | None) -> None:
    """Print one row per layer, then the sums."""
    from d2lab.inspection import fold
    from d2lab.plot.layers import said

    summary, times = found.summary, found.times
    columns = ["layer", "kind", "output", "parameters", "multiply-adds", "memory", "sees", "time"]
    rows = []
    for part in fold(summary, depth, times):
        row, sees = part.last, summary.sees(part.last)
        size = "" if sees is None else "all" if summary.sees_all(row) else "x".join(map(str, dict.fromkeys(sees)))
        share = "" if part.time_share is None else said(part.time_share, "%")
        counts = [f"{part.parameters:,}", f"{part.multiply_adds:,}", said(part.activation_bytes, "B")]
        kind = row.kind if part.layers == 1 else f"{part.layers} layers"
        rows.append([part.name or "between layers", kind, "x".join(map(str, row.shape)), *counts, size, share])
    kept = [n for n, _ in enumerate(columns) if any(row[n] for row in rows)]
    show_table("", [columns[n] for n in kept], [[row[n] for n in kept] for row in rows])
    shape = " x ".join(map(str, found.subject.shape))
    typer.echo(
        f"one example of {shape}: {summary.parameters:,} parameters, {summary.multiply_adds:,} multiply-adds, "
        f"{said(summary.activation_bytes, 'B')} of outputs."
    )
    if times is not None:
        threads = f", {found.threads} thread{'s' if found.threads > 1 else ''}" if found.device == "cpu" else ""
        typer.echo(
            f"{1000 * times.total_s:.1f} ms forward and backward, batch {found.batch}, {found.device}{threads}; "
            f"{said(times.rest, '%')} of it between layers."
        )


def features(
    run: RunArgument,
    image: ImageArgument = None,
    example: Example = None,
    layer: Annotated[list[str] | None, typer.Option(help="A layer by name; may be repeated.")] = None,
    beside: Annotated[Path | None, typer.Option(help="Another run on the same data, side by side.")] = None,
    invert: Invert = False,
    out: Out = None,
) -> None:
    """Draw the feature maps of a trained model for an image; with --beside, also the similarity of two models."""
    from d2lab.core.errors import ConfigError
    from d2lab.experiments import load_run
    from d2lab.reports import features as reports_features

    models = [load_run(run), *([load_run(beside)] if beside else [])]
    cards = [model.experiment.card.name for model in models]
    if len(set(cards)) > 1:
        raise ConfigError("--beside", got=f"a run on {cards[1]}", need=f"a run on {cards[0]}")
    shown = [reports_features.choose(model, image, example, invert=invert) for model in models]
    path = without_suffix(out or models[0].record.folder / "features", "features")
    typer.echo(reports_features.draw_features(models, shown, layer or [], path))
    if len(models) > 1:
        figure, table, ours, theirs = reports_features.draw_similarity(
            models[0], models[1], path.with_name(f"{path.name}-similarity")
        )
        best = table.max(1)
        rows = [
            [name, theirs[int(place)], f"{value:.3f}"]
            for name, place, value in zip(ours, best.indices, best.values, strict=True)
        ]
        show_table("", [models[0].record.name, models[1].record.name, "similarity"], rows)
        typer.echo(figure)


def cam(
    run: RunArgument,
    image: ImageArgument = None,
    example: Example = None,
    top: Annotated[
        int | None,
        typer.Option(help="Number of classes to show, the most probable first; up to 3 unless given."),
        Meta(ge=1, le=8),
    ] = None,
    layer: Annotated[str | None, typer.Option(help="Use Grad-CAM at this layer.")] = None,
    invert: Invert = False,
    out: Out = None,
) -> None:
    """Draw where in an image a trained model finds evidence for its most probable classes."""
    from d2lab.experiments import load_run
    from d2lab.reports import features as reports_features

    trained = load_run(run)
    shown = reports_features.choose(trained, image, example, invert=invert)
    path = without_suffix(out or trained.record.folder / "cam", "cam")
    seen = reports_features.draw_evidence(trained, shown, top=top, layer=layer, out=path)
    answer = "  ".join(f"{name} {chance:.3f}" for name, chance in zip(seen.classes, seen.chances, strict=True))
    typer.echo(f"{shown.name}: {answer}  ({seen.method})")
    typer.echo(seen.figure)
