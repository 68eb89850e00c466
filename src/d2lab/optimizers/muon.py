"""Muon: a matrix moves by the nearest one whose singular values are all about 1: no direction is left behind."""

from math import sqrt

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.optimizers.adam import AdamW
from d2lab.optimizers.base import Group, Parameters, ScratchOptimizer, Weight, check_range

QUINTIC = (3.4445, -4.7750, 2.0315)  # steep at 0: five rounds lift a singular value of 0.01 to 0.7 or more


def orthogonalize(
    matrix: Float[Tensor, "row column"],
    coefficients: tuple[float, float, float] = QUINTIC,
    rounds: int = 5,
    eps: float = 1e-7,
) -> Float[Tensor, "row column"]:
    """Push all singular values of U S V' towards 1 by x <- a x + b x^3 + c x^5, which needs products only.

    The values end near 0.7 to 1.2, not at 1: exactness would cost more rounds and buys nothing. In bfloat16, whose
    products are the cheapest; the order of operations is torch's, for each rounding counts there.

    Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"; the iteration: Bernstein and
        Newhouse 2024, "Old Optimizer, New Norm", appendix A.
    Twin: torch.optim.Muon, inside.

    Args:
        matrix: to orthogonalize.
        coefficients: a, b and c.
        rounds: of the iteration.
        eps: least norm that is divided by.
    """
    a, b, c = coefficients
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.to(torch.bfloat16, copy=True)
    x = x.mT if tall else x
    x = x.div_(x.norm().clamp(min=eps))  # the Frobenius norm bounds the largest singular value
    for _ in range(rounds):
        gram = x @ x.mT
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x


class Muon(ScratchOptimizer):
    """speed = momentum speed + (1 - momentum) gradient; weight -= lr sqrt(max(1, rows / columns)) orthogonal(speed).

    A convolution's kernel is a matrix whose rows are its outputs. Nesterov looks ahead as in SGD; the decay is apart,
    as in AdamW.

    Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks".
    Changed: nothing; torch's takes no kernels.
    Twin: torch.optim.Muon.

    Raises:
        ConfigError: an argument is out of its range, or a weight is no matrix or kernel.
    """

    def __init__(
        self,
        params: Parameters,
        lr: float | Tensor = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = QUINTIC,
        eps: float = 1e-7,
        ns_steps: int = 5,
    ) -> None:
        check_range("Muon", 0.0, lr=lr, weight_decay=weight_decay, momentum=momentum, eps=eps)
        if len(ns_coefficients) != 3 or not 0 < ns_steps < 100:
            got = (ns_coefficients, ns_steps)
            raise ConfigError("Muon's iteration", got=got, need="three coefficients and 1 to 99 steps")
        settings = {"lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov}
        iteration = {"ns_coefficients": ns_coefficients, "eps": eps, "ns_steps": ns_steps}
        super().__init__(params, settings | iteration)
        for weight in [weight for group in self.param_groups for weight in group["params"]]:
            if weight.ndim < 2:
                fix = "Give biases and the like to AdamW, as MuonAdamW does."
                raise ConfigError("a weight of Muon", got=tuple(weight.shape), need="a matrix or a kernel", fix=fix)

    def update(self, weight: Weight, gradient: Weight, state: dict[str, Tensor], group: Group) -> None:
        """Move one weight in place."""
        if not state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        speed = state["momentum_buffer"]
        speed.lerp_(gradient, 1 - group["momentum"])
        push = gradient.lerp(speed, group["momentum"]) if group["nesterov"] else speed
        matrix = push.flatten(1)
        step = orthogonalize(matrix, group["ns_coefficients"], group["ns_steps"], group["eps"])
        rate = group["lr"] * sqrt(max(1, matrix.shape[0] / matrix.shape[1]))
        weight *= 1 - group["lr"] * group["weight_decay"]
        weight.add_(step.view_as(weight), alpha=-rate)


class MuonAdamW(ScratchOptimizer):
    """Muon for hidden matrices and kernels; AdamW without decay for biases, gains and the last matrix, the head.

    With `keep_norm` a hidden weight is put back to the length sqrt(rows) after each step: behind it comes a
    normalization to which its length means nothing, but a longer weight turns less.

    Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"; keep_norm: the same author's
        record for CIFAR-10 of the same year.
    Changed: the first kernel counts as hidden.

    Args:
        params: weights, or groups of them; a group's `lr_scale` multiplies its rate, see `set_lr`.
        lr: of Muon.
        weight_decay: of Muon.
        momentum: of Muon.
        nesterov: of Muon.
        adamw_lr_scale: AdamW's rate over Muon's.
        betas: of AdamW.
        eps: of AdamW.
        keep_norm: hold the length of hidden weights.

    Raises:
        ConfigError: an argument is out of its range.
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 0.02,
        weight_decay: float = 0.0,
        momentum: float = 0.95,
        nesterov: bool = True,
        *,
        adamw_lr_scale: float = 0.1,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        keep_norm: bool = False,
    ) -> None:
        check_range("MuonAdamW", 0.0, adamw_lr_scale=adamw_lr_scale)
        given: list[Group] = [group if isinstance(group, dict) else {"params": [group]} for group in params]
        every = [weight for group in given for weight in group["params"]]
        head = next((weight for weight in reversed(every) if weight.ndim > 1), None)
        self.keep_norm = keep_norm
        groups: list[Group] = []
        for group in given:
            factor = group.get("lr_scale", 1.0)
            hidden = [w for w in group["params"] if w.ndim > 1 and w is not head]
            rest = [w for w in group["params"] if w.ndim < 2 or w is head]
            if hidden:
                self.muon = Muon(hidden, lr * factor, weight_decay, momentum, nesterov)
                groups.append({**self.muon.param_groups[0], "lr_scale": factor})
            if rest:
                self.adamw = AdamW(rest, lr * factor * adamw_lr_scale, betas, eps, weight_decay=0.0)
                groups.append({**self.adamw.param_groups[0], "lr_scale": factor * adamw_lr_scale})
        super().__init__(groups, {})

    def update(self, weight: Weight, gradient: Weight, state: dict[str, Tensor], group: Group) -> None:
        """Move one weight in place."""
        if "ns_steps" not in group:
            self.adamw.update(weight, gradient, state, group)
            return
        self.muon.update(weight, gradient, state, group)
        if self.keep_norm:
            weight *= sqrt(len(weight)) / weight.norm()
