"""Errors of a detector's anchors, as the book reports them, beside those of a detector that finds nothing.

Nearly all anchors are background, and the offsets of background count as 0 errors: both figures are small whatever the
model does. Only average precision says whether objects are found.
"""

from typing import Any

import torch
from torch import Tensor

from d2lab.core.tensor_tree import Tree
from d2lab.data.batch import Batch
from d2lab.metrics.metric import Metric, ratio
from d2lab.vision.assign import Matching, anchor_targets


class AnchorErrors(Metric):
    """Share of anchors whose most probable class is wrong, and mean absolute error of the offsets over all anchors.

    Beside them stand the same two of the answer "background everywhere, no offset".

    Outputs are a dict of `logits` `[batch, anchor, 1 + class]`, `offsets` `[batch, anchor, 4]` and `anchors`
    `[anchor, 4]`, targets one of `boxes`, `labels` and `count`.

    Source: Dive into Deep Learning, section "Single Shot Multibox Detection", `cls_eval` and `bbox_eval`; there over
        the training set, as the weights change.

    Args:
        iou_threshold: IoU from which an anchor is an object's.
        matching: how objects find their first anchor.
    """

    def __init__(self, *, iou_threshold: float = 0.5, matching: Matching = "greedy") -> None:
        super().__init__()
        self.iou_threshold, self.matching = iou_threshold, matching

    def update(self, outputs: Tree, batch: Batch) -> None:
        """Assign the anchors and add up what is wrong."""
        said: Any = outputs
        true: Any = batch.targets
        anchors, offsets = said["anchors"], said["offsets"].float()
        targets = anchor_targets(
            anchors.float(),
            true["boxes"].float(),
            true["labels"],
            true["count"],
            threshold=self.iou_threshold,
            matching=self.matching,
        )
        positive = targets.positive
        self.add("anchors", torch.tensor(positive.numel(), device=positive.device))
        self.add("wrong", (said["logits"].argmax(2) != targets.classes).sum())
        self.add("objects", positive.sum())
        self.add("error", _total((offsets - targets.offsets)[positive]))
        self.add("size", _total(targets.offsets[positive]))

    def compute(self) -> dict[str, float]:
        """Return `class_error`, `class_error_background`, `box_mae` and `box_mae_zero`."""
        counted = self.sums.get("anchors")
        numbers = None if counted is None else 4 * counted
        return {
            "class_error": ratio(self.sums.get("wrong"), counted),
            "class_error_background": ratio(self.sums.get("objects"), counted),
            "box_mae": ratio(self.sums.get("error"), numbers),
            "box_mae_zero": ratio(self.sums.get("size"), numbers),
        }


def _total(offsets: Tensor) -> Tensor:
    """Add up absolute values; in float64 where the device has it."""
    kind = torch.float32 if offsets.device.type == "mps" else torch.float64  # Apple's GPU has no float64
    return offsets.abs().sum(dtype=kind)
