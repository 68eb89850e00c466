"""Damage records, data files and command lines as a seed says, and see that each is answered in a line.

    python -m tools.fuzz records|data|commands [--cases 300] [--seed 0] [--only N] [--minutes M]

A case must end within 20 s with success, or with one line that begins `d2lab: ` and exit code 2. Counted as faults:
a traceback, a signal, a hang, a file written, moved or deleted outside the case's folder, another program started, and
a damaged record that goes on to other weights without a word. Each fault is told with the command that repeats it.
"""

import argparse
import contextlib
import importlib
import io
import pkgutil
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

import matplotlib
import torch
from PIL import Image
from tools.fuzzing.case import Case
from tools.fuzzing.commands import Commands
from tools.fuzzing.data import Data
from tools.fuzzing.records import Records

import d2lab

KINDS = {"records": Records, "data": Data, "commands": Commands}


def main() -> int:
    """Run the cases of a kind; 1 when there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int)
    parser.add_argument("--minutes", type=float, default=60.0)
    options = parser.parse_args()
    torch.set_num_threads(1)  # a forked child of a process with idle workers would wait for them
    matplotlib.use("Agg")
    with tempfile.TemporaryDirectory(prefix="fuzz") as folder:
        base = Path(folder).resolve()
        kind = KINDS[options.kind](base)
        warm_up()
        faults = kind.learn_answers(fresh(base)[0])
        for fault in faults:
            sys.stdout.write(f"FAULT before any damage: {fault}\n")
        last = options.first + options.cases
        numbers = [options.only] if options.only is not None else range(options.first, last)
        end, slowest, done, worst = time.monotonic() + 60 * options.minutes, 0.0, 0, 0
        for number in numbers:
            if time.monotonic() > end:
                break
            case = one_case(kind, f"{options.kind} {options.seed} {number}", base)
            if any(fault.startswith("hang") for fault in case.faults):  # the machine may have been busy
                case = one_case(kind, f"{options.kind} {options.seed} {number}", base)
            done += 1
            slowest, worst = max((slowest, worst), (case.seconds, number))
            for fault in case.faults:
                again = f"python -m tools.fuzz {options.kind} --seed {options.seed} --only {number}"
                faults.append(fault)
                sys.stdout.write(f"FAULT {fault}\n    again: {again}\n")
                sys.stdout.flush()
            if options.only is not None:
                for step in case.steps:
                    sys.stdout.write(f"{step.name}: {step.code}\n{step.out}{step.err}")
    sys.stdout.write(
        f"{options.kind}: {done} cases, {len(faults)} faults; the slowest ({worst}) took {slowest:.1f} s\n"
    )
    return 1 if faults else 0


def fresh(base: Path) -> tuple[Path, Path]:
    """Return an empty folder for a case, and one beside it that nothing may touch."""
    case, victim = base / "case", base / "case" / "victim"
    shutil.rmtree(case, ignore_errors=True)
    (case / "place").mkdir(parents=True)
    victim.mkdir()
    (victim / "file").write_text("kept")
    (victim / "state.json").write_text("{}")
    return case / "place", victim


def one_case(kind: Records | Data | Commands, seed: str, base: Path) -> Case:
    """Run a case, and look whether what lies beside its folder is as it was."""
    place, victim = fresh(base)
    case = kind.run(random.Random(seed), place, victim)
    found = {path.name: path.read_bytes() for path in victim.iterdir() if path.is_file()}
    if found != {"file": b"kept", "state.json": b"{}"} or {path.name for path in place.parent.iterdir()} - BESIDE:
        case.faults.append("outside: what lies beside the case's folder was changed")
    return case


BESIDE = {"place", "victim", "stdout", "stderr"}


def warm_up() -> None:
    """Import here what verbs import late, so that forked children need not."""
    names = [one.name for one in pkgutil.walk_packages(d2lab.__path__, "d2lab.") if not one.name.endswith("__main__")]
    others = (
        "matplotlib.pyplot",
        "matplotlib.font_manager",
        "torch._dynamo",
        "torch.export",
        "torch.onnx",
        "onnxruntime",
    )
    for name in (*names, *others):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    matplotlib.pyplot.figure().savefig(io.BytesIO())
    Image.init()


if __name__ == "__main__":
    sys.exit(main())
