"""The commands `d2lab data`, `d2lab data fetch|verify|check|convert|reorganize`."""

from pathlib import Path
from typing import Annotated

import typer
from msgspec import Meta

from d2lab.cli.table import show_table
from d2lab.core.bounds import Seed
from d2lab.core.errors import DataError

app = typer.Typer(help="Data sets: what there is, and what is on disk.", rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def list_cards(context: typer.Context) -> None:
    """List the data sets and what of them is on disk."""
    if context.invoked_subcommand is not None:
        return
    from d2lab.data.catalog import CARDS, on_disk

    rows = []
    for card in CARDS.values():
        status = on_disk(card)
        shape = "x".join(map(str, card.shape))
        size = f"{sum(file.bytes for file in card.files) / 1e6:.1f} MB" if card.files else ""
        rows.append([card.name, card.task, shape, "{:,} + {:,}".format(*card.examples), status.state, size, card.en])
    show_table("", ["set", "task", "input", "train + test", "on disk", "download", "what"], rows)


@app.command()
def fetch(name: Annotated[str, typer.Argument(help="A name from d2lab data.")]) -> None:
    """Fetch a data set: from $D2LAB_DATA, the cache, or the network; an interrupted download goes on."""
    from d2lab.data.catalog import card
    from d2lab.data.source import fetch as fetch_files

    found = card(name)
    paths = fetch_files(found)
    for path in paths.values():
        typer.echo(path)
    if not paths:
        typer.echo(f"{name} needs no files: it is generated, or comes with a library.")


@app.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="One set; all that are on disk unless given.")] = None,
) -> None:
    """Hash every file on disk and compare it with its card, or decode every image of a folder:PATH or kaggle:PATH.

    Exit code 2 when one is wrong.
    """
    from d2lab.data.catalog import CARDS, FOLDER, KAGGLE, card
    from d2lab.data.source import verify as verify_files

    if name and name.startswith((FOLDER, KAGGLE)):
        return _verify_folder(name)
    chosen = [card(name)] if name else list(CARDS.values())
    if name and not chosen[0].files:
        typer.echo(f"{name} has no files: it is generated, or comes with a library.")
        return
    rows = [[c.name, file.path, state] for c in chosen for file, state in verify_files(c)]
    show_table("", ["set", "file", "state"], [row for row in rows if name or row[2] != "missing"])
    wrong = [row[1] for row in rows if row[2] not in ("ok", "missing") or (name and row[2] != "ok")]
    if wrong:
        fix = "Delete it and run d2lab data fetch."
        raise DataError("data files", got=", ".join(wrong), need="the files that the cards describe", fix=fix)


def _verify_folder(name: str) -> None:
    """Decode every image of a folder and list those that can't be decoded.

    Raises:
        DataError: there is one.
    """
    from d2lab.data.image_folder import broken, folder_card

    card = folder_card(name)
    lines = broken(card)
    for line in lines:
        typer.echo(line)
    count = sum(card.examples)
    if lines:
        fix = "Remove or replace them."
        raise DataError(name, got=f"{len(lines)} of {count} images broken", need="images that can be decoded", fix=fix)
    typer.echo(f"{count} images of {len(card.classes)} classes, all valid.")


@app.command()
def check(
    path: Annotated[
        str, typer.Argument(help="Annotated images: a folder, a file, or a set such as scenes; or kaggle:PATH.")
    ],
    kind: Annotated[
        str | None, typer.Option("--format", help="coco, voc, yolo or labelme; found from the files unless given.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Path of a figure: images with their boxes.")] = None,
) -> None:
    """Count images, boxes and classes, name what is suspicious, and draw it; of a contest, count copies of images.

    Exit code 2 when training would refuse an image: its file is missing, broken or of another size.
    """
    from d2lab.data.catalog import KAGGLE

    if path.startswith(KAGGLE):
        _check_contest(path)
        return
    from d2lab.cli.results import without_suffix
    from d2lab.data.annotation_source import read_source
    from d2lab.reports.annotation_faults import find_faults
    from d2lab.reports.annotations import count_rows, describe_faults, draw_annotations

    parts = read_source(path, kind)
    faults = find_faults(parts)
    show_table("", [path, *parts], count_rows(parts))
    for line in describe_faults(parts, faults):
        typer.echo(line)
    if out is not None:
        typer.echo(f"figure: {draw_annotations(parts, faults, without_suffix(out, 'annotations'), title=path)}")
    elif faults:
        typer.echo("--out FIGURE draws them.")
    refused = [fault for fault in faults if fault.refused]
    if refused:
        got = f"{refused[0].said} and {len(refused) - 1} more"
        need = "a whole file for each image, of the size that its annotation says"
        raise DataError(f"the images of {path}", got=got, need=need)


def _check_contest(name: str) -> None:
    """Print what a contest's folder holds, and which images lie in two parts."""
    from d2lab.data.contest_check import check_contest

    for line in check_contest(name):
        typer.echo(line)


@app.command()
def convert(
    source: Annotated[str, typer.Argument(help="Annotated images: a folder, a file, or a set such as scenes.")],
    out: Annotated[Path, typer.Argument(help="A new folder.")],
    to: Annotated[str, typer.Option(help="coco, voc, yolo or labelme.")],
    kind: Annotated[
        str | None, typer.Option("--format", help="Of the source; found from the files unless given.")
    ] = None,
) -> None:
    """Write annotated images in another format; files of images are linked."""
    from d2lab.data.annotation_convert import convert_annotations
    from d2lab.data.annotation_source import read_source

    parts = read_source(source, kind)
    for line in convert_annotations(parts, to, out):
        typer.echo(line)
    for part, one in parts.items():
        found = one.annotations
        typer.echo(f"{part}: {len(found):,} images, {len(found.boxes):,} boxes")
    typer.echo(f"To train on them: --data {to}:{out}")


@app.command()
def reorganize(
    folder: Annotated[Path, typer.Argument(help="A folder in Kaggle's layout: train/ID.png, trainLabels.csv, test/.")],
    out: Annotated[Path, typer.Argument(help="A new folder for train, valid, train_valid and test.")],
    valid: Annotated[float, typer.Option(help="Share of each class to hold out."), Meta(gt=0, lt=1)] = 0.1,
    seed: Annotated[int, typer.Option(help="Decides which images are held out."), Seed] = 0,
) -> None:
    """Sort the images of Kaggle's CIFAR-10 contest into a folder per class; files are linked."""
    from d2lab.data.kaggle import reorganize as sort_images

    for part, count in sort_images(folder, out, valid=valid, seed=seed).items():
        typer.echo(f"{out / part}: {count} images")
