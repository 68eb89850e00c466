"""The command `d2lab augment`, which draws augmented images."""

from pathlib import Path
from typing import Annotated

import typer

from d2lab.cli.results import without_suffix
from d2lab.cli.settings import parse_settings
from d2lab.core.bounds import Seed


def augment(
    recipe: Annotated[
        str, typer.Argument(help="A name from d2lab list; its settings say how images are augmented.")
    ] = "lenet",
    data: Annotated[str | None, typer.Option(help="Another data set of the same task; see d2lab data.")] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Such as flip=0.5; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the augmentation."), Seed] = 0,
    out: Annotated[Path, typer.Option(help="Path of the figure, or its folder.")] = Path("augment"),
) -> None:
    """Draw a few images as stored, and as the first steps of a run would read them, with their boxes and masks.

    For example:  d2lab augment --set flip=0.5 --set rotate=15 --set cutout=2
    or:           d2lab augment points --set perspective=0.3 --set mosaic=0.5 --set border=zeros
    """
    from d2lab.experiments.plan import plan
    from d2lab.reports.augmentation import draw_augmented

    experiment = plan(recipe, data=data, changes=parse_settings(setting or []), seed=seed, device="cpu")
    typer.echo(f"figure: {draw_augmented(experiment, without_suffix(out, 'augment'))}")
