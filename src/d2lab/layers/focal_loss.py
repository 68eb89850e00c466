"""Focal losses: cross-entropies that weigh well-classified examples down, for data of mostly background."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.layers.activation import sigmoid, softplus
from d2lab.layers.loss import CrossEntropyLoss, Loss, Values, reduce_loss


class FocalLoss(Loss):
    """Compute the focal loss alpha_t (1 - p_t)^gamma (-log p_t) of a logit, a binary cross-entropy with a focus.

    p_t is the predicted probability of the true class; alpha_t is alpha for class 1 and 1 - alpha for class 0. A
    negative alpha leaves the factor out.

    Source: Lin et al. 2017, "Focal Loss for Dense Object Detection", eq. 5.
    Changed: the gradient is 0, and not NaN, where p_t rounds to 1 and gamma is below 1.
    Twin: torchvision.ops.sigmoid_focal_loss.

    Raises:
        ConfigError: the shapes differ, alpha is above 1, gamma is below 0, or the reduction is unknown.
    """

    def __init__(self, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none") -> None:
        super().__init__(reduction)
        if not (alpha <= 1 and gamma >= 0):
            raise ConfigError("FocalLoss", got=(alpha, gamma), need="alpha up to 1 and gamma of 0 or more")
        self.alpha, self.gamma = alpha, gamma

    def forward(self, input: Values, target: Float[Tensor, "*other"]) -> Tensor:
        """Return the loss of logits and targets 0 or 1, of one shape."""
        self._check(input, target)
        cross_entropy = (1 - target) * input + softplus(-input)  # -log p_t
        wrong = target + (1 - 2 * target) * sigmoid(input)  # 1 - p_t, without cancellation
        losses = _focused(cross_entropy, wrong, self.gamma)
        if self.alpha >= 0:
            losses = (self.alpha * target + (1 - self.alpha) * (1 - target)) * losses
        return reduce_loss(losses, self.reduction)


class SoftmaxFocalLoss(Loss):
    """Compute the focal loss alpha_t (1 - p_t)^gamma (-log p_t) of logits [batch, class, *place], p = softmax.

    p_t is the predicted probability of the target class and alpha_t its weight, 1 unless given. Targets are class
    indices [batch, *place], of which `ignore_index` is left out. A weighted mean divides by the sum of the targets'
    weights, so that gamma = 0 is the cross-entropy.

    Source: Lin et al. 2017, "Focal Loss for Dense Object Detection", eq. 5.
    Changed: classes exclude each other (softmax) where the paper has a sigmoid for each class.

    Raises:
        ConfigError: the shapes do not fit, a class index is out of range, gamma is below 0, or the reduction is
            unknown.
    """

    weight: Tensor | None

    def __init__(
        self,
        gamma: float = 2.0,
        weight: Float[Tensor, " class_"] | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        if not gamma >= 0:
            raise ConfigError("SoftmaxFocalLoss.gamma", got=gamma, need="0 or more")
        self.register_buffer("weight", weight)
        self.gamma, self.ignore_index = gamma, ignore_index
        self.cross_entropy = CrossEntropyLoss(ignore_index=ignore_index, reduction="none")

    def forward(self, input: Float[Tensor, "batch class_ *place"], target: Int64[Tensor, " batch *other"]) -> Tensor:
        """Return the loss of logits `[batch, class, *place]` and class indices `[batch, *place]`."""
        cross_entropy = self.cross_entropy(input, target)  # batch *place: -log p_t, 0 where ignored
        losses = _focused(cross_entropy, -(-cross_entropy).expm1(), self.gamma)  # batch *place
        counted = target != self.ignore_index  # batch *place
        weight = input.new_ones(input.shape[1]) if self.weight is None else self.weight  # class
        shares = weight[torch.where(counted, target, 0)] * counted  # batch *place
        losses = shares * losses
        return losses.sum() / shares.sum() if self.reduction == "mean" else reduce_loss(losses, self.reduction)


def _focused(cross_entropy: Tensor, wrong: Tensor, gamma: float) -> Tensor:
    """Weigh losses by (1 - p_t)^gamma, whose gradient stays finite where 1 - p_t is 0."""
    return wrong.clamp(min=torch.finfo(wrong.dtype).tiny) ** gamma * cross_entropy
