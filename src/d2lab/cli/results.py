"""Commands that use a run: `d2lab evaluate`, `predict`, `submit`, `plot`, `compare`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from d2lab.cli.table import number, show_table
from d2lab.core.errors import ConfigError, RunError

if TYPE_CHECKING:
    from torch import Tensor

    from d2lab.experiments import Trained
    from d2lab.train.record import RunRecord

RunArgument = Annotated[Path, typer.Argument(help="A run's folder, or its name in runs/.")]
TOP = 3  # classes shown for an image
SHOWN_ROWS = 20  # of a table


def evaluate(
    run: RunArgument,
    data: Annotated[str | None, typer.Option(help="Another data set with the same classes.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, mps or xpu.")] = "cpu",
    download: Annotated[bool, typer.Option("--download", help="Fetch the run's data if they are not on disk.")] = False,
) -> None:
    """Evaluate a trained model on its test set; a language model on every part of its text."""
    from d2lab.experiments import load_run

    trained = load_run(run, device=device)
    if trained.experiment.tokenizer is not None:
        from d2lab.experiments.generation import evaluate_parts

        parts = evaluate_parts(trained, data, download=download)
    else:
        parts = {"test": trained.evaluate(data, download=download)}
    for part, values in parts.items():
        for name, value in values.items():
            typer.echo(f"{part} {name}  {value:.4f}")


def predict(
    run: RunArgument,
    images: Annotated[list[Path], typer.Argument(help="PNG or JPEG files; or a table in CSV.")],
    invert: Annotated[bool, typer.Option("--invert", help="For dark ink on bright paper.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write the answers to the rows of a table to this CSV.")] = None,
) -> None:
    """Answer images, or the rows of a table: most probable classes, or numbers; RUN may be an exported .onnx file."""
    if run.suffix.lower() == ".onnx":
        from d2lab.experiments.exported import ExportedModel

        exported = ExportedModel(run)
        answer(images, exported.classes, exported.predict(images, invert=invert))
        return
    from d2lab.experiments import load_run

    trained = load_run(run)
    if trained.experiment.table is not None or out is not None:
        _answer_table(trained, images, out)
        return
    read = trained.read_images(images, invert=invert)  # all are read before any answer is printed
    answer(images, trained.classes, trained.predict(read))


def _answer_table(trained: "Trained", files: list[Path], out: Path | None, *, probabilities: bool = True) -> None:
    """Predict the rows of a table: into a file, or the first ones on the screen.

    Raises:
        ConfigError: several files are given.
    """
    from d2lab.experiments.table_answers import answer_rows

    if len(files) != 1:
        raise ConfigError("predict", got=f"{len(files)} files", need="one table for a run on a table")
    answers = answer_rows(trained, files[0])
    if out is not None:
        answers.write(out, probabilities=probabilities)
        typer.echo(f"{out}: {len(answers.rows):,} rows")
        return
    header, *rows = answers.table()
    show_table("", header, rows[:SHOWN_ROWS])
    if len(rows) > SHOWN_ROWS:
        typer.echo(f"{len(rows) - SHOWN_ROWS:,} more rows: write them all with --out FILE.csv")


def answer(images: list[Path], classes: tuple[str, ...], chances: "Tensor") -> None:
    """Print the most probable classes of each image.

    Args:
        images: their files.
        classes: names in order.
        chances: a probability for each class of each image.

    Raises:
        ConfigError: the model does not answer with one class an image.
    """
    if getattr(chances, "ndim", None) != 2:
        need = "a model that answers with one class an image"
        fix = "Boxes are found by d2lab detect, the class of each pixel by d2lab segment."
        raise ConfigError("predict", got="a run for another task", need=need, fix=fix)
    for path, row in zip(images, chances, strict=True):
        best = row.argsort(descending=True)[:TOP].tolist()
        answer = "  ".join(f"{classes[i]} {row[i]:.3f}" for i in best)
        typer.echo(f"{path}: {answer}")


def submit(
    run: RunArgument,
    folder: Annotated[
        Path, typer.Argument(help="A contest's folder: test/ID.png, or images/ with test.csv; or its table in CSV.")
    ],
    out: Annotated[Path, typer.Option(help="The table to write.")] = Path("submission.csv"),
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, mps or xpu.")] = "cpu",
) -> None:
    """Answer the test images or rows of a contest; write the table to submit, in the form of its sample submission."""
    if folder.is_file():
        from d2lab.experiments import load_run

        _answer_table(load_run(run, device=device), [folder], out, probabilities=False)
        return
    from d2lab.experiments.submission import submit as write

    count = write(run, folder, out, device=device)
    typer.echo(f"{out}: {count} images")


def plot(
    run: RunArgument,
    data: Annotated[
        str | None,
        typer.Option(help="Another data set with the same classes; or folder:PATH, where the run's are now."),
    ] = None,
) -> None:
    """Draw a run: curves, predictions with the wrong ones marked, confusion matrix, filters; print samples of text."""
    from d2lab.reports.figures import draw_run
    from d2lab.train.record import open_record

    for path in draw_run(run, data):
        typer.echo(path)
    for epoch, text in open_record(run).samples().items():
        typer.echo(f"\nepoch {epoch}:\n{text}")


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Two to eight runs.")],
    out: Annotated[Path, typer.Option(help="Path of the figure, or its folder.")] = Path("compare"),
) -> None:
    """Overlay the curves of several runs and list where they differ."""
    from d2lab.reports.curves import save_comparison
    from d2lab.train.record import open_record

    if not 2 <= len(runs) <= 8:
        raise ConfigError("runs", got=len(runs), need="two to eight runs to compare")
    records = _readable([open_record(run) for run in runs])
    names = [record.name for record in records]
    if len(set(names)) < len(names):
        raise ConfigError("runs", got=", ".join(names), need="each run once")
    differing = _differences(records)
    figure = save_comparison(records, without_suffix(out, "compare"))
    show_table("", ["", *names], differing)
    typer.echo(f"figure: {figure}")


def _readable(records: "list[RunRecord]") -> "list[RunRecord]":
    """Leave out broken records, and say so, as long as two are left to compare.

    Raises:
        RunError: fewer than two are whole; the error is that of the first broken one.
    """
    whole: list[RunRecord] = []
    errors: list[RunError] = []
    for record in records:
        try:
            _flat(record)
            record.rows()
            whole.append(record)
        except RunError as cause:
            errors.append(cause)
    if len(whole) < 2 and errors:
        raise errors[0]
    for error in errors:
        typer.echo(f"left out: {error}", err=True)
    return whole


def without_suffix(out: Path, name: str) -> Path:
    """Return the path of a figure without its suffix, as PNG and SVG are written; in a folder, the path of one in it.

    Args:
        out: the user's `--out`: a path with or without suffix, or a folder.
        name: name of the figure in a folder.
    """
    if out.is_dir():
        return out / name
    return out.with_suffix("") if out.suffix.lower() in (".png", ".svg") else out


def _differences(records: list["RunRecord"]) -> list[list[str]]:
    """Return rows of the settings that differ, then of each run's last metrics."""
    flat = [_flat(record) for record in records]
    keys = list(dict.fromkeys(key for facts in flat for key in facts))
    rows = [[key, *(str(facts.get(key, "")) for facts in flat)] for key in keys]
    rows = [row for row in rows if len(set(row[1:])) > 1]
    ends = [([row for row in record.rows() if "epoch" in row] or [{}])[-1] for record in records]
    for name in ("epoch", "train_loss", "valid_loss", "test_loss", "train_accuracy", "valid_accuracy", "test_accuracy"):
        values = [number(end.get(name)) for end in ends]
        if any(values):
            rows.append([name.replace("_", " "), *values])
    return rows


def _flat(record: "RunRecord") -> dict[str, object]:
    """Return what recipe.json holds, its settings beside the rest."""
    recipe = record.recipe()
    settings = recipe.pop("settings", None)
    if not isinstance(settings, dict):
        raise RunError(f"run {record.name}", got=f"settings {settings!r}", need="a recipe.json that d2lab wrote")
    return recipe | settings
