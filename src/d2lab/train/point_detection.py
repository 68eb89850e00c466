"""Detection by points: each answers for one object or for none, and says its class and the distances to its sides."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.bounds import Amount, Portion, Positive
from d2lab.core.tensor_tree import Tree
from d2lab.data.batch import Batch
from d2lab.layers.focal_loss import FocalLoss
from d2lab.train.detection import Detection, ObjectiveConfig, Outputs, SuppressionConfig
from d2lab.train.task import Model, Step
from d2lab.vision.assign_points import assign_points, decode_distances
from d2lab.vision.box_loss import GIoULoss


@dataclass(frozen=True, kw_only=True, slots=True)
class PointObjective(ObjectiveConfig):
    """Settings of the loss of a detector of points."""

    radius: Positive = 12.0  # pixels of the input: a point this near to the center of an object may answer for it
    alpha: Portion = 0.35  # focal loss: weight of the true class; 1 - alpha is that of all others
    gamma: Amount = 1.5  # focal loss: 0 is the cross-entropy, more takes weight from what is right already
    box_weight: Amount = 2.0  # of the GIoU loss beside the focal loss

    def task(self, classes: int, suppression: SuppressionConfig) -> "PointDetection":
        """Return the task with these settings.

        Args:
            classes: number of classes, without background.
            suppression: which of the candidates are detections.
        """
        return PointDetection(classes=classes, suppression=suppression, objective=self)


@dataclass(frozen=True, kw_only=True)
class PointDetection(Detection):
    """Boxes from points: a logit for each class, and distances to the left, upper, right and lower side.

    Outputs are a dict: `logits` `[batch, point, class]`, `distances` `[batch, point, 4]`, above 0, and `points`
    `[point, 2]` (x, y), both in pixels of the input. See `vision.assign_points` for which point answers for which
    object. The loss of an image is a sum: the focal loss of all its points and classes, and `box_weight` times the GIoU
    loss of its points that answer for an object.

    Source: Tian, Shen, Chen, He 2019, "FCOS", eq. 2; Lin et al. 2017, "Focal Loss for Dense Object Detection", eq. 5;
        Rezatofighi et al. 2019, "Generalized Intersection over Union", algorithm 2.
    Changed: GIoU in place of the logarithm of IoU, with a weight; a sum where FCOS divides by the number of points that
        answer in the batch, so that an image counts alike in any batch (Adam's steps do not depend on that factor).

    Args:
        objective: settings of the loss.
    """

    name = "point detection"
    objective: PointObjective = field(default_factory=PointObjective)

    def loss(self, model: Model, batch: Batch, state: Tree = None) -> Step:
        """Return focal loss and GIoU loss, a mean over images."""
        outputs: Outputs = model(batch.inputs)
        chosen, targets, logits = self.objective, batch.targets, outputs["logits"].float()
        points, boxes = outputs["points"].float(), targets["boxes"].float()
        owners = assign_points(points, boxes, targets["count"], radius=chosen.radius)
        image, point = (owners >= 0).nonzero(as_tuple=True)
        owner = owners[image, point]
        wanted = torch.zeros_like(logits)  # batch point class
        wanted[image, point, targets["labels"][image, owner]] = 1
        focal = FocalLoss(chosen.alpha, chosen.gamma, reduction="sum")(logits, wanted)
        predicted = decode_distances(points[point], outputs["distances"][image, point].float())  # answer 4
        overlap = GIoULoss(reduction="sum")(predicted, boxes[image, owner])
        loss = (focal + chosen.box_weight * overlap) / max(1, len(batch))
        return Step(loss, dict(outputs), len(batch))

    def candidates(self, outputs: Outputs) -> tuple[Float[Tensor, "batch box class_"], Float[Tensor, "batch box 4"]]:
        """Return a box at each point, with a probability for each class."""
        boxes = decode_distances(outputs["points"].float(), outputs["distances"].float())
        return outputs["logits"].float().sigmoid(), boxes
