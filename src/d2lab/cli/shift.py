"""The command `d2lab shift`: whether the data in use are still those of the training, and what can be mended."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Meta

from d2lab.cli.lines import cut, print_wrapped
from d2lab.cli.shift_words import HELP, SAID
from d2lab.cli.table import show_table
from d2lab.core.bounds import Seed
from d2lab.core.errors import ConfigError
from d2lab.core.language import Language, spoken

if TYPE_CHECKING:
    from d2lab.tables.frame import Frame
    from d2lab.tables.shift_report import LabelShift, Reweighting, ShiftReport

FOLDER = "folder:"
MOST_SHOWN = 20  # columns of the table, and classes
LEVEL = 0.05  # of the tests
NAME, WORDS = 20, 14  # letters of a column's name and of its values in the table


def _help(name: str) -> str:
    return HELP[name][spoken()]


def shift(
    train: Annotated[str, typer.Argument(help=_help("train"))],
    test: Annotated[str, typer.Argument(help=_help("test"))],
    target: Annotated[str | None, typer.Option(metavar="COLUMN", help=_help("target"))] = None,
    drop: Annotated[list[str] | None, typer.Option(metavar="COLUMN", help=_help("drop"))] = None,
    weights: Annotated[Path | None, typer.Option(metavar="FILE", help=_help("weights"))] = None,
    to_json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help=_help("json"))] = None,
    permutations: Annotated[int, typer.Option(help=_help("permutations")), Meta(ge=19, le=100_000)] = 500,
    seed: Annotated[int, typer.Option(help=_help("seed")), Seed] = 0,
) -> None:
    """Compare two tables or folders; the text of the help is in `HELP`."""
    from d2lab.core.atomic import write_json
    from d2lab.tables.shift_report import compare_tables

    language = spoken()
    _check_places(train, test, target, weights, to_json)
    names, one, other = _read(train, test, tuple(drop or ()), seed % 2**32)
    found = compare_tables(one, other, target=target or "", seed=seed % 2**32, permutations=permutations)
    compared = len(set(one.names) & set(other.names) - {target})
    counts = {"n": len(one), "m": len(other), "columns": compared}
    print_wrapped(SAID["read"][language].format(train=_name(train), test=_name(test), **counts), hang="  ")
    if names:
        components = sum(name.startswith("component") for name in one.names)
        print_wrapped(SAID["images"][language].format(count=components), hang="  ")
    _tell(found, permutations, target or "", language)
    if weights is not None:
        _write_weights(weights, found.reweighting, names)
        typer.echo(f"weights: {weights}")
    if to_json is not None:
        write_json(to_json, {"train": train, "test": test, **found.to_json()})
        typer.echo(f"json: {to_json}")


shift.__doc__ = _help("shift")


def _check_places(train: str, test: str, target: str | None, *outputs: Path | None) -> None:
    """Refuse what can't be compared, and outputs that would replace what is read."""
    folders = [place.startswith(FOLDER) for place in (train, test)]
    if any(folders) and not all(folders):
        raise ConfigError("TRAIN and TEST", got=f"{train} and {test}", need="two tables, or two folder:PATH")
    if all(folders) and target is not None:
        raise ConfigError("--target", got=target, need="none for images: they have no columns of classes")
    for out in outputs:
        if out is None:
            continue
        if out.is_dir():
            raise ConfigError("the file to write", got=str(out), need="a file, not a folder")
        if any(out.exists() and Path(place).exists() and out.samefile(place) for place in (train, test)):
            raise ConfigError("the file to write", got=str(out), need="another file than the tables")
    written = [out.absolute() for out in outputs if out is not None]
    if len(set(written)) < len(written):
        raise ConfigError("--json", got=str(written[0]), need="another file than --weights")


def _name(place: str) -> str:
    """Return the last part of a path, short enough for a line."""
    name = Path(place.removeprefix(FOLDER)).name or place
    return cut(name, NAME)


def _read(train: str, test: str, drop: tuple[str, ...], seed: int) -> tuple[tuple[str, ...], "Frame", "Frame"]:
    """Return the names of the training images, none of rows, and both tables without some columns."""
    from d2lab.tables.image_frame import image_frames
    from d2lab.tables.table_file import read_frame

    names: tuple[str, ...] = ()
    if train.startswith(FOLDER):
        roots = [Path(place.removeprefix(FOLDER) or ".").expanduser() for place in (train, test)]
        read = image_frames(*roots, seed=seed)
        names, one, other = read[0].files, read[0].frame, read[1].frame
    else:
        one = read_frame(Path(train).expanduser())
        other = read_frame(Path(test).expanduser(), kinds=one.kinds)
    if drop:
        one, other = one.without(*drop), other.without(*(name for name in drop if name in other.kinds))
    return names, one, other


