"""Match detections to objects, as average precision counts them: the best score chooses first, none is found twice.

Source: Everingham et al. 2010, "The Pascal Visual Object Classes (VOC) Challenge", section 4.2; the rule for crowds
and sizes is that of Lin et al. 2014, "Microsoft COCO: Common Objects in Context", as its published code has it.
"""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from d2lab.vision.boxes import box_area
from d2lab.vision.iou import intersection_and_union

Boxes = Float[Tensor, "image box 4"]
ALMOST = 1 - 1e-10  # a threshold of 1 is met by a box that is equal but for rounding


def box_overlaps(
    detections: Boxes, objects: Float[Tensor, "image object_ 4"], crowd: Bool[Tensor, "image object_"]
) -> Float[Tensor, "image box object_"]:
    """Compute the IoU of all detections and objects of an image; 0 where they do not overlap.

    A crowd is a box around many objects: how much of the detection lies in it counts, and not their union.

    Args:
        detections: (x1, y1, x2, y2), pixels.
        objects: likewise.
        crowd: which objects are crowds.
    """
    shared, union = intersection_and_union(detections.unsqueeze(2), objects.unsqueeze(1))  # image box object
    whole = torch.where(crowd.unsqueeze(1), box_area(detections).unsqueeze(2), union)
    return torch.where(shared > 0, shared / whole, 0)


def match_detections(
    overlaps: Float[Tensor, "image box object_"],
    ignored: Bool[Tensor, "image size object_"],
    shared: Bool[Tensor, "image object_"],
    thresholds: Float[Tensor, " threshold"],
) -> Int64[Tensor, "image size threshold box"]:
    """Return the object that each detection is matched to; -1 where it is matched to none.

    Detections are in order of falling score. Each takes, of the objects that it overlaps by the threshold or more and
    that no detection before it took, one that counts before one that is ignored, then the one of largest overlap; of
    equal overlaps the last. A shared object is never taken up.

    All detections choose at once: each proposes to the best object that has not refused it, and an object refuses all
    but the first that proposed. All objects agree about which detection is first, so that the one stable matching in
    which this ends is that of choosing one after another. Rounds: as many as the longest chain of refusals.

    Source: Gale and Shapley 1962, "College Admissions and the Stability of Marriage".

    Args:
        overlaps: IoU of each detection and object; -1 where the two can't be matched.
        ignored: objects that do not count, for each range of sizes.
        shared: objects that any number of detections may be matched to.
        thresholds: least overlap of a match, 0 to 1.
    """
    images, boxes, objects = overlaps.shape
    if not overlaps.numel():
        return torch.full((images, ignored.shape[1], len(thresholds), boxes), -1, device=overlaps.device)
    rank = _preference(overlaps, ignored).unsqueeze(2)  # image size 1 box object
    allowed = overlaps[:, None, None] >= thresholds.clamp(max=ALMOST)[:, None, None]  # image 1 threshold box object
    allowed = allowed.expand(-1, rank.shape[1], -1, -1, -1)  # image size threshold box object
    number = torch.arange(objects, device=overlaps.device)
    place = torch.arange(boxes, device=overlaps.device).unsqueeze(1)  # box 1
    while True:
        best, choice = torch.where(allowed, rank, -1).max(-1)  # image size threshold box
        choice = torch.where(best < 0, -1, choice)
        proposed = choice.unsqueeze(-1) == number  # image size threshold box object
        first = torch.where(proposed, place, boxes).amin(-2, keepdim=True)  # image size threshold 1 object
        refused = allowed & (place > first) & ~shared[:, None, None, None]
        if not bool(refused.any()):
            return choice
        allowed = allowed & ~refused


def _preference(
    overlaps: Float[Tensor, "image box object_"], ignored: Bool[Tensor, "image size object_"]
) -> Int64[Tensor, "image size box object_"]:
    """Rank the objects for each detection, from 0: ignored ones, then by overlap, then by number."""
    order = overlaps.argsort(dim=-1, stable=True).unsqueeze(1).expand(-1, ignored.shape[1], -1, -1)
    counts = (~ignored).unsqueeze(2).expand_as(order).gather(-1, order)  # image size box object
    return order.gather(-1, counts.byte().argsort(dim=-1, stable=True)).argsort(-1)
