"""Assignment: which anchor answers for which object, and what it is trained to say.

Two matchings of a table of IoUs are side by side: the greedy one of the SSD and the optimal one. Pairs that do not
overlap (IoU 0) are never matched, so that neither padding nor a box without an area gets an anchor.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from d2lab.core.errors import ConfigError, DataError
from d2lab.layers.arguments import check_choice
from d2lab.vision.iou import box_iou
from d2lab.vision.offsets import WEIGHTS, Weights, encode_boxes

Matching = Literal["greedy", "hungarian"]
Table = Float[Tensor, "batch object anchor"]
Owners = Int64[Tensor, "batch anchor"]
NONE = -1
PAIRS = 2**24  # of an object and an anchor, at once: 64 MiB in float32


@dataclass(frozen=True, slots=True, eq=False)
class AnchorTargets:
    """What the anchors of a batch of images are trained to say.

    Args:
        classes: 0 for background, 1 + the object's label elsewhere.
        offsets: of the object from the anchor; 0 for background.
        positive: which anchors answer for an object.
    """

    classes: Int64[Tensor, "batch anchor"]
    offsets: Float[Tensor, "batch anchor 4"]
    positive: Bool[Tensor, "batch anchor"]


def greedy_matching(iou: Table) -> Int64[Tensor, "batch object"]:
    """Return the anchor of each object: the best pair first, then the best among what is left; -1 where none overlaps.

    Of equal IoUs the pair with the lowest object comes first, then the lowest anchor; the book puts anchors first, and
    comes to the same matching. All images advance together: an object's best anchor is searched once, and again only if
    another object took it.

    Source: Liu et al. 2016, "SSD", section 2.2, "Matching strategy", after Erhan et al. 2014, "Scalable Object
        Detection using Deep Neural Networks".
    Twin: the first part of the book's `assign_anchor_to_bbox`, where all IoUs are above 0.

    Args:
        iou: of every object with every anchor, 0 for padding.

    Raises:
        DataError: an IoU is not finite.

    >>> greedy_matching(torch.tensor([[[0.1, 0.7, 0.3, 0.52], [0.6, 0.75, 0.2, 0.1]]])).tolist()
    [[3, 1]]
    """
    batch, objects, anchors = iou.shape
    chosen = torch.full((batch, objects), NONE, device=iou.device)
    if not iou.numel():
        return chosen
    taken = torch.zeros(batch, anchors, dtype=torch.bool, device=iou.device)
    best, at = iou.max(2)  # batch object; the first of equal anchors
    _check_finite(best)
    for _ in range(objects):
        top, which = best.max(1)  # the first of equal objects
        image = (top > 0).nonzero().flatten()
        if not len(image):
            break
        which = which[image]
        anchor = at[image, which]
        chosen[image, which] = anchor
        taken[image, anchor] = True
        best[image, which] = NONE
        stale = (best[image] > 0) & (at[image] == anchor.unsqueeze(1))
        row, other = stale.nonzero(as_tuple=True)
        if len(row):
            again = iou[image[row], other].masked_fill(taken[image[row]], NONE).max(1)
            best[image[row], other], at[image[row], other] = again.values, again.indices
    return chosen


def hungarian_matching(iou: Table) -> Int64[Tensor, "batch object"]:
    """Return the anchor of each object such that the sum of their IoUs is largest; -1 where that leaves it without one.

    Source: Kuhn 1955, "The Hungarian Method for the Assignment Problem"; for detectors Carion et al. 2020, "End-to-End
        Object Detection with Transformers", eq. 1.
    Twin: scipy.optimize.linear_sum_assignment, which computes it on the processor, image by image.

    Args:
        iou: of every object with every anchor, 0 for padding.

    Raises:
        DataError: an IoU is not finite.

    >>> hungarian_matching(torch.tensor([[[0.1, 0.7, 0.3, 0.52], [0.6, 0.75, 0.2, 0.1]]])).tolist()
    [[1, 0]]
    """
    from scipy.optimize import linear_sum_assignment

    _check_finite(iou)
    chosen = torch.full(iou.shape[:2], NONE)
    for image, table in enumerate(iou.detach().double().cpu()):
        objects, anchors = (torch.from_numpy(part).long() for part in linear_sum_assignment(table, maximize=True))
        overlap = table[objects, anchors] > 0
        chosen[image, objects[overlap]] = anchors[overlap]
    return chosen.to(iou.device)


MATCHINGS: dict[str, Callable[[Tensor], Tensor]] = {"greedy": greedy_matching, "hungarian": hungarian_matching}


def assign_anchors(
    anchors: Float[Tensor, "anchor 4"],
    boxes: Float[Tensor, "batch most 4"],
    count: Int64[Tensor, " batch"],
    *,
    threshold: float = 0.5,
    matching: Matching = "greedy",
) -> Owners:
    """Return the object that each anchor answers for, -1 for background.

    Every object gets the anchor that it is matched with; then every other anchor gets the object that it overlaps most,
    if their IoU is at least `threshold` (the lowest object of equal ones).

    Source: Liu et al. 2016, "SSD", section 2.2, "Matching strategy".
    Changed: rows beyond the count are ignored, as is an object that overlaps no anchor that is left; the book's
        `assign_anchor_to_bbox` gives both an anchor.
    Cost: a table of 2^24 pairs at a time, 64 MiB in float32.

    Args:
        anchors: (left, top, right, bottom).
        boxes: of the objects, in the same unit, padded to `most` rows an image.
        count: how many rows of each image are real.
        threshold: IoU from which an anchor is an object's, above 0 and at most 1.
        matching: how objects find their first anchor.

    Raises:
        ConfigError: the threshold is outside its range, or the matching is unknown.
        DataError: a count is below 0 or above `most`, a real box is not finite, or shapes do not fit.
    """
    check_choice("matching", matching, tuple(MATCHINGS))
    if not 0 < threshold <= 1:
        raise ConfigError("threshold", got=threshold, need="above 0 and at most 1, an IoU")
    real = real_rows(boxes, count)
    at_once = max(1, PAIRS // max(1, boxes.shape[1] * len(anchors)))
    parts = zip(torch.split(boxes, at_once), torch.split(real, at_once), strict=True)
    return torch.cat([_assigned(anchors, part, mask, threshold, MATCHINGS[matching]) for part, mask in parts])


def anchor_targets(
    anchors: Float[Tensor, "anchor 4"],
    boxes: Float[Tensor, "batch most 4"],
    labels: Int64[Tensor, "batch most"],
    count: Int64[Tensor, " batch"],
    *,
    threshold: float = 0.5,
    matching: Matching = "greedy",
    weights: Weights = WEIGHTS,
    eps: float = 0.0,
) -> AnchorTargets:
    """Return the class and the offsets that every anchor is trained to predict.

    Source: Liu et al. 2016, "SSD", section 2.2.
    Changed: see `assign_anchors`.
    Twin: the book's `multibox_target`, bit for bit, with eps = 1e-6 and as many real rows in each image.

    Args:
        anchors: (left, top, right, bottom), each with an area.
        boxes: of the objects, in the same unit, padded to `most` rows an image.
        labels: of the objects, from 0 on.
        count: how many rows of each image are real.
        threshold: IoU from which an anchor is an object's.
        matching: how objects find their first anchor.
        weights: of the offsets, see `encode_boxes`.
        eps: of the offsets, see `encode_boxes`.

    Raises:
        ConfigError: a setting is out of its range.
        DataError: a real label is below 0, or `assign_anchors` refuses the boxes.
    """
    owners = assign_anchors(anchors, boxes, count, threshold=threshold, matching=matching)
    if labels.shape != boxes.shape[:2] or bool((labels < 0)[real_rows(boxes, count)].any()):
        raise DataError("labels", got=labels.tolist(), need="0 or more, one for each real box")
    positive = owners >= 0
    image, anchor = positive.nonzero(as_tuple=True)
    owner = owners[image, anchor]
    classes = torch.zeros_like(owners)
    classes[image, anchor] = labels[image, owner] + 1
    offsets = boxes.new_zeros(*owners.shape, 4)
    offsets[image, anchor] = encode_boxes(anchors[anchor].to(boxes.dtype), boxes[image, owner], weights, eps)
    return AnchorTargets(classes, offsets, positive)


def real_rows(boxes: Float[Tensor, "batch most 4"], count: Int64[Tensor, " batch"]) -> Bool[Tensor, "batch most"]:
    """Return which rows of padded boxes are no padding.

    Args:
        boxes: of the objects, padded to `most` rows an image.
        count: how many rows of each image are real.

    Raises:
        DataError: a count is below 0 or above `most`, or a real box is not finite.
    """
    if count.shape != boxes.shape[:1] or bool(((count < 0) | (count > boxes.shape[1])).any()):
        need = f"{len(boxes)} numbers from 0 to {boxes.shape[1]}, one for each image"
        raise DataError("the count of boxes", got=count.tolist(), need=need)
    real = torch.arange(boxes.shape[1], device=boxes.device) < count.unsqueeze(1)
    if not bool(boxes[real].isfinite().all()):
        raise DataError("the boxes of objects", got=math.nan, need="finite numbers in each row within the count")
    return real


def _assigned(
    anchors: Tensor, boxes: Tensor, real: Tensor, threshold: float, matching: Callable[[Tensor], Tensor]
) -> Tensor:
    """Assign the anchors of some images."""
    if not boxes.shape[1] or not len(anchors):
        return torch.full((len(boxes), len(anchors)), NONE, device=boxes.device)
    iou = box_iou(boxes, anchors.to(boxes.dtype)).masked_fill_(~real.unsqueeze(2), 0)  # batch object anchor
    most, nearest = iou.max(1)
    owners = nearest.where(most >= threshold, NONE)
    chosen = matching(iou)
    image, owner = (chosen >= 0).nonzero(as_tuple=True)
    owners[image, chosen[image, owner]] = owner
    return owners


def _check_finite(iou: Tensor) -> None:
    if not bool(iou.isfinite().all()):
        raise DataError("a table of IoUs", got=math.nan, need="finite numbers, 0 for padding")
