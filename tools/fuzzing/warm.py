"""What forked children find ready: every module imported, the parser of the command line built, nothing running."""

import contextlib
import functools
import gc
import importlib
import io
import os
import pkgutil
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import torch
import typer
from PIL import Image

import d2lab
from d2lab.cli.main import main

LATE = ("matplotlib.pyplot", "matplotlib.font_manager", "typer._adapters")
HEAVY = ("torch._dynamo", "torch.export", "torch.onnx", "onnxruntime", "timm", "torchvision.models")


def warm_up(lines: Sequence[Sequence[str]], place: Path, *, heavy: bool) -> None:
    """Import what verbs import late, and run some, so that forked children need not.

    Args:
        lines: command lines that succeed, each of a few milliseconds.
        place: the folder where they run.
        heavy: whether the verbs may need libraries of a hundred megabytes, which make every fork dearer.
    """
    torch.set_num_threads(1)  # a forked child of a process with idle workers would wait for them
    matplotlib.use("Agg")
    names = [one.name for one in pkgutil.walk_packages(d2lab.__path__, "d2lab.") if not one.name.endswith("__main__")]
    for name in (*names, *LATE, *(HEAVY if heavy else ())):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    Image.init()
    typer.main.get_command = functools.cache(typer.main.get_command)  # type: ignore[assignment]  # 0.02 s a line
    matplotlib.pyplot.figure().savefig(io.BytesIO())
    kept, here = sys.argv, Path.cwd()
    os.chdir(place)
    for line in lines:
        sys.argv = ["d2lab", *line]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
            main()
    sys.argv = kept
    os.chdir(here)
    matplotlib.pyplot.close("all")
    if threading.active_count() > 1:
        raise SystemExit(f"threads are left, which a fork would lose: {threading.enumerate()}")
    gc.collect()
    gc.freeze()  # a child's collector would copy every page of what never changes
