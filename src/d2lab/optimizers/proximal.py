"""Proximal gradient descent for an L1 penalty, which sets weights to exactly 0."""

from jaxtyping import Float
from torch import Tensor

from d2lab.optimizers.base import Group, Parameters, Weight, check_range
from d2lab.optimizers.sgd import SGD


def soft_threshold(weights: Float[Tensor, "*shape"], threshold: float | Float[Tensor, ""]) -> Float[Tensor, "*shape"]:
    """Compute the proximal operator of threshold |w|: sign(w) max(|w| - threshold, 0), entry by entry.

    It minimizes 1/2 (v - w)^2 + threshold |v| over v.

    Source: Parikh and Boyd 2014, "Proximal Algorithms", section 6.5.2.

    Args:
        weights: of any shape.
        threshold: 0 or more, in the unit of the weights.
    """
    return weights.sign() * (weights.abs() - threshold).clamp(min=0)


class ProximalSGD(SGD):
    """Implement proximal SGD for the penalty l1 |w|: a step of SGD, then a soft threshold of lr l1.

    Adding the penalty's subgradient l1 sign(w) to the gradient instead makes weights oscillate around 0.

    Source: Duchi and Singer 2009, "Efficient Online and Batch Learning Using Forward Backward Splitting", section 5.1.
    Twin: torch.optim.SGD, then torch.nn.functional.softshrink.

    Raises:
        ConfigError: an argument is out of its range.
    """

    def __init__(self, params: Parameters, lr: float | Tensor = 1e-3, l1: float = 0.0, momentum: float = 0.0) -> None:
        check_range("ProximalSGD", 0.0, l1=l1)
        super().__init__(params, lr, momentum)
        for group in self.param_groups:
            group.setdefault("l1", l1)
        self.defaults["l1"] = l1

    def update(self, weight: Weight, gradient: Weight, state: dict[str, Tensor], group: Group) -> None:
        """Update one weight in place."""
        super().update(weight, gradient, state, group)
        weight.copy_(soft_threshold(weight, group["lr"] * group["l1"]))
