"""What kind of error each wrong detection is, and which objects are missed.

Source: Bolya, Foley, Hays, Hoffman 2020, "TIDE: A General Toolbox for Identifying Object Detection Errors", section
2.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int64
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.metrics.match import box_overlaps, match_detections
from d2lab.metrics.padded_boxes import Boxes, check_boxes

RIGHT, DOUBLE, WRONG_CLASS, BADLY_PLACED, BACKGROUND, IGNORED, PADDING = range(7)  # what a detection is
ERRORS = {DOUBLE: "double", WRONG_CLASS: "wrong class", BADLY_PLACED: "badly placed", BACKGROUND: "background"}


@dataclass(frozen=True, slots=True, eq=False)
class DetectionErrors:
    """What became of the detections and objects of some images.

    Args:
        detections: by falling score.
        objects: in the order they were given.
        kinds: RIGHT, one of ERRORS, IGNORED (matched to a crowd or a difficult object) or PADDING.
        owners: object of each right or ignored detection; -1 for others.
    """

    detections: Boxes
    objects: Boxes
    kinds: Int64[Tensor, "image box"]
    owners: Int64[Tensor, "image box"]

    def counted(self) -> Bool[Tensor, "image object_"]:
        """Return which objects are to be found: all but padding, crowds and difficult ones."""
        return self.objects.real & ~self.objects.crowd & ~self.objects.difficult

    def missed(self, min_score: float = 0.0) -> Bool[Tensor, "image object_"]:
        """Return which objects no right detection of this score or more has found, whatever else lies there."""
        right = (self.kinds == RIGHT) & (self.detections.scores >= min_score)  # image box
        number = torch.arange(self.objects.labels.shape[1], device=self.owners.device)
        found = ((self.owners.unsqueeze(2) == number) & right.unsqueeze(2)).any(1)  # image object
        return self.counted() & ~found

    def counts(self, min_score: float = 0.0) -> dict[str, int]:
        """Count right detections, wrong ones by kind, and missed objects.

        Args:
            min_score: below which a detection is left out.
        """
        kept = self.kinds[self.detections.scores >= min_score]
        by_kind = {name: int((kept == kind).sum()) for kind, name in ({RIGHT: "right"} | ERRORS).items()}
        return by_kind | {"missed": int(self.missed(min_score).sum())}

    def best_score(self) -> float:
        """Return the score from which on F1 over all classes is best; the highest of equals, 0 without a detection.

        F1 is the harmonic mean of precision and recall: 2 right / (detections + objects).
        """
        judged = (self.kinds == RIGHT) | torch.isin(self.kinds, torch.tensor(list(ERRORS), device=self.kinds.device))
        if not bool(judged.any()):
            return 0.0
        scores, order = self.detections.scores[judged].sort(descending=True, stable=True)
        hits = (self.kinds[judged][order] == RIGHT).cumsum(0)  # detection
        places = torch.arange(1, len(scores) + 1, device=scores.device)
        f1 = 2 * hits / (places + self.counted().sum())
        last = torch.cat([scores[1:] != scores[:-1], scores.new_ones(1, dtype=torch.bool)])  # equals come together
        return float(scores[torch.where(last, f1, -1).argmax()])


def detection_errors(
    detections: Mapping[str, Tensor],
    objects: Mapping[str, Tensor],
    classes: int,
    *,
    iou: float = 0.5,
    near: float = 0.1,
) -> DetectionErrors:
    """Return of each detection whether it is right, and what kind of error it is otherwise.

    A detection is right as average precision counts it: its IoU with an object of its class is `iou` or more, and no
    detection of a higher score has that object. What is not right is the first of these that fits:

    - double: it overlaps an object of its class by `iou`, which a better detection has;
    - wrong class: it overlaps an object of another class by `iou`;
    - badly placed: it overlaps some object by `near`;
    - background: it overlaps none by as much.

    Source: Bolya et al. 2020, "TIDE", section 2.2.
    Changed: TIDE keeps "badly placed" for objects of the detection's class, and has a kind "both" for those of another
        class; it does not count an object as missed that a badly placed or wrongly named detection covers.

    Args:
        detections: a dict of `boxes`, `labels`, `scores` and `count`, as `AveragePrecision` reads it.
        objects: likewise, without scores; it may have `crowd` and `difficult`.
        classes: number of classes.
        iou: from which a box is in its place.
        near: from which it belongs to an object at all.

    Raises:
        ConfigError: the overlaps are not 0 < near < iou <= 1, or the dicts are not such.
    """
    if not 0 < near < iou <= 1:
        raise ConfigError("near and iou", got=(near, iou), need="0 < near < iou <= 1")
    check_boxes("the detections", detections, classes, scored=True)
    check_boxes("the objects", objects, classes, scored=False)
    found, truth = Boxes.of(detections).by_score(), Boxes.of(objects)
    overlaps = box_overlaps(found.boxes, truth.boxes, truth.crowd)  # image box object
    overlaps = overlaps.where(truth.real.unsqueeze(1) & found.real.unsqueeze(2), -1)
    own = found.labels.unsqueeze(2) == truth.labels.unsqueeze(1)  # image box object
    same, other = (_most(overlaps.where(mask, -1)) for mask in (own, ~own))  # image box
    shared = truth.crowd | truth.difficult
    pairs, limits = overlaps.where(own, -1), overlaps.new_tensor([iou])
    owners = match_detections(pairs, shared.unsqueeze(1), shared, limits)[:, 0, 0]  # image box
    kinds = torch.full_like(owners, BACKGROUND)
    kinds[torch.maximum(same, other) >= near] = BADLY_PLACED
    kinds[other >= iou] = WRONG_CLASS
    kinds[same >= iou] = DOUBLE
    matched = owners >= 0
    kinds[matched] = RIGHT
    if shared.shape[1]:
        kinds[matched & shared.gather(1, owners.clamp(min=0))] = IGNORED
    kinds[~found.real] = PADDING
    return DetectionErrors(found, truth, kinds, owners)


def _most(overlaps: Tensor) -> Tensor:
    """Return the largest overlap of each detection; -1 where there is no object."""
    return overlaps.amax(2) if overlaps.shape[2] else overlaps.new_full(overlaps.shape[:2], -1)
