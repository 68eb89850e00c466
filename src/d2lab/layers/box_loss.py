"""Losses of boxes, (x1, y1, x2, y2): what they overlap, in place of how far apart their numbers are."""

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.layers.loss import Loss, reduce_loss


class GIoULoss(Loss):
    """Compute 1 - GIoU of each box and its target, from 0 (equal boxes) to 2 (small boxes far apart).

    GIoU = IoU - (area of the smallest box around both - area of their union) / area of the box around both: it has a
    gradient where boxes do not touch, and does not depend on the unit.

    Source: Rezatofighi et al. 2019, "Generalized Intersection over Union", algorithm 2.
    Changed: eps is added to both divisors; the mean over no boxes is 0.
    Twin: torchvision.ops.generalized_box_iou_loss, which expects x1 <= x2 and y1 <= y2 also of predictions.

    Args:
        reduction: "none", "mean" or "sum".
        eps: added to areas that are divided by, in their unit.

    Raises:
        ConfigError: the shapes differ, the last axis is not 4, eps is below 0, or the reduction is unknown.
    """

    def __init__(self, reduction: str = "none", eps: float = 1e-7) -> None:
        super().__init__(reduction)
        if not eps >= 0:
            raise ConfigError("GIoULoss.eps", got=eps, need="0 or more")
        self.eps = eps

    def forward(self, input: Float[Tensor, "*shape side"], target: Float[Tensor, "*other side"]) -> Tensor:
        """Return the loss of predicted boxes and targets `[..., 4]`, one each; corners of predictions in any order."""
        self._check(input, target)
        if input.shape[-1] != 4:
            raise ConfigError("the input of GIoULoss", got=tuple(input.shape), need="[..., 4]: x1, y1, x2, y2")
        one, two = input[..., :2], input[..., 2:]  # ... 2
        low, high = torch.minimum(one, two), torch.maximum(one, two)
        left, right = target[..., :2], target[..., 2:]
        shared = torch.minimum(high, right) - torch.maximum(low, left)  # ... 2: sides of the intersection
        overlap = torch.where((shared > 0).all(-1), shared.prod(-1), 0)
        union = (high - low).prod(-1) + (right - left).prod(-1) - overlap
        around = (torch.maximum(high, right) - torch.minimum(low, left)).prod(-1)
        losses = 1 - overlap / (union + self.eps) + (around - union) / (around + self.eps)
        return losses.sum() if self.reduction == "mean" and not losses.numel() else reduce_loss(losses, self.reduction)
