"""Detections: what a detector found in each image, after weak and overlapping boxes are gone."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from d2lab.core.errors import ConfigError, DataError
from d2lab.layers.arguments import check_counts
from d2lab.vision.suppress import batched_nms, nms


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Boxes found in each image of a batch, by falling score; rows beyond the count are 0.

    Args:
        boxes: (left, top, right, bottom).
        labels: class of each, from 0 on.
        scores: of each.
        rows: which of the boxes that were given each is.
        count: how many rows of each image are real.
    """

    boxes: Float[Tensor, "batch most 4"]
    labels: Int64[Tensor, "batch most"]
    scores: Float[Tensor, "batch most"]
    rows: Int64[Tensor, "batch most"]
    count: Int64[Tensor, " batch"]


def detect(
    scores: Float[Tensor, "batch box class_"],
    boxes: Float[Tensor, "batch box 4"],
    *,
    min_score: float = 0.01,
    iou_threshold: float = 0.5,
    per_class: bool = True,
    most: int = 100,
) -> Detections:
    """Return the boxes of each image that score enough and are not suppressed by a better one.

    Per class, every class of a box that scores enough is a detection, and suppresses only those of its class. All
    classes together, a box has its best class alone, and suppresses every other box.

    Source: Liu et al. 2016, "SSD", section "Inference time"; all classes together: the book's `multibox_detection`.

    Args:
        scores: of each box for each class, background left out.
        boxes: (left, top, right, bottom), decoded; of all classes alike.
        min_score: below which nothing is detected.
        iou_threshold: above which the better of two boxes stays, 0 to 1.
        per_class: suppress in each class alone, or all classes together.
        most: detections of an image that are kept.

    Raises:
        ConfigError: a setting is out of its range.
        DataError: a score is NaN, a box that scores enough is not finite, or shapes do not fit.
    """
    check_counts("detect", most=most)
    if not 0 <= iou_threshold <= 1:
        raise ConfigError("iou_threshold", got=iou_threshold, need="0 to 1, an IoU")
    if not min_score >= 0:
        raise ConfigError("min_score", got=min_score, need="0 or more")
    if scores.ndim != 3 or boxes.shape != (*scores.shape[:2], 4):
        raise DataError(
            "boxes", got=list(boxes.shape), need=f"four numbers for each row of scores {list(scores.shape)}"
        )
    if bool(scores.isnan().any()):
        raise DataError("scores", got=math.nan, need="numbers")
    scores, boxes = scores.detach(), boxes.detach()
    found = Detections(
        boxes=boxes.new_zeros(len(boxes), most, 4),
        labels=torch.zeros(len(boxes), most, dtype=torch.int64, device=boxes.device),
        scores=scores.new_zeros(len(boxes), most),
        rows=torch.zeros(len(boxes), most, dtype=torch.int64, device=boxes.device),
        count=torch.zeros(len(boxes), dtype=torch.int64, device=boxes.device),
    )
    for image, (level, around) in enumerate(zip(scores, boxes, strict=True)):
        which, label, score = _candidates(level, min_score, per_class=per_class)
        candidates = around[which]
        if per_class:
            kept = batched_nms(candidates, score, label, iou_threshold)[:most]
        else:
            kept = nms(candidates, score, iou_threshold)[:most]
        found.boxes[image, : len(kept)] = candidates[kept]
        found.labels[image, : len(kept)] = label[kept]
        found.scores[image, : len(kept)] = score[kept]
        found.rows[image, : len(kept)] = which[kept]
        found.count[image] = len(kept)
    return found


def _candidates(
    scores: Float[Tensor, "box class_"], min_score: float, *, per_class: bool
) -> tuple[Int64[Tensor, " found"], Int64[Tensor, " found"], Float[Tensor, " found"]]:
    """Return boxes, classes and scores of what scores enough in one image."""
    if per_class or not scores.shape[1]:
        which, label = (scores >= min_score).nonzero(as_tuple=True)
        return which, label, scores[which, label]
    best, label = scores.max(1)  # the first of equal classes
    which = (best >= min_score).nonzero().flatten()
    return which, label[which], best[which]
