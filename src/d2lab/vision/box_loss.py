"""Losses of boxes, (left, top, right, bottom): what they overlap, in place of how far apart their numbers are."""

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.layers.loss import Loss, reduce_loss
from d2lab.vision.boxes import check_boxes
from d2lab.vision.iou import paired_giou


class GIoULoss(Loss):
    """Compute 1 - GIoU of each box and its target, from 0 (equal boxes) to 2 (small boxes far apart).

    It has a gradient where boxes do not touch, and does not depend on the unit.

    Source: Rezatofighi et al. 2019, "Generalized Intersection over Union", algorithm 2.
    Changed: corners of predictions may come in any order; the mean over no boxes is 0.
    Twin: torchvision.ops.generalized_box_iou_loss, with eps = 0 and boxes that have an area.

    Args:
        reduction: "none", "mean" or "sum".

    Raises:
        ConfigError: the shapes differ, or the reduction is unknown.
        DataError: the boxes are no floating-point rows of four.
    """

    def __init__(self, reduction: str = "none") -> None:
        super().__init__(reduction)

    def forward(self, input: Float[Tensor, "*shape side"], target: Float[Tensor, "*other side"]) -> Tensor:
        """Return the loss of predicted boxes and targets `[..., 4]`, one each; corners of predictions in any order."""
        self._check(input, target)
        check_boxes("the input of GIoULoss", input)
        one, two = input[..., :2], input[..., 2:]  # ... 2
        ordered = torch.cat([torch.minimum(one, two), torch.maximum(one, two)], -1)  # ... 4
        losses = 1 - paired_giou(ordered, target)
        return losses.sum() if self.reduction == "mean" and not losses.numel() else reduce_loss(losses, self.reduction)
