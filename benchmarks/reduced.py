"""Nets of chapter 16 made small enough for a processor: accuracy on Fashion-MNIST after ten epochs, over seeds.

python -m benchmarks.reduced trains what reduced.json does not hold yet, and prints the table; it goes on where it was
broken off. Everything but the sizes named here is the notes' own setting.
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from d2lab import recipes
from d2lab.core.atomic import write_json
from d2lab.core.errors import D2labError
from d2lab.core.machine import describe_machine

DATA = "fashion-mnist"
RESULTS = Path(__file__).with_name("reduced.json")
NETS: dict[str, dict[str, object]] = {  # recipe: what is smaller than in the notes
    "lenet-norm": {},
    "alexnet": {"side": 67, "widths": "48,128,192,192,128", "hidden": 512},
    "resnet18": {"side": 28, "precision": "bfloat16"},
}


def train(net: str, seed: int, threads: int) -> dict[str, Any]:
    """Train from a seed to the end; give what the record says."""
    with tempfile.TemporaryDirectory() as root:
        changes = {**NETS[net], "threads": threads}
        run = recipes.train(net, data=DATA, changes=changes, seed=seed, device="cpu", root=Path(root))
        epochs = [row for row in run.record.rows() if "epoch" in row]
        keep = ("train_loss", "train_accuracy", "test_loss", "test_accuracy")
        return {
            "seed": seed,
            "epochs": [{name: round(row[name], 5) for name in keep} for row in epochs],
            "settings": run.record.recipe()["settings"],
            "machine": describe_machine(),
        }


def table(results: dict[str, Any]) -> list[str]:
    """Write a line a net: mean and deviation over seeds of the last epoch's accuracy."""
    lines = []
    for net, runs in results.items():
        train_, test = ([run["epochs"][-1][f"{part}_accuracy"] for run in runs] for part in ("train", "test"))
        spread = statistics.stdev(test) if len(test) > 1 else float("nan")
        smaller = ", ".join(f"{name}={value}" for name, value in NETS[net].items()) or "the notes' size"
        mean = f"{statistics.mean(test):.4f} ± {spread:.4f}"
        lines.append(f"{net:<12} test {mean} ({len(runs)} seeds)  train {statistics.mean(train_):.4f}  {smaller}")
    return lines


def main() -> int:
    """Train what is missing, then print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reduced", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--table", action="store_true", help="only print what the file holds")
    given = parser.parse_args()
    results: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    try:
        for net in [] if given.table else NETS:
            runs = results.setdefault(net, [])
            for seed in sorted(set(range(given.seeds)) - {run["seed"] for run in runs}):
                runs.append(train(net, seed, given.threads))
                write_json(RESULTS, results)
                print(f"{net} seed {seed}: {runs[-1]['epochs'][-1]['test_accuracy']:.4f}", file=sys.stderr, flush=True)
    except D2labError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(table({net: runs for net, runs in results.items() if runs})))
    return 0


if __name__ == "__main__":
    sys.exit(main())
