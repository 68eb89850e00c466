"""Losses from scratch, on raw scores where that is what keeps them finite.

`reduction` says what becomes of the losses of single entries: "mean", "sum", or "none" (kept as they are).
"""

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.layers.activation import log_softmax, sigmoid, softplus
from d2lab.layers.arguments import check_choice

Values = Float[Tensor, "*shape"]


def reduced(losses: Values, reduction: str) -> Tensor:
    """Return the mean, the sum or all of the losses.

    Source: none; definitions.

    Args:
        losses: of single entries.
        reduction: "mean", "sum" or "none".
    """
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()


class _Loss(nn.Module):
    """What all losses share: the reduction, and a look at the shapes."""

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        check_choice(f"{type(self).__name__}.reduction", reduction, ("mean", "sum", "none"))
        self.reduction = reduction

    def _check(self, input: Tensor, target: Tensor) -> None:
        """Refuse shapes that broadcasting would silently blow up."""
        if input.shape != target.shape:
            what = f"the target of {type(self).__name__}"
            raise ConfigError(what, got=tuple(target.shape), need=f"the input's shape {tuple(input.shape)}")


class MSELoss(_Loss):
    """Squared error (x - y)^2.

    Source: Legendre 1805, "Nouvelles méthodes pour la détermination des orbites des comètes", appendix.
    Twin: torch.nn.MSELoss.

    Raises:
        ConfigError: the shapes differ, or the reduction is unknown.
    """

    def forward(self, input: Values, target: Float[Tensor, "*other"]) -> Tensor:
        """Compare entry by entry."""
        self._check(input, target)
        return reduced((input - target).square(), self.reduction)


class L1Loss(_Loss):
    """Absolute error |x - y|, with derivative 0 where they are equal.

    Source: Boyd and Vandenberghe 2004, "Convex Optimization", section 6.1.1.
    Twin: torch.nn.L1Loss.

    Raises:
        ConfigError: the shapes differ, or the reduction is unknown.
    """

    def forward(self, input: Values, target: Float[Tensor, "*other"]) -> Tensor:
        """Compare entry by entry."""
        self._check(input, target)
        return reduced((input - target).abs(), self.reduction)


