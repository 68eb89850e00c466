"""The `d2lab` command: its verbs, and the one place where errors become a line and an exit code."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from d2lab import __version__
from d2lab.cli import browse, data, doctor, export, learn, results
from d2lab.core.errors import D2labError

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells have it

# Plain help: the rich one would take three times as long to appear as all the rest.
app = typer.Typer(
    name="d2lab", no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False
)
VERBS: dict[str, Callable[..., None]] = {
    "list": browse.list_recipes,
    "train": learn.train,
    "resume": learn.resume,
    "evaluate": results.evaluate,
    "predict": results.predict,
    "plot": results.plot,
    "runs": browse.runs,
    "compare": results.compare,
    "export": export.export,
    "doctor": doctor.doctor,
}
for name, verb in VERBS.items():
    app.command(name)(verb)
app.add_typer(data.app, name="data")


def _version(wanted: bool | None) -> None:
    """Print the versions and stop."""
    if wanted:
        from importlib import metadata

        typer.echo(f"d2lab {__version__}, torch {metadata.version('torch')}, Python {sys.version.split()[0]}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool | None, typer.Option("--version", callback=_version, is_eager=True, help="Show versions.")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the trace of an error; works behind any verb.")] = False,
) -> None:
    """Deep-learning notes you can run.

    Begin with:  d2lab train lenet
    """


def main() -> None:
    """Run the command line; a d2lab error is one line on standard error and exit code 2."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    _speak_unicode()
    try:
        app(arguments, prog_name="d2lab")
    except D2labError as error:
        if debug:
            raise
        typer.echo(f"d2lab: {error}", err=True)
        sys.exit(EXIT_BAD_INPUT)
    except KeyboardInterrupt:
        typer.echo("d2lab: interrupted", err=True)
        sys.exit(EXIT_INTERRUPTED)


def _speak_unicode() -> None:
    """Replace what an old console can't show instead of failing on it (Windows with a legacy code page)."""
    for channel in (sys.stdout, sys.stderr):
        if hasattr(channel, "reconfigure"):
            channel.reconfigure(errors="replace")


if __name__ == "__main__":
    main()
