"""Muon: momentum whose update of each matrix is orthogonalized, so that all its singular values are about 1."""

from math import sqrt

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.optimizers.adam import AdamW
from d2lab.optimizers.base import Group, Parameters, ScratchOptimizer, Weight, check_range

QUINTIC = (3.4445, -4.7750, 2.0315)  # steep at 0: five rounds raise a singular value of 0.01 to 0.7 or more


def orthogonalize(
    matrix: Float[Tensor, "row column"],
    coefficients: tuple[float, float, float] = QUINTIC,
    rounds: int = 5,
    eps: float = 1e-7,
) -> Float[Tensor, "row column"]:
    """Approximate U V' of a matrix U S V' by a Newton-Schulz iteration x <- a x + b x^3 + c x^5 on singular values.

    The singular values end between about 0.7 and 1.2, not at 1: more accuracy would cost more rounds without training
    better. It runs in bfloat16, whose products are the cheapest; the order of operations is torch's, to round alike.

    Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"; the iteration: Bernstein and
        Newhouse 2024, "Old Optimizer, New Norm", appendix A.
    Twin: the iteration inside torch.optim.Muon.

    Args:
        matrix: to orthogonalize, of shape [row, column].
        coefficients: a, b and c.
        rounds: number of iterations.
        eps: smallest norm to divide by.
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
    """Implement Muon: orthogonalize the momentum buffer of each matrix and step along it.

    buffer = momentum buffer + (1 - momentum) gradient; weight -= lr sqrt(max(1, rows / columns)) orthogonalize(buffer).
    A convolution's kernel [out, in, height, width] counts as a matrix [out, in height width]. Nesterov momentum is as
    in SGD, weight decay is decoupled as in AdamW.

    Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks".
    Changed: nothing; torch's does not accept kernels of convolutions.
    Twin: torch.optim.Muon.

    Raises:
        ConfigError: an argument is out of its range, or a weight is neither matrix nor kernel.
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
                fix = "Leave biases and gains to AdamW, as MuonAdamW does."
                raise ConfigError("a weight of Muon", got=tuple(weight.shape), need="a matrix or a kernel", fix=fix)

    def update(self, weight: Weight, gradient: Weight, state: dict[str, Tensor], group: Group) -> None:
        """Update one weight in place."""
        if not state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        buffer = state["momentum_buffer"]
        buffer.lerp_(gradient, 1 - group["momentum"])
        direction = gradient.lerp(buffer, group["momentum"]) if group["nesterov"] else buffer
        matrix = direction.flatten(1)  # out in*height*width
        step = orthogonalize(matrix, group["ns_coefficients"], group["ns_steps"], group["eps"])
        lr = group["lr"] * sqrt(max(1, matrix.shape[0] / matrix.shape[1]))
        weight *= 1 - group["lr"] * group["weight_decay"]
        weight.add_(step.view_as(weight), alpha=-lr)


class MuonAdamW(ScratchOptimizer):
    """Combine Muon for hidden matrices and kernels with AdamW for biases, gains and the last matrix (the head).

    The AdamW part has no weight decay. With `keep_norm` a hidden weight is rescaled to the norm sqrt(rows) after each
    step: the normalization layer that follows ignores the norm, but a larger weight is rotated less by an update.

    Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"; keep_norm: the same author's
        record for CIFAR-10 of the same year.
    Changed: the first kernel counts as hidden.

    Args:
        params: weights, or groups of them; a group's `lr_scale` multiplies its learning rates, see `set_lr`; one with
            `adamw=True`, such as an embedding, is left to AdamW as a whole.
        lr: learning rate of Muon.
        weight_decay: of Muon.
        momentum: of Muon.
        nesterov: of Muon.
        adamw_lr_scale: learning rate of AdamW over that of Muon.
        betas: of AdamW.
        eps: of AdamW.
        keep_norm: keep the norm of hidden weights at sqrt(rows).

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
            lr_scale = group.get("lr_scale", 1.0)
            apart = group.get("adamw", False)
            hidden = [w for w in group["params"] if w.ndim > 1 and w is not head and not apart]
            others = [w for w in group["params"] if w.ndim < 2 or w is head or apart]
            if hidden:
                self.muon = Muon(hidden, lr * lr_scale, weight_decay, momentum, nesterov)
                groups.append({**self.muon.param_groups[0], "lr_scale": lr_scale})
            if others:
                self.adamw = AdamW(others, lr * lr_scale * adamw_lr_scale, betas, eps, weight_decay=0.0)
                groups.append({**self.adamw.param_groups[0], "lr_scale": lr_scale * adamw_lr_scale})
        super().__init__(groups, {})

    def update(self, weight: Weight, gradient: Weight, state: dict[str, Tensor], group: Group) -> None:
        """Update one weight in place."""
        if "ns_steps" not in group:
            self.adamw.update(weight, gradient, state, group)
            return
        self.muon.update(weight, gradient, state, group)
        if self.keep_norm:
            weight *= sqrt(len(weight)) / weight.norm()