def _tell(found: "ShiftReport", permutations: int, target: str, language: Language) -> None:
    """Print what was found."""
    if found.left_out:
        names = ", ".join(cut(name, NAME) for name in found.left_out[:MOST_SHOWN])
        more = ", ..." if len(found.left_out) > MOST_SHOWN else ""
        print_wrapped(SAID["only"][language].format(names=names + more), hang="  ")
    separation = found.separation
    rows = " + ".join(f"{count:,}" for count in separation.rows)
    word = SAID["yes" if separation.p < LEVEL else "no"][language]
    typer.echo(SAID["apart"][language].format(found=word))
    facts = {"auc": separation.auc, "low": separation.low, "high": separation.high, "p": separation.p}
    print_wrapped(SAID["auc"][language].format(rows=rows, count=permutations, **facts), indent="  ", hang="  ")
    if separation.high < 0.5:
        print_wrapped(SAID["shared"][language], indent="  ", hang="  ")
    _tell_columns(found, language)
    _tell_weights(found.reweighting, language)
    if found.labels is not None:
        _tell_labels(found.labels, target, language)
    if found.problem:
        print_wrapped(SAID["failed"][language].format(problem=found.problem), hang="  ")
    if found.labels is not None and found.labels.actual_accuracy is not None:
        rates = {"there": 100 * found.labels.actual_accuracy, "here": 100 * found.labels.accuracy}
        print_wrapped(SAID["labelled"][language].format(**rates), hang="  ")
    else:
        print_wrapped(SAID["concept"][language], hang="  ")


def _tell_columns(found: "ShiftReport", language: Language) -> None:
    """Print a row for each test that finds a difference, the largest first."""
    moved = [column for column in found.columns if column.adjusted < LEVEL]
    typer.echo(SAID["moved"][language].format(count=len(moved), tests=len(found.columns)))
    rows = [
        [
            cut(column.name, NAME),
            column.kind,
            f"{column.distance:.3f}",
            f"{column.adjusted:.1e}" if column.adjusted > 0 else "< 1e-300",
            cut(column.before, WORDS),
            cut(column.after, WORDS),
        ]
        for column in moved[:MOST_SHOWN]
    ]
    if rows:
        show_table("", ["column", "kind", "distance", "p", "train", "test"], rows)
    if len(moved) > MOST_SHOWN:
        typer.echo(SAID["more"][language].format(count=len(moved) - MOST_SHOWN))
    for column in moved[:1]:
        if column.distance > 1 - 1e-9:
            print_wrapped(SAID["leave"][language].format(name=cut(column.name, NAME)), hang="  ")


def _tell_weights(found: "Reweighting", language: Language) -> None:
    """Print what reweighting is worth."""
    size, rows = found.effective, len(found.weights)
    facts = {"size": size, "n": rows, "share": 100 * size / rows, "mean": found.covered}
    print_wrapped(SAID["covariate"][language].format(**facts), hang="  ")
    if found.too_few:
        print_wrapped(SAID["few"][language], indent="  ", hang="  ")
    if found.uncovered:
        print_wrapped(SAID["uncovered"][language], indent="  ", hang="  ")


def _tell_labels(found: "LabelShift", target: str, language: Language) -> None:
    """Print the shares of the classes, the most frequent in training first."""
    words = {"target": cut(target, NAME), "accuracy": 100 * found.accuracy}
    print_wrapped(SAID["labels"][language].format(**words), hang="  ")
    order = sorted(range(len(found.classes)), key=lambda number: -found.before[number])
    rows = []
    for number in order[:MOST_SHOWN]:
        interval = f"[{100 * found.low[number]:.1f}, {100 * found.high[number]:.1f}]"
        shares = [f"{100 * found.before[number]:.1f}", f"{100 * found.after[number]:.1f}", interval]
        known = [f"{100 * found.actual[number]:.1f}"] if found.actual is not None else []
        rows.append([cut(found.classes[number], NAME), *shares, *known, f"{found.weights[number]:.2f}"])
    known = ["labels %"] if found.actual is not None else []
    show_table("", ["class", "train %", "estimate %", "95 %", *known, "weight"], rows)
    if len(order) > MOST_SHOWN:
        typer.echo(SAID["more"][language].format(count=len(order) - MOST_SHOWN))
    if found.negative:
        print_wrapped(SAID["negative"][language], indent="  ", hang="  ")


def _write_weights(path: Path, found: "Reweighting", names: tuple[str, ...]) -> None:
    """Write a weight for each training row, whole or not at all."""
    from d2lab.data.csv_file import write_rows

    keys = names or tuple(str(row) for row in range(1, len(found.weights) + 1))
    rows = ([key, f"{weight:.9g}"] for key, weight in zip(keys, found.weights.tolist(), strict=True))
    write_rows(path, [["file" if names else "row", "weight"], *rows])
