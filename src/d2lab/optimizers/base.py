"""What all optimizers from scratch share: the walk over groups and weights, and the checks of their arguments.

They are heirs of torch.optim.Optimizer, for its groups, state dict and hooks; the arithmetic of a step is ours. State
has torch's keys, so a run can pass from torch's optimizer to ours and back.
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
    """An optimizer whose `update` says how one weight moves.

    Source: none; the heirs name theirs.
    """

    def update(self, weight: Weight, gradient: Weight, state: dict[str, Tensor], group: Group) -> None:
        """Move one weight in place.

        Args:
            weight: to move.
            gradient: of the loss by the weight, of its shape.
            state: what is remembered of this weight; empty before its first step.
            group: the settings.
        """
        raise NotImplementedError

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # noqa: ANN401
        """Move every weight that has a gradient; return the closure's loss, if there is a closure.

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


def decayed(weight: Weight, gradient: Weight, group: Group) -> Weight:
    """Add the slope of the L2 penalty weight_decay / 2 |w|^2 to the gradient.

    Source: Krogh and Hertz 1991, "A Simple Weight Decay Can Improve Generalization", eq. 3.

    Args:
        weight: that is punished for its size.
        gradient: of the loss, of the same shape.
        group: with `weight_decay`.
    """
    return gradient + group["weight_decay"] * weight if group["weight_decay"] else gradient


def check_range(optimizer: str, low: float, high: float = float("inf"), **values: float | Tensor) -> None:
    """Refuse arguments outside low <= value < high.

    Source: none; plumbing.

    Args:
        optimizer: its name, for the message.
        low: least value allowed.
        high: first value no longer allowed.
        values: argument names with their values.

    Raises:
        ConfigError: one of them is outside, or is no number.
    """
    for name, value in values.items():
        if not low <= float(value) < high:
            limit = f" and below {high:g}" if high < float("inf") else ""
            raise ConfigError(f"{optimizer}.{name}", got=value, need=f"{low:g} or more{limit}")