class HuberLoss(_Loss):
    """Squared error / 2 up to delta, then straight: delta (|x - y| - delta / 2).

    Source: Huber 1964, "Robust Estimation of a Location Parameter", section 4.
    Twin: torch.nn.HuberLoss.

    Raises:
        ConfigError: the shapes differ, delta is not above 0, or the reduction is unknown.
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        if not delta > 0:
            raise ConfigError("HuberLoss.delta", got=delta, need="a number above 0")
        self.delta = delta

    def forward(self, input: Values, target: Float[Tensor, "*other"]) -> Tensor:
        """Compare entry by entry."""
        self._check(input, target)
        return reduced(_huber(input - target, self.delta), self.reduction)


class SmoothL1Loss(_Loss):
    """Huber's loss divided by its border beta, so that far errors have slope 1; beta = 0 is the absolute error.

    Detectors write beta as 1 / sigma^2: see `smooth_l1_loss`.

    Source: Girshick 2015, "Fast R-CNN", eq. 3.
    Twin: torch.nn.SmoothL1Loss.

    Raises:
        ConfigError: the shapes differ, beta is below 0, or the reduction is unknown.
    """

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        if not beta >= 0:
            raise ConfigError("SmoothL1Loss.beta", got=beta, need="0 or more")
        self.beta = beta

    def forward(self, input: Values, target: Float[Tensor, "*other"]) -> Tensor:
        """Compare entry by entry."""
        self._check(input, target)
        errors = input - target
        return reduced(_huber(errors, self.beta) / self.beta if self.beta else errors.abs(), self.reduction)


def smooth_l1_loss(input: Values, target: Float[Tensor, "*other"], *, sigma: float = 1.0) -> Values:
    """Return (sigma e)^2 / 2 where |e| < 1 / sigma^2, else |e| - 1 / (2 sigma^2), for every error e.

    Source: Ren et al. 2015, "Faster R-CNN" (sigma appears in its published code, not in the paper).
    Twin: torch.nn.SmoothL1Loss(reduction="none", beta=1 / sigma**2).

    Args:
        input: of any shape.
        target: of the same shape.
        sigma: the larger, the closer to the absolute error.

    Raises:
        ConfigError: sigma is not above 0, or the shapes differ.
    """
    if not sigma > 0:
        raise ConfigError("sigma", got=sigma, need="a number above 0")
    return SmoothL1Loss(reduction="none", beta=1 / sigma**2)(input, target)  # type: ignore[no-any-return]


def _huber(errors: Tensor, border: float) -> Tensor:
    size = errors.abs()
    return torch.where(size < border, errors.square() / 2, border * (size - border / 2))


class CrossEntropyLoss(_Loss):
    """Surprise at the right class, -log softmax(x)[target], in nats; axis 1 counts the classes.

    Label smoothing moves a share of each target evenly to all classes. Targets are class numbers, of which
    `ignore_index` counts for nothing, or probabilities. Weighted means divide by the weights of the targets, and
    for probabilities by the number of examples.

    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", section 6.2.2.3; smoothing: Szegedy et al. 2016,
    "Rethinking the Inception Architecture", section 7.
    Twin: torch.nn.CrossEntropyLoss, without its deprecated arguments.

    Raises:
        ConfigError: the shapes don't fit, a class number is outside, smoothing is outside 0 to 1, or the
            reduction is unknown.
    """

    weight: Tensor | None

    def __init__(
        self,
        weight: Float[Tensor, " class_"] | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(reduction)
        if not 0 <= label_smoothing <= 1:
            raise ConfigError("CrossEntropyLoss.label_smoothing", got=label_smoothing, need="a share from 0 to 1")
        self.register_buffer("weight", weight)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Float[Tensor, "batch class_ *place"], target: Shaped[Tensor, " batch *other"]) -> Tensor:
        """Compare scores `[batch, class, *place]` with class numbers `[batch, *place]` or probabilities like them."""
        logs = log_softmax(input, 1).movedim(1, -1)  # batch *place class
        weight = logs.new_ones(logs.shape[-1]) if self.weight is None else self.weight
        if target.is_floating_point():
            self._check(input, target)
            even = self.label_smoothing / logs.shape[-1]
            losses = -(weight * ((1 - self.label_smoothing) * target.movedim(1, -1) + even) * logs).sum(-1)
            return reduced(losses, self.reduction)
        return self._of_numbers(logs, target, weight)

    def _of_numbers(self, logs: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """Pick the logarithm of the right class, and with smoothing a little of all others."""
        counted = target != self.ignore_index
        if target.shape != logs.shape[:-1] or not ((target >= 0) & (target < len(weight)))[counted].all():
            need = f"class numbers 0 to {len(weight) - 1} of shape {tuple(logs.shape[:-1])}"
            raise ConfigError("the target of CrossEntropyLoss", got=tuple(target.shape), need=need)
        classes = torch.where(counted, target, 0)
        shares = weight[classes] * counted  # of each example in the mean
        picked = logs.gather(-1, classes.unsqueeze(-1)).squeeze(-1)
        spread = (weight * logs).mean(-1) * counted
        losses = -((1 - self.label_smoothing) * shares * picked + self.label_smoothing * spread)
        return losses.sum() / shares.sum() if self.reduction == "mean" else reduced(losses, self.reduction)


class BCEWithLogitsLoss(_Loss):
    """Binary surprise from a raw score: (1 - y) x + (1 + (pos_weight - 1) y) log(1 + exp(-x)).

    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", section 6.2.2.2.
    Twin: torch.nn.BCEWithLogitsLoss, without its deprecated arguments.

    Raises:
        ConfigError: the shapes differ, or the reduction is unknown.
    """

    weight: Tensor | None
    pos_weight: Tensor | None

    def __init__(
        self, weight: Tensor | None = None, *, reduction: str = "mean", pos_weight: Tensor | None = None
    ) -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Values, target: Float[Tensor, "*other"]) -> Tensor:
        """Compare scores with targets from 0 to 1, entry by entry."""
        self._check(input, target)
        emphasis = 1 if self.pos_weight is None else 1 + (self.pos_weight - 1) * target
        losses = (1 - target) * input + emphasis * softplus(-input)
        return reduced(losses if self.weight is None else self.weight * losses, self.reduction)


class FocalLoss(_Loss):
    """Binary surprise, turned down where the answer is already right: alpha_t (1 - p_t)^gamma (-log p_t).

    p_t is the probability given to the true class, alpha_t is alpha for class 1 and 1 - alpha for class 0. A
    negative alpha leaves it out.

    Source: Lin et al. 2017, "Focal Loss for Dense Object Detection", eq. 5.
    Twin: torchvision.ops.sigmoid_focal_loss.

    Raises:
        ConfigError: the shapes differ, alpha is above 1, gamma is below 0, or the reduction is unknown.
    """

    def __init__(self, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none") -> None:
        super().__init__(reduction)
        if alpha > 1 or gamma < 0:
            raise ConfigError("FocalLoss", got=(alpha, gamma), need="alpha up to 1 and gamma of 0 or more")
        self.alpha, self.gamma = alpha, gamma

    def forward(self, input: Values, target: Float[Tensor, "*other"]) -> Tensor:
        """Compare scores with targets 0 and 1, entry by entry."""
        self._check(input, target)
        surprise = (1 - target) * input + softplus(-input)  # -log p_t
        wrong = target + (1 - 2 * target) * sigmoid(input)  # 1 - p_t, without a subtraction that cancels
        losses = wrong**self.gamma * surprise
        if self.alpha >= 0:
            losses = (self.alpha * target + (1 - self.alpha) * (1 - target)) * losses
        return reduced(losses, self.reduction)
