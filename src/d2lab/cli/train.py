"""The commands `d2lab train` and `d2lab resume`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Meta

from d2lab.cli import stylize
from d2lab.cli.exit_codes import EXIT_INTERRUPTED
from d2lab.cli.settings import parse_settings
from d2lab.core.bounds import Seed
from d2lab.core.errors import ConfigError

if TYPE_CHECKING:
    from d2lab.experiments import Run
    from d2lab.train.callback import Callback

EPOCHS = Meta(ge=1, le=1_000_000, description="epochs")
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only where the record is.")]
Live = Annotated[bool, typer.Option("--live", help="Redraw the figure of the curves after each epoch.")]
RecipeFile = Annotated[
    Path | None,
    typer.Option("--recipe", metavar="FILE", help="Your Python file, where the run is of a recipe of your own."),
]
Download = Annotated[bool, typer.Option("--download", help="Fetch what the record names and this machine lacks.")]
TensorBoard = Annotated[bool, typer.Option("--tensorboard", help="Also write TensorBoard events.")]
Processes = Annotated[
    int | None, typer.Option(min=1, max=1024, help="Train in several processes of this machine (torchrun, DDP).")
]
Restarts = Annotated[
    int, typer.Option(min=0, max=1000, help="With --processes: go on after the loss of a process, so often.")
]
Csv = Annotated[bool, typer.Option("--csv", help="Also write the epochs to metrics.csv in the run's folder.")]


def train(
    recipe: Annotated[
        str | None, typer.Argument(help="A name from d2lab list, or your Python file; --config may name it.")
    ] = None,
    data: Annotated[str | None, typer.Option(help="Another data set of the same task; see d2lab data.")] = None,
    target: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column to predict, of table:FILE.csv.")] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; may be repeated.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", help="Begin with a run's weights, or a name[:FILE] of d2lab pretrained."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Decides weights, order and dropout; 0 unless given."), Seed] = None,
    device: Annotated[str | None, typer.Option(help="auto (unless given), cpu, cuda, cuda:1, mps or xpu.")] = None,
    budget: Annotated[str | None, typer.Option(help="smoke, lesson or full (unless given).")] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A TOML file of these choices; options go before it.")
    ] = None,
    precision: Annotated[str | None, typer.Option(help="float32, bfloat16 or float16 (cuda).")] = None,
    compile: Annotated[bool, typer.Option("--compile", help="Use torch.compile.")] = False,
    processes: Processes = None,
    restarts: Restarts = 0,
    live: Live = False,
    tensorboard: TensorBoard = False,
    as_csv: Csv = False,
    quiet: Quiet = False,
) -> None:
    """Train a recipe and keep its record."""
    if processes is not None:
        _launch(processes, restarts)
    changes = parse_settings(setting or [])
    if precision is not None:
        changes["loop.precision"] = precision
    if compile:
        changes["loop.compile"] = True
    from d2lab import experiments
    from d2lab.experiments.config_file import read_config
    from d2lab.train.progress import progress_for

    stated = {} if config is None else read_config(config)
    given = {"recipe": recipe, "data": data, "seed": seed, "device": device, "budget": budget, "source": source}
    chosen = stated | {name: value for name, value in given.items() if value is not None}
    if target is not None:
        chosen["data"] = _with_target(chosen.get("data"), target)
    if "recipe" not in chosen:
        raise ConfigError("recipe", got="none", need="a name from d2lab list", fix="For example: d2lab train lenet.")
    chosen["changes"] = {**stated.get("changes", {}), **changes}
    called = _callbacks(live=live, tensorboard=tensorboard, as_csv=as_csv)
    _finish(experiments.train(**chosen, progress=progress_for(quiet=quiet), callbacks=called), quiet=quiet)


def resume(
    run: Annotated[Path, typer.Argument(help="A run's folder, or its name in runs/.")],
    data: Annotated[str | None, typer.Option(help="folder:PATH, where the run's images are now.")] = None,
    device: Annotated[
        str | None, typer.Option(help="Go on on another device; weights may differ in the last bit.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Train on to so many epochs in all."), EPOCHS] = None,
    recipe: RecipeFile = None,
    download: Download = False,
    processes: Processes = None,
    restarts: Restarts = 0,
    live: Live = False,
    tensorboard: TensorBoard = False,
    as_csv: Csv = False,
    quiet: Quiet = False,
) -> None:
    """Go on with a run that was interrupted or killed, in the same number of processes or another."""
    if processes is not None:
        _launch(processes, restarts)
    from d2lab import experiments
    from d2lab.experiments.stylizing import is_style
    from d2lab.parallel.ranks import launched, leads
    from d2lab.train.progress import progress_for

    if is_style(run):
        others = {"data": data, "epochs": epochs, "recipe": recipe, "live": live}
        others |= {"processes": launched(), "tensorboard": tensorboard, "csv": as_csv}
        stylize.resume(run, device=device, download=download, quiet=quiet, others=others)
        return
    called = _callbacks(live=live, tensorboard=tensorboard, as_csv=as_csv)
    done = experiments.resume(
        run,
        data=data,
        device=device,
        epochs=epochs,
        recipe_file=recipe,
        download=download,
        progress=progress_for(quiet=quiet),
        callbacks=called,
    )
    _finish(done, quiet=quiet)
    if done.status == "finished" and not done.trained and not quiet and leads():
        more = f" Train on with:  d2lab resume {done.record.folder} --epochs N"
        typer.echo("It was finished before." + (more if done.extendable else ""))


def retrain(
    run: Annotated[Path, typer.Argument(help="A run with a validation part: its folder, or its name in runs/.")],
    device: Annotated[str | None, typer.Option(help="Another device than the run's.")] = None,
    recipe: RecipeFile = None,
    download: Download = False,
    quiet: Quiet = False,
) -> None:
    """Train a run anew on training and validation part together, for the epochs that validation chose."""
    from d2lab.experiments.retrain import retrain as train_anew
    from d2lab.train.progress import progress_for

    told = progress_for(quiet=quiet)
    _finish(train_anew(run, device=device, recipe_file=recipe, download=download, progress=told), quiet=quiet)


def _with_target(data: str | None, target: str) -> str:
    """Return the name of a table with the column to predict.

    Raises:
        ConfigError: the data are no table in a file.
    """
    from d2lab.data.catalog import TABLE

    if data is None or not data.startswith(TABLE):
        fix = f"For example: --data {TABLE}houses.csv --target {target}."
        raise ConfigError("--target", got=f"--data {data or 'not given'}", need=f"--data {TABLE}FILE.csv", fix=fix)
    return f"{data}#{target}"


def _launch(processes: int, restarts: int) -> None:
    """Run this same command line in several processes, and end as they do."""
    from d2lab.parallel.launch import launch

    ended = launch(
        "d2lab", without_options(sys.argv[1:], "--processes", "--restarts"), processes=processes, restarts=restarts
    )
    if ended.line:
        typer.echo(f"d2lab: {ended.line}", err=True)
    raise typer.Exit(ended.code)


def without_options(arguments: list[str], *options: str) -> list[str]:
    """Return a command line without some options and their values.

    >>> without_options(["train", "lenet", "--processes", "2", "--restarts=3", "-q"], "--processes", "--restarts")
    ['train', 'lenet', '-q']
    """
    kept, skipping = [], False
    for argument in arguments:
        if skipping:
            skipping = False
        elif argument in options:
            skipping = True
        elif argument.partition("=")[0] not in options:
            kept.append(argument)
    return kept


def _callbacks(*, live: bool, tensorboard: bool, as_csv: bool) -> "list[Callback]":
    """Collect what is called after each epoch."""
    called: list[Callback] = []
    if live:
        from d2lab.reports.curves import LiveCurves

        called.append(LiveCurves())
    if tensorboard:
        from d2lab.reports.tensorboard import TensorBoardLog

        called.append(TensorBoardLog())
    if as_csv:
        from d2lab.reports.csv_log import CsvLog

        called.append(CsvLog())
    return called


def _finish(run: "Run", *, quiet: bool) -> None:
    """Draw the curves and say how it ended and where everything lies; of several processes the first does."""
    from d2lab.parallel.ranks import leads

    if not leads():
        raise typer.Exit(EXIT_INTERRUPTED if run.status == "interrupted" else 0)
    from d2lab.reports.curves import save_curves
    from d2lab.train.progress import describe

    if run.status == "interrupted":
        typer.echo(f"Interrupted, nothing is lost. Go on with:  d2lab resume {run.record.folder}")
        raise typer.Exit(EXIT_INTERRUPTED)
    try:
        figure = save_curves(run.record)
    except KeyboardInterrupt:
        typer.echo(f"Interrupted while drawing; the run is {run.status}. Draw with:  d2lab plot {run.record.folder}")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if quiet:
        typer.echo(run.record.folder)
        return
    typer.echo(f"{run.status}: {describe(run.last)}")
    for text in list(run.record.samples().values())[-1:]:
        typer.echo(f"sample:\n{text}\n")
    typer.echo(f"record:  {run.record.folder}")
    typer.echo(f"figure:  {figure}")
    typer.echo(f"next:    d2lab plot {run.record.folder}")
