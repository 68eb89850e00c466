"""The command `d2lab doctor`: each line says ok, or what to do."""

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from d2lab.cli.devices import device_lines
from d2lab.cli.finding import Level, Line

ENOUGH_BYTES = 2 * 10**9  # free space below which a download or a long run may fail


def doctor(
    quick: Annotated[bool, typer.Option("--quick", help="Measure nothing: no copies, no matrix products.")] = False,
) -> None:
    """Check Python, torch, devices, fonts, disk and data; exit code 1 when something must be fixed.

    For each device, bytes per second of copies (within it, to it and from it) and operations per second of matrix
    products are measured.
    """
    worst = 0
    checks: list[Callable[[], Iterator[Line]]] = [*CHECKS, partial(device_lines, measure=not quick)]
    for check in checks:
        for level, subject, finding in check():
            typer.echo(f"{level:<5}{subject:<15}{finding}")
            worst = max(worst, level == "fix")
    raise typer.Exit(int(worst))


def _python() -> Iterator[Line]:
    version = sys.version.split()[0]
    level: Level = "ok" if sys.version_info >= (3, 11) else "fix"
    yield level, "Python", version if level == "ok" else f"{version}: install 3.11 or newer"


def _torch() -> Iterator[Line]:
    try:
        import torch
    except ImportError as cause:
        yield "fix", "torch", f"does not import ({cause}): install torch again"
        return
    from d2lab.core.device import available_devices
    from d2lab.core.machine import usable_cores

    yield "ok", "torch", torch.__version__
    kinds = available_devices()
    if torch.version.cuda and "cuda" not in kinds and shutil.which("nvidia-smi"):
        yield "fix", "device", "an NVIDIA card is here but torch can't use it: update its driver"
    yield "ok", "device", f"{kinds[0]} (of {', '.join(kinds)})"
    yield "ok", "threads", f"{usable_cores()} usable cores; each model chooses 1 or all of them"


def _torchvision() -> Iterator[Line]:
    """Compare the torch that torchvision was built for with the one installed; importing it could crash."""
    try:
        requirements = metadata.requires("torchvision") or []
    except metadata.PackageNotFoundError:
        yield "ok", "torchvision", "not installed, not needed"
        return
    wanted = next((m[1] for r in requirements if (m := re.match(r"torch\s*\(?==\s*([\d.]+)", r))), None)
    have = metadata.version("torch").partition("+")[0]
    mine = metadata.version("torchvision")
    if wanted and wanted != have:
        yield "fix", "torchvision", f"{mine} needs torch {wanted}, found {have}: install both together, or remove it"
    else:
        yield "ok", "torchvision", mine


def _fonts() -> Iterator[Line]:
    from d2lab.plot import cjk_font

    font = cjk_font()
    advice = "none for Chinese: labels stay English; install Noto Sans CJK to have them"
    yield ("ok", "fonts", font) if font else ("note", "fonts", advice)


def _compiler() -> Iterator[Line]:
    from d2lab.core.machine import cpp_compiler

    found = cpp_compiler()
    yield ("ok", "compiler", found) if found else ("note", "compiler", "none: --compile won't work on the processor")


def _names() -> Iterator[Line]:
    """Look at how file names are written, and at the names of this folder."""
    coding = sys.getfilesystemencoding()
    if coding.lower().replace("-", "") != "utf8":
        advice = "names with letters beyond it can't be used: set PYTHONUTF8=1, or LC_ALL=C.UTF-8"
        yield "fix", "file names", f"{coding}: {advice}"
        return
    strange = [
        name for name in (path.name for path in Path().iterdir()) if name.encode(errors="replace").decode() != name
    ]
    if strange:
        yield "note", "file names", f"{strange[0]!r} here is not {coding}: it shows with escapes; rename it (convmv)"
    else:
        yield "ok", "file names", coding


def _home() -> Iterator[Line]:
    """Look for the home folder, where caches and progress lie unless told."""
    listed, home = True, os.environ.get("HOME") or os.environ.get("USERPROFILE")
    try:
        import pwd

        pwd.getpwuid(os.getuid())
    except ImportError:  # Windows has none
        pass
    except KeyError:
        listed = False
    if home is None and not listed:
        advice = "set HOME, or D2LAB_CACHE and D2LAB_PROGRESS, to folders that can be written"
        yield "fix", "home", f"none: no HOME, and no user of number {os.getuid()} in the list of users: {advice}"
    elif not listed:
        yield "note", "home", f"{home}; no user of number {os.getuid()} in the list of users, which does no harm"
    else:
        yield "ok", "home", home or str(Path("~").expanduser())


def _disk() -> Iterator[Line]:
    from d2lab.core.errors import D2labError
    from d2lab.data.places import cache_folder
    from d2lab.train.record import runs_folder

    for subject, find in (("data cache", cache_folder), ("runs", runs_folder)):
        try:
            folder = find()
        except D2labError as error:
            yield "fix", subject, str(error)
            continue
        there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
        free = shutil.disk_usage(there).free
        text = f"{folder}, {free / 1e9:.0f} GB free"
        if not there.is_dir() or not os.access(there, os.W_OK):
            yield "fix", subject, f"{text}, but {there} can't be written"
        elif free < ENOUGH_BYTES:
            yield "note", subject, f"{text}: little room"
        else:
            yield "ok", subject, text


def _data() -> Iterator[Line]:
    from d2lab.core.errors import D2labError
    from d2lab.data.catalog import CARDS, on_disk

    folders = [Path(entry) for entry in os.environ.get("D2LAB_DATA", "").split(os.pathsep) if entry]
    missing = [folder for folder in folders if not folder.is_dir()]
    if missing:
        yield "fix", "data", f"D2LAB_DATA names {missing[0]}, which is no folder"
        return
    try:
        states = {name: on_disk(card).state for name, card in CARDS.items() if card.files}
    except D2labError as error:  # no home folder: other lines say so
        yield "fix", "data", str(error)
        return
    yield "ok", "data", "  ".join(f"{name}: {state}" for name, state in states.items())


CHECKS: tuple[Callable[[], Iterator[Line]], ...] = (
    _python,
    _torch,
    _torchvision,
    _fonts,
    _compiler,
    _names,
    _home,
    _disk,
    _data,
)
