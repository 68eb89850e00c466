"""The task of detectors with anchors: objects assigned to anchors, a class loss, a loss of the boxes, and back.

Most anchors are background. Three remedies are settings: to divide by the anchors that answer for objects rather than
by all (`divide_by`), to count only the worst of the background (`negatives`), or to weigh what is well classified down
(`class_loss="focal"`).
"""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import torch
from jaxtyping import Bool, Float
from msgspec import Meta
from torch import Tensor
from torch.nn import functional

from d2lab.core.bounds import Amount, Portion, Positive
from d2lab.core.tensor_tree import Tree
from d2lab.data.batch import Batch
from d2lab.layers.focal_loss import SoftmaxFocalLoss
from d2lab.layers.loss import smooth_l1_loss
from d2lab.metrics import AnchorErrors, Metric
from d2lab.train.detection import Detection, ObjectiveConfig, Outputs, SuppressionConfig
from d2lab.train.task import Model, Step
from d2lab.vision.assign import AnchorTargets, Matching, anchor_targets
from d2lab.vision.box_loss import GIoULoss
from d2lab.vision.offsets import decode_boxes

LARGEST_RATIO = 1000 / 16  # of a box's side to its anchor's, as in Detectron: more is an untrained model's answer
Losses = Float[Tensor, "batch anchor"]


@dataclass(frozen=True, kw_only=True, slots=True)
class AnchorObjective(ObjectiveConfig):
    """Settings of the loss of a detector with anchors; the defaults are the book's."""

    class_loss: Literal["cross-entropy", "focal"] = "cross-entropy"  # over background and classes
    alpha: Portion = 0.25  # of focal: weight of anchors that answer for an object; background has 1 - alpha
    gamma: Amount = 2.0  # of focal: how fast the loss fades where the answer is right
    box_loss: Literal["l1", "smooth-l1", "giou"] = "l1"  # of offsets, or (giou) of the boxes that they stand for
    sigma: Positive = 1.0  # of smooth-l1: quadratic below 1 / sigma^2
    box_weight: Amount = 1.0  # of the loss of the boxes beside that of the classes
    iou_threshold: Annotated[float, Meta(gt=0, le=1, description="IoU")] = 0.5  # from which an anchor is an object's
    matching: Matching = "greedy"  # how objects find their first anchor
    negatives: Annotated[int, Meta(ge=1, le=10_000, description="anchors")] | None = None  # of background, the worst
    # for each one that answers for an object; none counts all of them
    divide_by: Literal["anchors", "objects"] = "anchors"  # all that count, or those that answer for an object

    def task(self, classes: int, suppression: SuppressionConfig) -> "AnchorDetection":
        """Return the task with these settings.

        Args:
            classes: number of classes, without background.
            suppression: which of the candidates are detections.
        """
        return AnchorDetection(classes=classes, suppression=suppression, objective=self)


