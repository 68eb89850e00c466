"""The commands `d2lab data`, `d2lab data fetch|verify|reorganize`."""

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
    """Hash every file on disk and compare it with its card, or decode every image of a folder:PATH.

    Exit code 2 when one is wrong.
    """
    from d2lab.data.catalog import CARDS, FOLDER, card
    from d2lab.data.source import verify as verify_files

    if name and name.startswith(FOLDER):
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
