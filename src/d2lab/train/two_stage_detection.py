"""Training a two-stage detector: the loss of its proposals, that of its boxes and classes, and that of its masks.

Source: Ren, He, Girshick, Sun 2015, "Faster R-CNN", section 3.1.2 (first stage); Girshick 2015, "Fast R-CNN", sections
2.3 (second stage); He, Gkioxari, Dollar, Girshick 2017, "Mask R-CNN", section 3 (masks).
Changed: both stages are trained together, and an image's losses are means over its samples, whatever their number.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, NamedTuple

import torch
from jaxtyping import Bool, Float, Int64
from msgspec import Meta
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from d2lab.core.bounds import Amount, Portion
from d2lab.core.errors import ConfigError
from d2lab.core.tensor_tree import Tree
from d2lab.data.batch import Batch
from d2lab.layers.loss import smooth_l1_loss
from d2lab.metrics import MaskAveragePrecision, Metric
from d2lab.train.detection import Detection, ObjectiveConfig, Outputs, SuppressionConfig
from d2lab.train.task import Model, Step
from d2lab.vision.assign import NONE, assign_anchors
from d2lab.vision.boxes import rows_within
from d2lab.vision.iou import box_iou, paired_iou
from d2lab.vision.masks import crop_masks
from d2lab.vision.offsets import encode_boxes

Overlap = Annotated[float, Meta(gt=0, le=1, description="IoU")]
Samples = Annotated[int, Meta(ge=1, le=100_000, description="boxes")]
EVALUATION_SEED = 0  # of the samples of a loss that is only reported


@dataclass(frozen=True, kw_only=True, slots=True)
class TwoStageObjective(ObjectiveConfig):
    """Settings of the losses of a two-stage detector."""

    anchor_positive: Overlap = 0.6  # from which an anchor holds an object
    anchor_negative: Overlap = 0.3  # below which it holds none; anchors between count for nothing
    anchor_samples: Samples = 64  # anchors of an image that count, at most
    proposal_positive: Overlap = 0.5  # from which a proposal is an object's, otherwise background
    proposal_samples: Samples = 32  # proposals of an image that count, at most
    positive_share: Portion = 0.5  # of the samples, at most
    offset_weight: Amount = 1.0
    mask_weight: Amount = 1.0

    def __post_init__(self) -> None:
        super(TwoStageObjective, self).__post_init__()
        if self.anchor_negative > self.anchor_positive:
            need = f"at most anchor_positive, {self.anchor_positive}"
            raise ConfigError("objective.anchor_negative", got=self.anchor_negative, need=need)

    def task(self, classes: int, suppression: SuppressionConfig) -> "TwoStageDetection":
        """Return the task with these settings."""
        return TwoStageDetection(classes=classes, suppression=suppression, objective=self)


class Matches(NamedTuple):
    """What boxes answer for: the row of an object, and whether they count as one or as background."""

    owner: Int64[Tensor, "batch box"]
    positive: Bool[Tensor, "batch box"]
    negative: Bool[Tensor, "batch box"]


@dataclass(frozen=True, kw_only=True)
class TwoStageDetection(Detection):
    """Boxes and classes by two stages, and masks where the model has a head for them.

    Targets may have `masks` [batch, most, height, width] beside the boxes, 1 for a pixel of the object. Predictions
    then have `masks` [batch, most, side, side] too: the probability of each cell within the box.

    Args:
        objective: how boxes are matched and sampled, and what errors cost.
        training: whether true boxes join the proposals and samples are drawn from torch's generator.
    """

    name = "two-stage detection"
    objective: TwoStageObjective = field(default_factory=TwoStageObjective)
    training: bool = True

    def loss(self, model: Model, batch: Batch, state: Tree = None) -> Step:
        """Return the sum of the losses of both stages, and of masks, a mean over images."""
        targets: Mapping[str, Tensor] = batch.targets
        joined = {"boxes": targets["boxes"], "count": targets["count"]} if self.training else {}
        outputs = model(batch.inputs, **joined)
        losses = self.proposal_loss(outputs, targets) + self.head_loss(outputs, targets)
        if "masks" in outputs:
            losses = losses + self.objective.mask_weight * self.mask_loss(outputs, targets)
        return Step(losses.mean(), outputs, len(batch))

    def proposal_loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> Float[Tensor, " batch"]:
        """Return the loss of the first stage for each image: does an anchor hold an object, and where is it."""
        boxes, objectness = targets["boxes"], outputs["objectness"].float()
        anchors = outputs["anchors"].float()
        found = match_anchors(anchors, boxes, targets["count"], self.objective)
        chosen, positive = self._sample(found, self.objective.anchor_samples)
        losses = binary_cross_entropy_with_logits(objectness, positive.float(), reduction="none")
        around = anchors.expand(len(boxes), -1, -1)
        located = offset_loss(outputs["anchor_offsets"], around, boxes, found.owner, positive)
        return self._mean(losses, located, chosen)

    def head_loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> Float[Tensor, " batch"]:
        """Return the loss of the second stage for each image: the class of a proposal, and where its object lies."""
        boxes, logits = targets["boxes"], outputs["logits"].float()
        found = match_proposals(outputs, targets, self.objective.proposal_positive)
        chosen, positive = self._sample(found, self.objective.proposal_samples)
        labels = targets["labels"].gather(1, found.owner) if boxes.shape[1] else found.owner
        classes = torch.where(positive, labels + 1, 0)  # 0 is background
        losses = cross_entropy(logits.transpose(1, 2), classes, reduction="none")
        located = offset_loss(outputs["offsets"], outputs["proposals"], boxes, found.owner, positive)
        return self._mean(losses, located, chosen)

    def mask_loss(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> Float[Tensor, " batch"]:
        """Return the loss of masks for each image: a binary cross-entropy of the object's class, where there is one.

        Raises:
            ConfigError: the targets have no masks.
        """
        found = match_proposals(outputs, targets, self.objective.proposal_positive)
        image, row = found.positive.nonzero(as_tuple=True)
        total = outputs["masks"].new_zeros(len(targets["count"]), dtype=torch.float32)
        if not len(image):
            return total
        if "masks" not in targets:
            fix = "Use --data scenes-masks, or --set masks=false."
            raise ConfigError("the targets", got=", ".join(targets), need="masks of the objects too", fix=fix)
        owner = found.owner[image, row]
        logits = outputs["masks"][image, row, targets["labels"][image, owner]].float()  # positive side side
        wanted = crop_masks(targets["masks"], outputs["mask_boxes"][image, row], image, owner, logits.shape[1])
        losses = binary_cross_entropy_with_logits(logits, wanted, reduction="none").mean((1, 2))
        return total.index_add(0, image, losses) / found.positive.sum(1).clamp(min=1)

    def candidates(self, outputs: Outputs) -> tuple[Float[Tensor, "batch box class_"], Float[Tensor, "batch box 4"]]:
        """Return the boxes of the second stage and their probabilities for each class; 0 beyond the count."""
        scores = outputs["logits"].float().softmax(2)[..., 1:]
        return scores * rows_within(outputs["count"], scores.shape[1]).unsqueeze(2), outputs["boxes"]

    def masks(self, outputs: Outputs) -> Float[Tensor, "batch box class_ side side"] | None:
        """Return the probability of each cell of a mask within each box, where the model has masks."""
        return outputs["masks"].float().sigmoid() if "masks" in outputs else None

    def predict(self, outputs: Outputs) -> dict[str, Tensor]:
        """Return boxes, labels, scores and count, and `masks` of each box where the model has them."""
        if "masks" not in outputs:
            return super().predict(outputs)
        found = self.detections(outputs)
        image = torch.arange(len(found.rows), device=found.rows.device).unsqueeze(1)
        masks = outputs["masks"][image, found.rows, found.labels].float().sigmoid()  # batch most side side
        plain = {"boxes": found.boxes, "labels": found.labels, "scores": found.scores, "count": found.count}
        return plain | {"masks": masks}

    def metrics(self) -> list[Metric]:
        """Return average precision of the boxes, and of the masks where there are any."""
        return [*super().metrics(), MaskAveragePrecision(self.classes, decide=self.predict)]

    def for_evaluation(self) -> "TwoStageDetection":
        """Return the task without true boxes among the proposals, and with the same samples each time."""
        return dataclasses.replace(self, training=False)

    def _sample(self, found: Matches, most: int) -> tuple[Bool[Tensor, "batch box"], Bool[Tensor, "batch box"]]:
        """Draw the boxes of each image that count; return them all, and those of them that hold an object."""
        shape, device = found.owner.shape, found.owner.device
        generator = None if self.training else torch.Generator().manual_seed(EVALUATION_SEED)
        keys = torch.rand(2, *shape, generator=generator, device="cpu" if generator else device).to(device)
        positive = drawn(found.positive, keys[0], int(most * self.objective.positive_share))
        left = most - positive.sum(1, keepdim=True)
        return positive | drawn(found.negative, keys[1], left), positive

    def _mean(self, losses: Tensor, located: Tensor, chosen: Tensor) -> Float[Tensor, " batch"]:
        """Return the mean over the samples of each image; 0 where there are none."""
        total = (losses * chosen).sum(1) + self.objective.offset_weight * located
        return total / chosen.sum(1).clamp(min=1)


def match_anchors(anchors: Tensor, boxes: Tensor, count: Tensor, objective: TwoStageObjective) -> Matches:
    """Match anchors: an object's are those that overlap it enough, and one that fits it best in any case.

    Args:
        anchors: [anchor, 4], pixels.
        boxes: of the objects, [batch, most, 4].
        count: how many rows of each image are real.
        objective: the thresholds.
    """
    owner = assign_anchors(anchors, boxes, count, threshold=objective.anchor_positive)
    padding = ~rows_within(count, boxes.shape[1])
    overlap = box_iou(boxes.float(), anchors).masked_fill(padding.unsqueeze(2), 0)  # batch object anchor
    background = (overlap < objective.anchor_negative).all(1) & (owner == NONE)
    return Matches(owner.clamp(min=0), owner != NONE, background)


def match_proposals(outputs: Outputs, targets: Mapping[str, Tensor], threshold: float) -> Matches:
    """Match each proposal to the object that it overlaps most, if their IoU is `threshold` or more.

    Args:
        outputs: has `proposals` [batch, proposal, 4] and their `count`.
        targets: has `boxes` [batch, most, 4] and their `count`.
        threshold: IoU, above 0.
    """
    proposals, boxes = outputs["proposals"], targets["boxes"]
    real = rows_within(outputs["count"], proposals.shape[1])
    if not boxes.shape[1]:
        return Matches(torch.zeros_like(real, dtype=torch.int64), torch.zeros_like(real), real)
    padding = ~rows_within(targets["count"], boxes.shape[1])
    overlap = paired_iou(proposals.unsqueeze(2), boxes.to(proposals.dtype).unsqueeze(1))  # batch proposal object
    best, owner = overlap.masked_fill(padding.unsqueeze(1), 0).max(2)
    return Matches(owner, real & (best >= threshold), real & (best < threshold))


def offset_loss(
    offsets: Float[Tensor, "batch box 4"],
    around: Float[Tensor, "batch box 4"],
    boxes: Float[Tensor, "batch most 4"],
    owner: Int64[Tensor, "batch box"],
    chosen: Bool[Tensor, "batch box"],
) -> Float[Tensor, " batch"]:
    """Return the smooth L1 loss of the offsets of the chosen boxes, summed over each image.

    Args:
        offsets: as predicted.
        around: the boxes that they start from, pixels.
        boxes: of the objects.
        owner: the row of each box's object.
        chosen: which boxes count.
    """
    image, row = chosen.nonzero(as_tuple=True)
    wanted = encode_boxes(around[image, row], boxes[image, owner[image, row]].to(around.dtype))
    losses = smooth_l1_loss(offsets[image, row].float(), wanted).sum(1)
    return losses.new_zeros(len(boxes)).index_add(0, image, losses)


def drawn(
    mask: Bool[Tensor, "batch box"], keys: Float[Tensor, "batch box"], most: int | Int64[Tensor, "batch 1"]
) -> Bool[Tensor, "batch box"]:
    """Return at most so many true entries of each row: those with the smallest keys.

    Args:
        mask: what may be drawn.
        keys: random numbers from 0 to 1.
        most: of each row.
    """
    rank = keys.masked_fill(~mask, 2).argsort(1).argsort(1)
    return mask & (rank < most)
