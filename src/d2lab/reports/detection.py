"""Figures of a detector's run: detections on images, precision and recall, errors by kind, what each level found."""

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from d2lab.core.tensor_tree import Tree, concatenate, map_tensors
from d2lab.data.batch import Batch
from d2lab.data.split import Split
from d2lab.experiments.trained import Trained
from d2lab.metrics import AveragePrecision, Metric
from d2lab.metrics.curve import interpolate
from d2lab.metrics.detection_errors import RIGHT, DetectionErrors, detection_errors
from d2lab.plot import save_both
from d2lab.plot.box_grid import BoxPanel, box_grid
from d2lab.plot.boxes import MarkedBoxes, box_names
from d2lab.plot.counts import count_table, counts
from d2lab.plot.precision_recall import PrecisionCurve, precision_recall
from d2lab.reports.chosen import choose_examples
from d2lab.train.detection import Detection
from d2lab.train.evaluate import evaluate
from d2lab.vision.boxes import box_area
from d2lab.vision.preparation import as_images

SHOWN, COLUMNS = 20, 5  # images in the figure of detections
IOU, NEAR = 0.5, 0.1  # from which a box is right, and from which it belongs to an object at all
SIZES = 3  # groups of objects by size, as many in each


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a detector found on a test split.

    Args:
        errors: what became of every detection and object.
        precision: average precision at IoU .5, with its curves.
        levels: level of anchors that each detection is from, by falling score; none for a detector without anchors.
        anchors: of the detector, pixels; none for one without.
    """

    errors: DetectionErrors
    precision: AveragePrecision
    levels: Int64[Tensor, "image box"] | None
    anchors: Float[Tensor, "anchor 4"] | None


class _Gathered(Metric):
    """Keeps detections and objects of all images."""

    def __init__(self, task: Detection) -> None:
        super().__init__()
        self.task, self.anchors = task, None
        self.found: list[Tree] = []
        self.objects: list[Tree] = []
        self.levels: list[Tensor] = []

    def update(self, outputs: Tree, batch: Batch) -> None:
        """Detect, and note which level of anchors each detection is from."""
        said: Any = outputs
        found = self.task.predict(said)
        self.found.append(map_tensors(Tensor.cpu, found))
        self.objects.append(map_tensors(Tensor.cpu, batch.targets))
        boxes = self.task.candidates(said)[1]
        if "anchors" in said and said["anchors"].shape == boxes.shape[1:]:  # not those that only propose
            self.anchors = said["anchors"].float().cpu()
            self.levels.append(sources(found["boxes"], boxes, anchor_levels(said["anchors"])).cpu())

    def compute(self) -> dict[str, float]:
        """Return nothing: what was gathered is read as it is."""
        return {}


def draw_detection(trained: Trained, split: Split) -> list[Path]:
    """Draw the figures of a detector's run into its folder; return paths of the light PNGs.

    Args:
        trained: the opened run.
        split: test images.
    """
    answers, out = answers_on(trained, split), trained.record.folder
    score = answers.errors.best_score()
    paths = [_draw_examples(trained, split, answers.errors, score, out / "detections")]
    paths.append(_draw_errors(trained, answers.errors, score, out / "errors"))
    if bool(answers.errors.counted().any()):
        paths.append(_draw_curves(trained, answers.precision, out / "precision-recall"))
        if answers.levels is not None:
            paths.append(_draw_levels(trained, answers, score, out / "levels"))
    return paths


def answers_on(trained: Trained, split: Split) -> Answers:
    """Return what a run's detector finds on a split, judged at IoU .5."""
    task = trained.experiment.task
    assert isinstance(task, Detection)  # noqa: S101 (of a data set with boxes, which no other task takes)
    gathered, classes = _Gathered(task), len(trained.classes)
    evaluate(trained.model, split, task, metrics=[gathered], **trained.how())
    found: Any = concatenate(gathered.found)
    objects: Any = concatenate(gathered.objects)
    precision = AveragePrecision(classes, thresholds=(IOU,), most=max(1, found["labels"].shape[1]))
    precision.update(found, Batch(found["boxes"], objects))
    levels = torch.cat(gathered.levels) if gathered.levels else None
    errors = detection_errors(found, objects, classes, iou=IOU, near=NEAR)
    return Answers(errors, precision, levels, gathered.anchors)


def anchor_levels(anchors: Float[Tensor, "anchor 4"]) -> Int64[Tensor, " anchor"]:
    """Return the number of the feature map that each anchor belongs to.

    On one map centers come row by row; where they jump back up, the next map begins.

    Args:
        anchors: of one map after the other.
    """
    heights = anchors[:, 1] + anchors[:, 3]
    tolerance = 1e-3 * (heights.max() - heights.min())  # of roundings
    begins = heights[1:] < heights[:-1] - tolerance
    return torch.cat([begins.new_zeros(1), begins]).cumsum(0)


def sources(
    found: Float[Tensor, "image box 4"],
    candidates: Float[Tensor, "image candidate 4"],
    levels: Int64[Tensor, " candidate"],
) -> Int64[Tensor, "image box"]:
    """Return the level of the candidate that each detection is: the nearest, which is equal to it."""
    apart = [
        torch.cdist(one.float(), other.float(), p=1).argmin(1) for one, other in zip(found, candidates, strict=True)
    ]
    return levels[torch.stack(apart)]


