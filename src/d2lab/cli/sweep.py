"""The verb `d2lab sweep`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Meta

from d2lab.cli.exit_codes import EXIT_INTERRUPTED
from d2lab.cli.settings import parse_settings
from d2lab.core.errors import ConfigError

if TYPE_CHECKING:
    from d2lab.experiments.sweep import Sweep


def sweep(
    recipe: Annotated[str, typer.Argument(help="A name from d2lab list, or your Python file.")],
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=A,B", help="Values to try; one value is shared. Lists: hidden=64|64,64."),
    ] = None,
    seeds: Annotated[int, typer.Option(help="Runs of each arm, with seeds 0, 1, ..."), Meta(ge=1, le=1000)] = 3,
    data: Annotated[str | None, typer.Option(help="Another data set of the same task; see d2lab data.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps or xpu.")] = "auto",
    budget: Annotated[str, typer.Option(help="smoke, lesson or full.")] = "full",
    measure: Annotated[
        str | None, typer.Option(help="What arms are compared by; valid_accuracy or valid_loss unless given.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The sweep's folder; given again, the sweep goes on.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the table only.")] = False,
) -> None:
    """Train a recipe at several values of some settings, over seeds, and compare: a table and a figure."""
    from d2lab.experiments.plan import RunRequest
    from d2lab.experiments.sweep import sweep as run
    from d2lab.experiments.sweep import values_of
    from d2lab.train.progress import NoProgress

    told = parse_settings(setting or [])
    request = RunRequest(recipe=recipe, data=data, device=device, budget=budget)
    values = values_of(request, {name: str(text) for name, text in told.items()})
    grid = {name: several for name, several in values.items() if len(several) > 1}
    if not grid:
        raise ConfigError("--set", got=setting or "nothing", need="two values or more of one setting", fix=EXAMPLE)
    shared = {name: single[0] for name, single in values.items() if len(single) == 1}
    request = RunRequest(recipe=recipe, data=data, changes=shared, device=device, budget=budget)
    tell = (lambda line: None) if quiet else typer.echo
    made = run(request, grid, seeds=range(seeds), folder=out, progress=NoProgress(), tell=tell)
    if made.status == "interrupted":
        typer.echo(f"Interrupted, nothing is lost. Go on with the same command and:  --out {made.folder}")
        raise typer.Exit(EXIT_INTERRUPTED)
    _show(made, measure)


EXAMPLE = "For example: d2lab sweep lenet --set lr=0.01,0.1 --seeds 3."


def _show(made: "Sweep", measure: str | None) -> None:
    """Print the table, best arm first, and draw the figure."""
    from d2lab.cli.table import number, show_table
    from d2lab.experiments.sweep import summarize
    from d2lab.metrics.paired import Mean
    from d2lab.reports.sweep import draw_sweep

    chosen = measure or _usual(made)
    results = made.results(chosen)
    found = summarize(results)

    def mean(name: str) -> float:
        value = found[name]
        return value.mean if isinstance(value, Mean) else float("nan") if value is None else value

    best = sorted(results, key=mean, reverse=not chosen.endswith(("loss", "perplexity", "mae")))
    rows = []
    for name in best:
        value = found[name]
        spread = [number(value.sd), f"{value.low:.4f} to {value.high:.4f}"] if isinstance(value, Mean) else ["", ""]
        rows.append([name, str(len(results[name])), number(mean(name)), *spread])
    show_table("", ["arm", "n", chosen.replace("_", " "), "sd", "95 % interval of the mean"], rows)
    typer.echo(f"runs:   {made.folder}")
    figure = draw_sweep(made, chosen)
    if figure is not None:
        typer.echo(f"figure: {figure}")


def _usual(made: "Sweep") -> str:
    """Choose what arms are compared by: the validation accuracy where there is one, else the validation loss."""
    rows = [row for record in made.records(made.arms[0]) for row in record.rows() if "epoch" in row]
    return "valid_accuracy" if rows and "valid_accuracy" in rows[-1] else "valid_loss"
