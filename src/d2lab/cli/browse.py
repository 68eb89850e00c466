"""The commands `d2lab list` and `d2lab runs`; neither imports torch, which takes longer than all the rest."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from d2lab.cli.table import number, show_table
from d2lab.core.errors import RunError

if TYPE_CHECKING:
    from d2lab.train.record import RunRecord


def list_recipes() -> None:
    """List the recipes: chapter, data, parameters, and the seconds of the newest finished run here."""
    from d2lab.recipes.catalog import entries

    newest = {}
    for record in _records():
        summary = summarize(record)
        if summary["status"] == "finished" and summary["budget"] == "full":
            newest[summary["recipe"], summary["data"]] = summary
    rows = []
    for recipe in entries().values():
        size = f"{recipe.parameters:,}" if recipe.parameters else ""
        here = number(newest.get((recipe.name, recipe.data), {}).get("seconds"), 1)
        rows.append([recipe.name, str(recipe.chapter), recipe.data, size, here, recipe.en])
    show_table("", ["recipe", "chapter", "data", "parameters", "seconds here", "what"], rows)


def runs(
    folder: Annotated[
        Path | None, typer.Argument(help="The folder of runs; $D2LAB_RUNS or runs/ unless given.")
    ] = None,
) -> None:
    """List the runs, the newest last."""
    columns = ["run", "data", "seed", "status", "epochs", "test loss", "test acc", "seconds"]
    rows = []
    for record in _records(folder):
        s = summarize(record)
        epochs = f"{s['epochs']}/{s['of_epochs']}"
        measured = [number(s.get("test_loss")), number(s.get("test_accuracy")), number(s.get("seconds"), 1)]
        rows.append([record.name, s["data"], s["seed"], s["status"], epochs, *measured])
    if not rows:
        typer.echo("No runs yet. Make one with:  d2lab train lenet")
        return
    show_table("", columns, rows)


def summarize(record: "RunRecord") -> dict[str, Any]:
    """Return a run's row of the table; a damaged record gets the status broken."""
    try:
        recipe, rows = record.recipe(), [row for row in record.rows() if "epoch" in row]
        settings = recipe["settings"]
        facts = {name: str(recipe[name]) for name in ("recipe", "data", "seed", "budget")}
        facts["of_epochs"] = str(settings["loop.epochs"])
        seconds = sum(float(row["seconds"]) for row in rows)
        status = record.status()
    except (RunError, OSError, KeyError, TypeError, ValueError, OverflowError):
        return dict.fromkeys(("recipe", "data", "seed", "budget", "epochs", "of_epochs"), "?") | {"status": "broken"}
    last = rows[-1] if rows else {}
    return {**facts, **last, "epochs": str(len(rows)), "status": status, "seconds": seconds}


def _records(folder: Path | None = None) -> list["RunRecord"]:
    """Open all records of a folder, by date.

    Raises:
        RunError: it is no folder.
    """
    from d2lab.train.record import find_records, runs_folder

    root = folder or runs_folder()
    if not root.is_dir() and (folder or root.exists()):  # the default one need not be there yet
        raise RunError("runs folder", got=str(root), need="a folder of runs")
    return find_records(root)
