"""Base of the optimizers from scratch: the loop over parameter groups and weights, and checks of their arguments.

They subclass torch.optim.Optimizer, for its parameter groups, state dict and hooks; the arithmetic of a step is ours.
The state has torch's keys, so a run can pass from torch's optimizer to ours and back.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError

Weight = Float[Tensor, "*shape"]
Group = dict[str, Any]
Parameters = Iterable[Tensor] | Iterable[dict[str, Any]]


class ScratchOptimizer(torch.optim.Optimizer):
    """Base class of optimizers: a subclass implements `update` for a single weight."""

    def update(self, weight: Weight, gradient: Weight, state: dict[str, Tensor], group: Group) -> None:
        """Update one weight in place.

        Args:
            weight: to update.
            gradient: of the loss with respect to the weight, of its shape.
            state: tensors kept for this weight between steps; empty before the first.
            group: settings of its parameter group, such as `lr`.
        """
        raise NotImplementedError

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # noqa: ANN401
        """Update every weight that has a gradient; return the closure's loss, if there is a closure.

        Args:
            closure: recomputes the loss and its gradients.

        Raises:
            ConfigError: a gradient is sparse or complex.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                if weight.grad.is_sparse or weight.grad.is_complex():
                    kind = "sparse" if weight.grad.is_sparse else "complex"
                    raise ConfigError("the gradient", got=kind, need="a dense real one")
                gradient = -weight.grad if group.get("maximize") else weight.grad
                self.update(weight, gradient, self.state[weight], group)
        return loss


def add_weight_decay(weight: Weight, gradient: Weight, group: Group) -> Weight:
    """Add to the gradient that of the L2 penalty weight_decay / 2 |w|^2, which is weight_decay w.

    Source: Krogh and Hertz 1991, "A Simple Weight Decay Can Improve Generalization", eq. 3.

    Args:
        weight: w, the penalized weight.
        gradient: of the loss with respect to it, of the same shape.
        group: settings with `weight_decay`.
    """
    return gradient + group["weight_decay"] * weight if group["weight_decay"] else gradient


def check_range(optimizer: str, low: float, high: float = float("inf"), **values: float | Tensor) -> None:
    """Raise unless low <= value < high holds for every argument.

    Args:
        optimizer: its name, for the message.
        low: smallest value allowed.
        high: upper bound, not allowed itself.
        values: argument names with their values.

    Raises:
        ConfigError: one of them is outside the range or NaN.
    """
    for name, value in values.items():
        if not low <= float(value) < high:
            limit = f" and below {high:g}" if high < float("inf") else ""
            raise ConfigError(f"{optimizer}.{name}", got=value, need=f"{low:g} or more{limit}")