@dataclass(frozen=True, kw_only=True)
class AnchorDetection(Detection):
    """Boxes and classes from anchors: `logits` `[batch, anchor, 1 + class]`, `offsets` and `anchors` (pixels).

    An image's loss is the sum over its anchors' classes plus that over the boxes of the anchors that answer for an
    object, divided by a number of anchors. The L1 loss of a box is the mean of its four offsets', as in the book; in
    the paper it is their sum, which is `box_weight=4`.

    Source: Liu et al. 2016, "SSD", section 2.2; Lin et al. 2017, "Focal Loss for Dense Object Detection".
    Changed: by default, as in the book, all of the background counts and the anchors of an image are divided by. With
        `divide_by="objects"` it is each image's own number of them, so that the loss is a mean over images; an image
        without objects has 1, and as many hard negatives as an image with one.
    Twin: the book's `calc_loss`, where every image has one object.

    Args:
        classes: number of classes, without background.
        suppression: which of the candidates are detections.
        objective: how objects are matched, and what an error costs.
    """

    name = "anchor detection"
    objective: AnchorObjective = field(default_factory=AnchorObjective)

    def loss(self, model: Model, batch: Batch, state: Tree = None) -> Step:
        """Run the model, assign its anchors to the objects, and compare."""
        outputs = model(batch.inputs)
        targets = self.targets(outputs["anchors"], batch)
        return Step(self.criterion(outputs, targets).mean(), outputs, len(batch))

    def targets(self, anchors: Float[Tensor, "anchor 4"], batch: Batch) -> AnchorTargets:
        """Return the class and the offsets that each anchor is trained to predict.

        Args:
            anchors: (left, top, right, bottom), pixels.
            batch: a prepared batch.
        """
        true, chosen = batch.targets, self.objective
        assert isinstance(true, dict)  # noqa: S101 (of a data set that `check` let pass)
        return anchor_targets(
            anchors,
            true["boxes"].to(anchors.dtype),
            true["labels"],
            true["count"],
            threshold=chosen.iou_threshold,
            matching=chosen.matching,
        )

    def criterion(self, outputs: Outputs, targets: AnchorTargets) -> Float[Tensor, " batch"]:
        """Return the loss of each image.

        Args:
            outputs: of the model.
            targets: of its anchors.
        """
        chosen, positive = self.objective, targets.positive
        losses = self._class_losses(_precise(outputs["logits"]), targets)  # batch anchor
        counted = torch.ones_like(positive)
        if chosen.negatives is not None:
            counted = positive | hardest(losses.detach(), positive, chosen.negatives)
            losses = losses * counted
        boxes = losses.new_zeros(losses.shape)
        boxes[positive] = self._box_losses(_precise(outputs["offsets"]), outputs["anchors"], targets)
        number = (counted if chosen.divide_by == "anchors" else positive).sum(1).clamp(min=1)
        return (losses + chosen.box_weight * boxes).sum(1) / number

    def _class_losses(self, logits: Float[Tensor, "batch anchor class_"], targets: AnchorTargets) -> Losses:
        """Return what the class of each anchor costs."""
        flat, classes = logits.flatten(0, 1), targets.classes.flatten()
        if self.objective.class_loss == "cross-entropy":
            losses = functional.cross_entropy(flat, classes, reduction="none")
        else:
            weight = flat.new_full((flat.shape[1],), self.objective.alpha)
            weight[0] = 1 - self.objective.alpha
            losses = SoftmaxFocalLoss(self.objective.gamma, weight, reduction="none")(flat, classes)
        return losses.view_as(targets.classes)

    def _box_losses(
        self, offsets: Float[Tensor, "batch anchor 4"], anchors: Float[Tensor, "anchor 4"], targets: AnchorTargets
    ) -> Float[Tensor, " object"]:
        """Return what the box of each anchor that answers for an object costs."""
        positive = targets.positive
        said, true = offsets[positive], targets.offsets[positive].to(offsets.dtype)
        if self.objective.box_loss == "giou":
            own = anchors.to(offsets.dtype).expand(len(positive), -1, -1)[positive]
            boxes: Tensor = GIoULoss()(decode_boxes(own, said, largest_ratio=LARGEST_RATIO), decode_boxes(own, true))
            return boxes
        if self.objective.box_loss == "smooth-l1":
            return smooth_l1_loss(said, true, sigma=self.objective.sigma).mean(1)
        return (said - true).abs().mean(1)

    def candidates(self, outputs: Outputs) -> tuple[Float[Tensor, "batch box class_"], Float[Tensor, "batch box 4"]]:
        """Return the box of every anchor and the probability of every class but background."""
        scores = _precise(outputs["logits"]).softmax(2)[..., 1:]  # batch anchor class
        offsets = _precise(outputs["offsets"])
        return scores, decode_boxes(outputs["anchors"].to(offsets.dtype), offsets, largest_ratio=LARGEST_RATIO)

    def metrics(self) -> list[Metric]:
        """Return average precision, and the errors of the anchors that say little."""
        chosen = self.objective
        return [*super().metrics(), AnchorErrors(iou_threshold=chosen.iou_threshold, matching=chosen.matching)]


def hardest(losses: Losses, positive: Bool[Tensor, "batch anchor"], each: int) -> Bool[Tensor, "batch anchor"]:
    """Return the anchors of background with the largest losses, so many for each positive anchor of their image.

    An image without objects has as many as one with a single positive anchor. Of equal losses the first anchor's comes
    first.

    Source: Liu et al. 2016, "SSD", section 2.2, "Hard negative mining", with 3.

    Args:
        losses: of the class of each anchor.
        positive: which anchors answer for an object.
        each: anchors of background for each of those.
    """
    order = losses.masked_fill(positive, -torch.inf).argsort(dim=1, descending=True, stable=True)  # batch anchor
    place = torch.arange(losses.shape[1], device=losses.device).expand_as(order)
    rank = torch.empty_like(order).scatter_(1, order, place)  # batch anchor
    return (rank < each * positive.sum(1, keepdim=True).clamp(min=1)) & ~positive


def _precise(numbers: Tensor) -> Tensor:
    return numbers.to(torch.promote_types(numbers.dtype, torch.float32))
