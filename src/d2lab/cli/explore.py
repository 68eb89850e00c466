"""The command `d2lab explore`: a run's model in the browser."""

from pathlib import Path
from typing import Annotated

import typer

from d2lab.cli.site import show_until_stopped
from d2lab.core.bounds import Port
from d2lab.core.errors import ConfigError
from d2lab.core.language import LANGUAGES, spoken


def explore(
    run: Annotated[Path, typer.Argument(help="A run's folder, or its name in runs/.")],
    language: Annotated[str, typer.Option(help="zh or en; that of the system unless given.")] = "",
    port: Annotated[int, typer.Option(help="To serve at; 0 takes a free one."), Port] = 0,
    quiet: Annotated[bool, typer.Option("--no-browser", help="Only serve and print the address.")] = False,
) -> None:
    """Open your own model: draw an image and see every map, type a text and see every state; on this machine only."""
    from d2lab.explore.run import pages_of_run
    from d2lab.explore.server import serving

    if language not in ("", *LANGUAGES):
        raise ConfigError("--language", got=language, need="zh or en")
    pages = pages_of_run(run, "zh" if (language or spoken()) == "zh" else "en")
    with serving(pages, port) as address:
        show_until_stopped(f"{address}/", quiet=quiet)
