"""Dynamic loss scaling: gradients of a loss times a large number stay above the smallest number of a small type."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.optim import Optimizer

from d2lab.core.errors import ConfigError


class LossScaler:
    """Multiplies a loss before the backward pass, divides the gradients after it, and adapts the factor.

    A step whose gradients hold infinity or NaN is left out and lowers the scale; so many good steps in a row raise it.

        scaler.scale(loss).backward()
        scaler.unscale_(weights)  # then clip, if at all
        scaler.step(optimizer)

    Source: Micikevicius et al. 2018, "Mixed Precision Training", section 3.2.
    Twin: torch.amp.GradScaler, whose `update` is part of our `step`.

    Args:
        scale: the first one; a power of two changes no bit of a mantissa.
        growth: factor after good steps, above 1.
        backoff: factor after a step that was left out, between 0 and 1.
        interval: good steps in a row before the scale grows.

    Raises:
        ConfigError: an argument is out of range.
    """

    def __init__(self, scale: float = 65536.0, growth: float = 2.0, backoff: float = 0.5, interval: int = 2000) -> None:
        if not (0 < scale < float("inf") and growth > 1 and 0 < backoff < 1 and interval >= 1):
            need = "a finite scale above 0, growth above 1, backoff between 0 and 1, an interval of 1 or more"
            raise ConfigError("LossScaler", got=(scale, growth, backoff, interval), need=need)
        self.factor = float(scale)
        self.skipped = 0  # steps left out so far
        self._growth, self._backoff, self._interval = growth, backoff, interval
        self._good = 0
        self._finite: bool | None = None  # of the gradients that were unscaled; None before that

    def scale(self, loss: Float[Tensor, ""]) -> Float[Tensor, ""]:
        """Return the loss times the scale."""
        return loss * self.factor

    @torch.no_grad()
    def unscale_(self, parameters: Iterable[Tensor]) -> bool:
        """Divide all gradients by the scale, in place; return whether they are finite.

        Args:
            parameters: tensors with gradients; those without are left out.

        Raises:
            ConfigError: the gradients of this step were divided already.
        """
        if self._finite is not None:
            raise ConfigError("unscale_", got="a second call", need="one call between two steps")
        gradients = [p.grad for p in parameters if p.grad is not None]
        self._finite = all(bool(gradient.isfinite().all()) for gradient in gradients)
        for gradient in gradients:
            gradient.mul_(1 / self.factor)
        return self._finite

    def step(self, optimizer: Optimizer) -> bool:
        """Take a step if the gradients are finite, adapt the scale, and return whether the step was taken.

        Gradients that were not unscaled before are unscaled here.

        Args:
            optimizer: of the weights.
        """
        if self._finite is None:
            self.unscale_(p for group in optimizer.param_groups for p in group["params"])
        taken, self._finite = bool(self._finite), None
        if not taken:
            self.skipped += 1
            self._good = 0
            self.factor *= self._backoff
            return False
        optimizer.step()
        self._good += 1
        if self._good == self._interval:
            self._good, grown = 0, self.factor * self._growth
            self.factor = grown if grown < torch.finfo(torch.float32).max else self.factor
        return True