def _draw_examples(trained: Trained, split: Split, errors: DetectionErrors, score: float, out: Path) -> Path:
    """Draw test images, up to half of them with errors."""
    missed, kept = errors.missed(score), errors.detections.scores >= score
    wrong = kept & (errors.kinds > RIGHT) & errors.detections.real
    chosen = choose_examples(~(missed.any(1) | wrong.any(1)), SHOWN)
    prepared: Any = trained.prepared(split.subset(chosen)).inputs
    panels = []
    for place, image in enumerate(chosen.tolist()):
        masks = {"missed": missed[image], "right": kept[image] & (errors.kinds[image] == RIGHT), "wrong": wrong[image]}
        marked = [_marked(errors, image, kind, mask, trained.classes) for kind, mask in masks.items()]
        pixels = as_images(prepared[place : place + 1])[0].squeeze(-1).numpy()
        panels.append(BoxPanel(image=pixels, marked=marked, caption=f"test image {image}"))
    total, objects = errors.counts(score), int(errors.counted().sum())
    bad = sum(total.values()) - total["right"] - total["missed"]
    title = f"{total['right']:,} of {objects:,} objects found, {bad:,} wrong detections"
    said = f"right: same class and IoU {IOU:g} or more; scores from {score:.2f} on, where F1 is best"
    save_both(lambda theme: box_grid(panels, theme, title=title, subtitle=said, columns=COLUMNS), out)
    return out.with_name(out.name + ".png")


def _marked(errors: DetectionErrors, image: int, kind: Any, mask: Tensor, classes: tuple[str, ...]) -> MarkedBoxes:  # noqa: ANN401
    """Return some boxes of one image: objects where they are missed, detections otherwise."""
    source = errors.objects if kind == "missed" else errors.detections
    boxes, labels = source.boxes[image][mask].numpy(), source.labels[image][mask].tolist()
    scores = None if kind == "missed" else source.scores[image][mask].tolist()
    return MarkedBoxes(boxes=boxes, names=box_names(labels, classes, scores), kind=kind)


def _draw_errors(trained: Trained, errors: DetectionErrors, score: float, out: Path) -> Path:
    numbers = errors.counts(score)
    right = numbers.pop("right")
    rows = {EXPLAINED[kind]: number for kind, number in numbers.items()}
    title = f"errors of {trained.experiment.recipe.name} by kind"
    said = f"beside {right:,} right ones; scores from {score:.2f} on; the first kind that fits"
    save_both(lambda theme: counts(rows, theme, title=title, subtitle=said, horizontal="boxes"), out)
    return out.with_name(out.name + ".png")


EXPLAINED = {
    "double": "double: a better one has the object",
    "wrong class": f"wrong class, IoU {IOU:g} or more",
    "badly placed": f"badly placed, IoU {NEAR:g} to {IOU:g}",
    "background": f"background, IoU below {NEAR:g}",
    "missed": "missed objects",
}


def _draw_curves(trained: Trained, precision: AveragePrecision, out: Path) -> Path:
    table, curves = precision.table()[:, 0, 0], {}
    for label, name in enumerate(trained.classes):
        if not bool(table[label].isnan()):
            curve = precision.curve(label, IOU)
            heights = interpolate(curve.precision).numpy()
            curves[name] = PrecisionCurve(recall=curve.recall.numpy(), precision=heights, area=float(table[label]))
    title = (
        f"AP {float(table.nanmean()):.3f} at IoU {IOU:g} ({precision.points} points), mean over {len(curves)} classes"
    )
    said = "interpolated precision: the best at this recall or a larger one; average precision at the end of each line"
    save_both(lambda theme: precision_recall(curves, theme, title=title, subtitle=said), out)
    return out.with_name(out.name + ".png")


def _draw_levels(trained: Trained, answers: Answers, score: float, out: Path) -> Path:
    """Count which level found the objects of each size."""
    rows, columns, table = found_by_level(answers, score)
    title = f"which level of {trained.experiment.recipe.name} found which objects"
    said = f"size: root of the area; rows: sizes of the anchors; IoU {IOU:g}, scores from {score:.2f} on"
    save_both(lambda theme: count_table(table.numpy(), rows, columns, theme, title=title, subtitle=said), out)
    return out.with_name(out.name + ".png")


def found_by_level(answers: Answers, score: float) -> tuple[list[str], list[str], Int64[Tensor, "row size"]]:
    """Return names of the levels and of groups of objects by size, and how many of each group each level found.

    Groups have about as many objects each; the last row counts the missed ones.

    Args:
        answers: of a detector with anchors.
        score: below which a detection is left out.
    """
    errors, anchors = answers.errors, answers.anchors
    assert answers.levels is not None  # noqa: S101 (the caller has looked)
    assert anchors is not None  # noqa: S101
    sizes, counted = errors.objects.area.sqrt(), errors.counted()  # image object
    limits = torch.unique(sizes[counted].quantile(torch.linspace(0, 1, SIZES + 1, dtype=sizes.dtype)))
    group = (torch.bucketize(sizes, limits, right=True) - 1).clamp(0, max(len(limits) - 2, 0))  # image object
    columns = [f"{low:.0f} to {high:.0f} px" for low, high in itertools.pairwise(limits.tolist())]
    columns = columns or [f"{limits[0]:.0f} px"]
    own = anchor_levels(anchors)
    spans = [box_area(anchors[own == level]).sqrt() for level in range(int(own.max()) + 1)]
    rows = [f"level {number}: {span.min():.0f} to {span.max():.0f} px" for number, span in enumerate(spans, start=1)]
    table = torch.zeros(len(rows) + 1, len(columns), dtype=torch.int64)
    right = (errors.kinds == RIGHT) & (errors.detections.scores >= score)  # image box
    groups = group.gather(1, errors.owners.clamp(min=0))[right]
    table.index_put_((answers.levels[right], groups), torch.ones_like(groups), accumulate=True)
    lost = group[errors.missed(score)]
    table[-1] = lost.bincount(minlength=len(columns))
    return [*rows, "missed"], columns, table
