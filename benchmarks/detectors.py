"""The detectors: average precision on test images against processor seconds, on one thread, over seeds.

python -m benchmarks.detectors trains what detectors.json does not hold yet and prints the table; --table only prints
it. It goes on where it was broken off. Seconds are those of the process: of the training steps alone, and of the whole
run with data, an evaluation after each epoch and the record. Average precision is counted by pycocotools beside ours.
A detector that finds nothing has an average precision of 0.
"""

import argparse
import contextlib
import io
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from benchmarks import rows
from torch import Tensor

from d2lab import experiments
from d2lab.core.errors import RunError
from d2lab.core.machine import describe_machine
from d2lab.data.split import Split
from d2lab.experiments.data import load_data
from d2lab.experiments.plan import plan
from d2lab.experiments.run_loop import Run
from d2lab.train.callback import Callback
from d2lab.train.evaluate import predict
from d2lab.train.task import Step

RESULTS = Path(__file__).with_name("detectors.json")
RUNS = (  # recipe, data, budget
    ("points", "scenes", "lesson"),
    ("points", "scenes", "full"),
    ("points", "bccd", "full"),
    ("points", "cats", "full"),
    ("ssd", "scenes", "full"),
    ("ssd", "bccd", "full"),
    ("ssd", "cats", "full"),
    ("yolo", "scenes", "full"),
    ("yolo", "bccd", "full"),
    ("two-stage", "scenes", "full"),
    ("two-stage", "scenes-masks", "full"),
    ("two-stage", "bccd", "full"),
)
HEADS = (
    "recipe, data, budget",
    "epochs",
    "seeds",
    "ap50",
    "ap",
    "training, CPU s",
    "whole run, CPU s",
    "pycocotools apart by",
)


class StepSeconds(Callback):
    """Adds the processor seconds of all steps but the first of each epoch, before which an evaluation lies."""

    def __init__(self) -> None:
        self.steps = self.timed = 0
        self.seconds, self.last, self.fresh = 0.0, 0.0, True

    def on_step(self, step: int, result: Step) -> None:
        """Add the time since the step before."""
        now = time.process_time()
        if not self.fresh:
            self.seconds += now - self.last
            self.timed += 1
        self.last, self.fresh, self.steps = now, False, step

    def on_epoch(self, row: Mapping[str, Any], record: object) -> None:
        """Leave out what follows until the next epoch's first step is done."""
        self.fresh = True

    def total(self) -> float:
        """Return the seconds of all steps, those left out counted like the others."""
        return self.seconds / self.timed * self.steps


def measure(recipe: str, data: str, budget: str, seed: int) -> dict[str, Any]:
    """Train from a seed to the end; return what it came to."""
    with tempfile.TemporaryDirectory() as root:
        clock, start = StepSeconds(), time.process_time()
        asked: dict[str, Any] = {"data": data, "budget": budget, "seed": seed, "device": "cpu"}
        run = experiments.train(recipe, changes={"threads": 1}, root=Path(root), callbacks=[clock], **asked)
        whole = time.process_time() - start
        if run.status != "finished":
            raise RunError(f"{recipe}, {data}, seed {seed}", got=run.status, need="a run of all epochs")
        epochs = [row for row in run.record.rows() if "epoch" in row]
        values = {name.removeprefix("test_"): value for name, value in epochs[-1].items() if name.startswith("test_")}
        return {
            "seed": seed,
            **{name: round(values[name], 4) for name in ("ap", "ap50", "ap75", "mask_ap", "loss") if name in values},
            "training_s": round(clock.total(), 1),
            "whole_s": round(whole, 1),
            "ap50_by_epoch": [round(row["test_ap50"], 4) for row in epochs],
            "pycocotools_apart": coco_difference(run, recipe, asked, values),
            "settings": run.record.recipe()["settings"],
            "machine": describe_machine(),
        }


def coco_difference(run: Run, recipe: str, asked: dict[str, Any], values: Mapping[str, float]) -> float:
    """Return the largest difference between our ap, ap50 and ap75 of a run's test images and those of pycocotools."""
    experiment = plan(recipe, **asked)
    test = load_data(experiment)[2]
    task, device = experiment.task, torch.device("cpu")
    found = predict(run.model, test, task, prepare=experiment.preparation, device=device, batch=16)
    theirs = coco_values(found, test, len(experiment.card.classes))  # type: ignore[arg-type]
    return max(abs(values[name] - value) for name, value in zip(("ap", "ap50", "ap75"), theirs, strict=True))


def coco_values(found: dict[str, Tensor], test: Split, classes: int) -> list[float]:
    """Return AP, AP50 and AP75 as pycocotools counts them."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        objects = [one | {"iscrowd": 0, "id": at} for at, one in enumerate(_annotations(test.whole().targets), start=1)]
        images, categories = ([{"id": number} for number in range(count)] for count in (len(test), classes))
        truth.dataset = {"info": {}, "images": images, "categories": categories, "annotations": objects}
        truth.createIndex()
        judge = COCOeval(truth, truth.loadRes(_annotations(found)), "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return [float(value) for value in judge.stats[:3]]


def _annotations(boxes: Any) -> list[dict[str, Any]]:
    """Return padded boxes as the entries that COCO has for them."""
    entries = []
    for image, count in enumerate(boxes["count"].tolist()):
        for row in range(count):
            x1, y1, x2, y2 = boxes["boxes"][image, row].double().tolist()
            entry = {"image_id": image, "category_id": int(boxes["labels"][image, row]), "area": (x2 - x1) * (y2 - y1)}
            entry["bbox"] = [x1, y1, x2 - x1, y2 - y1]
            entries.append(entry | ({"score": float(boxes["scores"][image, row])} if "scores" in boxes else {}))
    return entries


def results() -> dict[str, list[dict[str, Any]]]:
    """Return what the file holds."""
    return rows.results(RESULTS)


def table(kept: Mapping[str, list[dict[str, Any]]]) -> str:
    """Return a row for each data set and budget: means, and deviations over seeds."""
    lines = [f"| {' | '.join(HEADS)} |", f"|{'---|' * len(HEADS)}"]
    for name, runs in kept.items():
        cells = [name, str(len(runs[0]["ap50_by_epoch"])), str(len(runs))]
        for key, digits in (("ap50", 3), ("ap", 3), ("training_s", 0), ("whole_s", 0)):
            cells.append(rows.spread([run[key] for run in runs], digits))
        cells.append(f"{max(run['pycocotools_apart'] for run in runs):.0e}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    """Measure what is missing, and show all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detectors", description=__doc__)
    parser.add_argument("--table", action="store_true", help="only print what the file holds")
    parser.add_argument("--only", default="", help="measure this alone, such as 'points, bccd, full'")
    parser.add_argument("--seeds", default="0,1,2", help="measure these alone")
    chosen = parser.parse_args()
    for run in () if chosen.table else RUNS:
        name = ", ".join(run)
        for seed in map(int, chosen.seeds.split(",")):
            done = [one["seed"] for one in results().get(name, [])]
            if seed not in done and chosen.only in ("", name):
                rows.keep(RESULTS, name, measure(*run, seed))
    print(table(results()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
