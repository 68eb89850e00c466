"""The `d2lab` command: its subcommands, and the one place where errors become a line and an exit code."""

import contextlib
import os
import re
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from d2lab import __version__
from d2lab.cli import (
    augment,
    browse,
    check,
    data,
    detect,
    doctor,
    exercise,
    explore,
    export,
    generate,
    inspect,
    pretrained,
    profile,
    results,
    segment,
    shift,
    site,
    stylize,
    sweep,
    symptoms,
    train,
    twins,
)
from d2lab.cli.bounds import UnreadError, bounded
from d2lab.cli.exit_codes import EXIT_INTERRUPTED
from d2lab.core.errors import ConfigError, D2labError, shortened

EXIT_BAD_INPUT = 2
EXIT_UNREAD = 141
PACKAGE = Path(__file__).parents[1]

# Plain help: the rich one would take three times as long to appear as all the rest.
app = typer.Typer(name="d2lab", rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
USAGE_ERROR: Any = typer.BadParameter.__bases__[0]  # click's, or that of the click inside typer
VERBS: dict[str, Callable[..., None]] = {
    "list": browse.list_recipes,
    "train": train.train,
    "resume": train.resume,
    "retrain": train.retrain,
    "sweep": sweep.sweep,
    "evaluate": results.evaluate,
    "predict": results.predict,
    "detect": detect.detect,
    "segment": segment.segment,
    "submit": results.submit,
    "generate": generate.generate,
    "stylize": stylize.stylize,
    "plot": results.plot,
    "runs": browse.runs,
    "compare": results.compare,
    "inspect": inspect.inspect,
    "profile": profile.profile,
    "features": inspect.features,
    "cam": inspect.cam,
    "explore": explore.explore,
    "shift": shift.shift,
    "export": export.export,
    "augment": augment.augment,
    "twins": twins.twins,
    "check": check.check,
    "claims": check.claims,
    "symptoms": symptoms.symptoms,
    "learn": site.learn,
    "progress": exercise.progress,
    "doctor": doctor.doctor,
}
for name, verb in VERBS.items():
    app.command(name)(bounded(verb))
for group, within in (("data", data), ("pretrained", pretrained), ("site", site), ("exercise", exercise)):
    for command in within.app.registered_commands:
        command.callback = command.callback and bounded(command.callback)
    app.add_typer(within.app, name=group)


def _version(wanted: bool | None) -> None:
    """Print the versions and stop."""
    if wanted:
        from importlib import metadata

        typer.echo(f"d2lab {__version__}, torch {metadata.version('torch')}, Python {sys.version.split()[0]}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def options(
    context: typer.Context,
    version: Annotated[
        bool | None, typer.Option("--version", callback=_version, is_eager=True, help="Show versions.")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the trace of an error; works behind any verb.")] = False,
) -> None:
    """Deep-learning notes you can run.

    Begin with:  d2lab train lenet
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command line; an error is one line on standard error and exit code 2.

    Exit code 130 after Ctrl-C, 141 (128 + SIGPIPE, as shells have it) where nobody reads the output any more.
    """
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    _speak_unicode()
    warnings.showwarning = _warn  # type: ignore[assignment]  # the arguments that nobody needs are one
    try:
        code = _run(arguments, debug=debug)
    except (KeyboardInterrupt, typer.Abort):
        with contextlib.suppress(ValueError):  # not the main thread
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # another one would show a trace of what ends anyhow
        typer.echo("d2lab: interrupted", err=True)
        code = EXIT_INTERRUPTED
    _let_go_of_output()
    sys.exit(code)


def _run(arguments: list[str], *, debug: bool) -> int:
    """Run a verb; return the exit code."""
    try:
        if sys.stdout is None:
            fix = "To see nothing write > /dev/null."
            raise ConfigError("standard output", got="closed", need="a terminal, a file or a pipe", fix=fix)
        code = app(arguments, prog_name="d2lab", standalone_mode=False)
        sys.stdout.flush()
    except (UnreadError, BrokenPipeError) as error:
        if isinstance(error, UnreadError) and str(error):  # a table piped into head says nothing
            typer.echo(f"d2lab: {error}.", err=True)
        return EXIT_UNREAD
    except (D2labError, USAGE_ERROR, OSError, MemoryError, RuntimeError, UnicodeError) as error:
        line = _in_a_line(error)
        if debug or line is None:
            raise
        if not _told_by_launcher(error, line):
            typer.echo(f"d2lab: {line}", err=True)
        return EXIT_BAD_INPUT
    return code if isinstance(code, int) else 0


def _told_by_launcher(error: BaseException, line: str) -> bool:
    """Hand the line to what started several of these processes; say whether it prints it."""
    if "TORCHELASTIC_ERROR_FILE" not in os.environ:
        return False
    from d2lab.parallel.launch import tell_launcher

    return tell_launcher(error, line)


def _let_go_of_output() -> None:
    """Write what is left; where that can't be, drop it, or Python would complain once more on its way out."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _in_a_line(error: BaseException) -> str | None:
    """Return the line for an error; None for an error of d2lab itself, which shows its traceback."""
    if isinstance(error, D2labError):
        return str(error)
    if isinstance(error, USAGE_ERROR):
        context = getattr(error, "ctx", None)
        words = shortened(" ".join(error.format_message().split()))
        words += "" if words.endswith((".", "?")) else "."
        return f"{words} See {context.command_path if context else 'd2lab'} --help."
    if isinstance(error, OSError):
        return f"{shortened(str(error.filename or 'the system'))}: {error.strerror or error}."
    if isinstance(error, UnicodeEncodeError):
        got, coding = shortened(repr(error.object)), sys.getfilesystemencoding()
        return f"the name {got}: got a letter that {coding} can't write. Rename it, or set PYTHONUTF8=1."
    if isinstance(error, MemoryError) or re.search("out of memory|allocate memory", str(error)):  # torch's words
        return "memory: there is too little for this. Try a smaller --set batch_size=, or a smaller model."
    return None


def _warn(message: Warning | str, category: type[Warning], filename: str, *place: Any) -> None:  # noqa: ANN401
    """Print a warning of d2lab as one line; those of others keep the place in the code that Python adds."""
    if Path(filename).is_relative_to(PACKAGE):
        typer.echo(f"d2lab: {' '.join(str(message).split())}", err=True)
    else:
        sys.stderr.write(warnings.formatwarning(message, category, filename, place[0] if place else 0))


def _speak_unicode() -> None:
    """Replace characters that a console can't show instead of failing (Windows with a legacy code page)."""
    for channel in (sys.stdout, sys.stderr):
        if hasattr(channel, "reconfigure"):
            channel.reconfigure(errors="replace")


if __name__ == "__main__":
    main()
