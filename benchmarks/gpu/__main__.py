"""python -m benchmarks.gpu: see README.md beside this file."""

import argparse
import sys
from pathlib import Path

import torch
from benchmarks.gpu import table
from benchmarks.gpu.contest import FAST_DATA, NOTES, TARGETS
from benchmarks.gpu.run import Bench, check_targets
from benchmarks.vs_book.run import check_models, read
from benchmarks.vs_book.table import place
from benchmarks.vs_book.wire import ROOT

from d2lab.core.atomic import write_bytes
from d2lab.core.device import available_devices, resolve_device
from d2lab.core.errors import ConfigError, D2labError

HERE = Path(__file__).resolve().parent
PAGES = {"en": ROOT / "docs" / "benchmarks-gpu.md", "zh": ROOT / "docs" / "benchmarks-gpu.zh.md"}


def options() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description="The notes' models on a GPU.")
    parser.add_argument(
        "--stage", choices=("notes", "cifar10", "profile", "ddp", "all"), default="notes", help="what is done"
    )
    parser.add_argument("--minutes", type=float, help="start nothing new after so many")
    parser.add_argument("--models", "--nets", default=",".join(NOTES), help="with commas between (default: all)")
    percents = ",".join(f"{100 * target:.0f}" for target in TARGETS)
    parser.add_argument("--targets", default=percents, help=f"of cifar10, percent (default {percents})")
    parser.add_argument("--data", choices=FAST_DATA, default=FAST_DATA[0], help="of the stage cifar10")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each (default 3)")
    parser.add_argument("--epochs", type=int, default=10, help="of the notes' models (default 10)")
    parser.add_argument("--device", default="auto", help="cuda, cuda:1, mps, xpu; cpu only with --quick")
    parser.add_argument("--quick", action="store_true", help="a few digits, two epochs, one seed: a try only")
    parser.add_argument("--commit", help="to write down where git is not")
    parser.add_argument("--table", action="store_true", help="only print what the file holds")
    parser.add_argument("--docs", action="store_true", help="only write the tables into docs/benchmarks-gpu*.md")
    parser.add_argument("--out", type=Path, help="results file (default results.json here; --quick: quick.json)")
    return parser


def main() -> int:
    """Measure what is missing, or only show it."""
    given = options().parse_args()
    out = (given.out or HERE / ("quick.json" if given.quick else "results.json")).absolute()
    try:
        failures = [] if given.table or given.docs else measure(given, out)
        result = read(out)
    except D2labError as error:
        print(error, file=sys.stderr)
        return 2
    if given.docs:
        for language, page in PAGES.items():
            text = place(page.read_text("utf-8"), table.markdown(result, language), table.BEGIN, table.END)
            write_bytes(page, text.encode())
    print(table.markdown(result, "en"))
    return 1 if failures else 0


def measure(given: argparse.Namespace, out: Path) -> list[str]:
    """Run a stage; give what failed.

    Raises:
        ConfigError: there is no GPU, or a choice that can't be used; nothing was measured.
    """
    if given.minutes is not None and not given.minutes > 0:
        raise ConfigError("--minutes", got=given.minutes, need="above 0")
    for name in ("seeds", "epochs"):
        if getattr(given, name) < 1:
            raise ConfigError(f"--{name}", got=getattr(given, name), need="1 or more")
    models, targets = check_models(given.models.split(","), tuple(NOTES)), check_targets(given.targets.split(","))
    device = choose_device(given.device, quick=given.quick)
    bench = Bench(out, device, quick=given.quick, data=given.data, commit=given.commit, minutes=given.minutes)
    seeds, epochs = (1, 2) if given.quick else (given.seeds, given.epochs)
    stages = {
        "notes": lambda: bench.notes(models, seeds, epochs),
        "cifar10": lambda: bench.cifar10(targets, seeds),
        "profile": bench.profiles,
        "ddp": bench.data_parallel,
        "all": lambda: bench.everything(models, targets, seeds, epochs),
    }
    stages[given.stage]()
    return bench.failures


def choose_device(name: str, *, quick: bool) -> torch.device:
    """Take a GPU; the processor only for a try.

    Raises:
        ConfigError: there is none, or no such device.
    """
    device = resolve_device(name)
    if device.type == "cpu" and not (quick and name == "cpu"):
        fix = "Try the benchmark itself with --device cpu --quick."
        raise ConfigError("a GPU", got=f"only {', '.join(available_devices())}", need="cuda, mps or xpu", fix=fix)
    return device


if __name__ == "__main__":
    sys.exit(main())
