"""Loss functions from scratch; those of probabilities take logits, which keeps them finite.

`reduction` says how the losses of single entries are combined: "mean", "sum", or "none" (returned as they are).
"""

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.layers.activation import log_softmax, softplus
from d2lab.layers.arguments import check_choice

Values = Float[Tensor, "*shape"]


def reduce_loss(losses: Values, reduction: str) -> Tensor:
    """Return the mean or the sum of the losses (a scalar), or the losses themselves.

    Args:
        losses: of single entries, of any shape.
        reduction: "mean", "sum" or "none".
    """
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()


class Loss(nn.Module):
    """Base class of losses: the reduction, and the check of shapes.

    Args:
        reduction: "mean", "sum" or "none".

    Raises:
        ConfigError: the reduction is unknown.
    """

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        check_choice(f"{type(self).__name__}.reduction", reduction, ("mean", "sum", "none"))
        self.reduction = reduction

    def _check(self, input: Tensor, target: Tensor) -> None:
        """Raise where shapes differ; broadcasting would silently compare every pair."""
        if input.shape != target.shape:
            what = f"the target of {type(self).__name__}"
            raise ConfigError(what, got=tuple(target.shape), need=f"the input's shape {tuple(input.shape)}")


class MSELoss(Loss):
    """Compute the squared error (x - y)^2.

    Source: Legendre 1805, "Nouvelles méthodes pour la détermination des orbites des comètes", appendix.
    Twin: torch.nn.MSELoss.

    Raises:
        ConfigError: the shapes differ, or the reduction is unknown.
    """

    def forward(self, input: Values, target: Float[Tensor, "*other"]) -> Tensor:
        """Return the loss of predictions and targets of one shape."""
        self._check(input, target)
        return reduce_loss((input - target).square(), self.reduction)


class L1Loss(Loss):
    """Compute the absolute error |x - y|, with derivative 0 where x = y.

    Source: Boyd and Vandenberghe 2004, "Convex Optimization", section 6.1.1.
    Twin: torch.nn.L1Loss.

    Raises:
        ConfigError: the shapes differ, or the reduction is unknown.
    """

    def forward(self, input: Values, target: Float[Tensor, "*other"]) -> Tensor:
        """Return the loss of predictions and targets of one shape."""
        self._check(input, target)
        return reduce_loss((input - target).abs(), self.reduction)


class HuberLoss(Loss):
    """Compute the Huber loss: e^2 / 2 where |e| < delta, else delta (|e| - delta / 2), for the error e = x - y.

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
        """Return the loss of predictions and targets of one shape."""
        self._check(input, target)
        return reduce_loss(_huber(input - target, self.delta), self.reduction)


class SmoothL1Loss(Loss):
    """Compute the smooth L1 loss, the Huber loss of delta = beta divided by beta; beta = 0 is the absolute error.

    Large errors have a gradient of magnitude 1. Detection papers write beta as 1 / sigma^2: see `smooth_l1_loss`.

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
        """Return the loss of predictions and targets of one shape."""
        self._check(input, target)
        errors = input - target
        return reduce_loss(_huber(errors, self.beta) / self.beta if self.beta else errors.abs(), self.reduction)


def smooth_l1_loss(input: Values, target: Float[Tensor, "*other"], *, sigma: float = 1.0) -> Values:
    """Compute (sigma e)^2 / 2 where |e| < 1 / sigma^2, else |e| - 1 / (2 sigma^2), for every error e = input - target.

    Source: Ren et al. 2015, "Faster R-CNN" (sigma appears in its published code, not in the paper).
    Twin: torch.nn.SmoothL1Loss(reduction="none", beta=1 / sigma**2).

    Args:
        input: of any shape.
        target: of the same shape.
        sigma: above 0; the larger, the closer to the absolute error.

    Raises:
        ConfigError: sigma is not above 0, or the shapes differ.
    """
    if not sigma > 0:
        raise ConfigError("sigma", got=sigma, need="a number above 0")
    return SmoothL1Loss(reduction="none", beta=1 / sigma**2)(input, target)  # type: ignore[no-any-return]


def _huber(errors: Tensor, delta: float) -> Tensor:
    size = errors.abs()
    return torch.where(size < delta, errors.square() / 2, delta * (size - delta / 2))


class CrossEntropyLoss(Loss):
    """Compute the cross-entropy -log softmax(x)[target], in nats, of logits x [batch, class, *place].

    Targets are class indices [batch, *place], of which `ignore_index` is left out, or probabilities of the logits'
    shape. Label smoothing spreads a share of each target evenly over all classes. A weighted mean divides by the sum
    of the targets' weights; for probabilities, by the number of examples.

    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", section 6.2.2.3; smoothing: Szegedy et al. 2016,
    "Rethinking the Inception Architecture", section 7.
    Twin: torch.nn.CrossEntropyLoss, without its deprecated arguments.

    Raises:
        ConfigError: the shapes do not fit, a class index is out of range, smoothing is outside 0 to 1, or the
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
        """Return the loss of logits `[batch, class, *place]` and targets `[batch, *place]` or probabilities."""
        logs = log_softmax(input, 1).movedim(1, -1)  # batch *place class
        weight = logs.new_ones(logs.shape[-1]) if self.weight is None else self.weight  # class
        if target.is_floating_point():
            self._check(input, target)
            even = self.label_smoothing / logs.shape[-1]
            smoothed = (1 - self.label_smoothing) * target.movedim(1, -1) + even  # batch *place class
            losses = -(weight * smoothed * logs).sum(-1)  # batch *place
            return reduce_loss(losses, self.reduction)
        return self._of_indices(logs, target, weight)

    def _of_indices(self, logs: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """Return the loss of class indices: select the target's log-probability, and mix in the mean of all."""
        counted = target != self.ignore_index  # batch *place
        if target.shape != logs.shape[:-1] or not ((target >= 0) & (target < len(weight)))[counted].all():
            need = f"class indices 0 to {len(weight) - 1} of shape {tuple(logs.shape[:-1])}"
            raise ConfigError("the target of CrossEntropyLoss", got=tuple(target.shape), need=need)
        classes = torch.where(counted, target, 0)
        shares = weight[classes] * counted  # batch *place: weight of each target in the mean
        selected = logs.gather(-1, classes.unsqueeze(-1)).squeeze(-1)  # batch *place
        uniform = (weight * logs).mean(-1) * counted  # batch *place
        losses = -((1 - self.label_smoothing) * shares * selected + self.label_smoothing * uniform)
        return losses.sum() / shares.sum() if self.reduction == "mean" else reduce_loss(losses, self.reduction)


class BCEWithLogitsLoss(Loss):
    """Compute the binary cross-entropy of a logit x: (1 - y) x + (1 + (pos_weight - 1) y) log(1 + exp(-x)), in nats.

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
        """Return the loss of logits and targets from 0 to 1, of one shape."""
        self._check(input, target)
        emphasis = 1 if self.pos_weight is None else 1 + (self.pos_weight - 1) * target
        losses = (1 - target) * input + emphasis * softplus(-input)
        return reduce_loss(losses if self.weight is None else self.weight * losses, self.reduction)
