"""Models of chapter 16 made small enough for a processor: accuracy on Fashion-MNIST after ten epochs, over seeds.

python -m benchmarks.reduced trains what reduced.json does not hold yet, prints the table and writes it into
docs/benchmarks*.md; it goes on where it was broken off. Everything but the sizes named here is the notes' own setting.
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.vs_book.table import place

from d2lab import experiments
from d2lab.core.atomic import write_bytes, write_json
from d2lab.core.errors import D2labError, RunError
from d2lab.core.machine import describe_machine

DATA = "fashion-mnist"
RESULTS = Path(__file__).with_name("reduced.json")
DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = {"en": DOCS / "benchmarks.md", "zh": DOCS / "benchmarks.zh.md"}
BEGIN, END = "<!-- reduced: begin -->", "<!-- reduced: end -->"
HEADS = {
    "en": ("model", "smaller than in the notes", "seeds", "test accuracy", "training accuracy"),
    "zh": ("网络", "比笔记小在哪里", "种子数", "测试准确率", "训练准确率"),
}
WHOLE = {"en": "nothing", "zh": "没有"}
MODELS: dict[str, dict[str, object]] = {  # recipe: what is smaller than in the notes
    "lenet-norm": {},
    "alexnet": {"side": 67, "widths": "48,128,192,192,128", "hidden": 512},
    "resnet18": {"side": 28, "precision": "bfloat16"},
}


def train(model: str, seed: int, threads: int) -> dict[str, Any]:
    """Train from a seed to the end; return what the record says."""
    with tempfile.TemporaryDirectory() as root:
        changes = {**MODELS[model], "threads": threads}
        run = experiments.train(model, data=DATA, changes=changes, seed=seed, device="cpu", root=Path(root))
        if run.status != "finished":
            raise RunError(f"{model}, seed {seed}", got=run.status, need="a run of all epochs", fix="Start it again.")
        epochs = [row for row in run.record.rows() if "epoch" in row]
        keep = ("train_loss", "train_accuracy", "test_loss", "test_accuracy")
        return {
            "seed": seed,
            "epochs": [{name: round(row[name], 5) for name in keep} for row in epochs],
            "settings": run.record.recipe()["settings"],
            "machine": describe_machine(),
        }


def rows(results: dict[str, Any], language: str) -> list[list[str]]:
    """Return a row a model: mean and deviation over seeds of the last epoch's accuracy."""
    found = []
    for model, runs in results.items():
        train_, test = ([run["epochs"][-1][f"{part}_accuracy"] for run in runs] for part in ("train", "test"))
        spread = statistics.stdev(test) if len(test) > 1 else float("nan")
        smaller = ", ".join(f"{name}={value}" for name, value in MODELS[model].items()) or WHOLE[language]
        cells = [f"{statistics.mean(test):.4f} ± {spread:.4f}", f"{statistics.mean(train_):.4f}"]
        found.append([model, smaller, str(len(runs)), *cells])
    return found


def markdown(results: dict[str, Any], language: str) -> str:
    """Write the table for a page."""
    lines = [list(HEADS[language]), ["---", "---", "---:", "---:", "---:"], *rows(results, language)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write_pages(results: dict[str, Any]) -> None:
    """Put the table into the pages of both languages."""
    for language, page in PAGES.items():
        text = place(page.read_text(encoding="utf-8"), markdown(results, language), BEGIN, END)
        write_bytes(page, text.encode())


def main() -> int:
    """Train what is missing, then show the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reduced", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--table", action="store_true", help="only print what the file holds")
    given = parser.parse_args()
    results: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    try:
        for model in [] if given.table else MODELS:
            runs = results.setdefault(model, [])
            for seed in sorted(set(range(given.seeds)) - {run["seed"] for run in runs}):
                runs.append(train(model, seed, given.threads))
                write_json(RESULTS, results)
                print(
                    f"{model} seed {seed}: {runs[-1]['epochs'][-1]['test_accuracy']:.4f}", file=sys.stderr, flush=True
                )
    except D2labError as error:
        print(error, file=sys.stderr)
        return 2
    measured = {model: runs for model, runs in results.items() if runs}
    print("\n".join("  ".join(row) for row in rows(measured, "en")))
    if not given.table:
        write_pages(measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
