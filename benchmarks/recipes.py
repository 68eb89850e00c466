"""Test accuracy of recipes as they are, on their default data, over seeds: the source of the numbers in README.

python -m benchmarks.recipes measures again and writes recipes.json; --table only prints what the file holds.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from statistics import mean
from typing import Any

from d2lab import experiments
from d2lab.core.atomic import write_json
from d2lab.core.machine import describe_machine

RESULTS = Path(__file__).with_name("recipes.json")
MEASURED = ("lenet",)
SEEDS = 3


def measure(recipe: str, seed: int) -> float:
    """Train a recipe as it is; return the accuracy on its test set."""
    with tempfile.TemporaryDirectory() as root:
        return float(experiments.train(recipe, seed=seed, device="cpu", root=Path(root)).last["test_accuracy"])


def results() -> dict[str, Any]:
    """Return what the file holds."""
    found: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


def main() -> int:
    """Measure and show."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recipes", description=__doc__)
    parser.add_argument("--table", action="store_true", help="only print what the file holds")
    if not parser.parse_args().table:
        accuracies = {recipe: [round(measure(recipe, seed), 4) for seed in range(SEEDS)] for recipe in MEASURED}
        write_json(RESULTS, {"test_accuracy": accuracies, "seeds": SEEDS, "machine": describe_machine()})
    for recipe, found in results()["test_accuracy"].items():
        print(f"{recipe}: {', '.join(f'{accuracy:.3f}' for accuracy in found)}; mean {mean(found):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
