"""Adam: momentum and a learning rate of its own for every weight; AdamW, with decoupled weight decay."""

import torch
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.optimizers.base import Group, Parameters, ScratchOptimizer, Weight, add_weight_decay, check_range


class Adam(ScratchOptimizer):
    """Implement Adam: weight -= lr m / (sqrt(v) + eps), with m and v the running means of gradient and its square.

    m = beta1 m + (1 - beta1) gradient and v = beta2 v + (1 - beta2) gradient^2 are initialized with 0, which the bias
    correction m / (1 - beta1^step) and v / (1 - beta2^step) undoes. amsgrad divides by the largest v so far.
    weight_decay adds the gradient of an L2 penalty, which the division then scales too; in AdamW it does not.

    Source: Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization", algorithm 1; amsgrad: Reddi, Kale, Kumar
    2018, "On the Convergence of Adam and Beyond", algorithm 2.
    Twin: torch.optim.Adam.

    Raises:
        ConfigError: an argument is out of its range.
    """

    def __init__(
        self,
        params: Parameters,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        name = type(self).__name__
        check_range(name, 0.0, lr=lr, eps=eps, weight_decay=weight_decay)
        if len(betas) != 2 or not all(0 <= beta < 1 for beta in betas):
            raise ConfigError(f"{name}.betas", got=betas, need="two numbers from 0 up to, not with, 1")
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, settings | {"amsgrad": amsgrad, "maximize": maximize})

    def update(self, weight: Weight, gradient: Weight, state: dict[str, Tensor], group: Group) -> None:
        """Update one weight in place."""
        self._adam_step(weight, add_weight_decay(weight, gradient, group), state, group)

    def _adam_step(self, weight: Weight, gradient: Weight, state: dict[str, Tensor], group: Group) -> None:
        if not state:
            names = ["exp_avg", "exp_avg_sq", *["max_exp_avg_sq"] * group["amsgrad"]]
            state.update({"step": torch.tensor(0.0)}, **{name: torch.zeros_like(weight) for name in names})
        state["step"] += 1
        step, (beta1, beta2) = float(state["step"]), group["betas"]
        state["exp_avg"].mul_(beta1).add_((1 - beta1) * gradient)
        state["exp_avg_sq"].mul_(beta2).add_((1 - beta2) * gradient.square())
        square = state["exp_avg_sq"]
        if group["amsgrad"]:
            square = torch.maximum(state["max_exp_avg_sq"], square)
            state["max_exp_avg_sq"] = square
        mean = state["exp_avg"] / (1 - beta1**step)
        weight -= group["lr"] * mean / ((square / (1 - beta2**step)).sqrt() + group["eps"])


class AdamW(Adam):
    """Implement AdamW: Adam with decoupled weight decay, weight *= 1 - lr weight_decay before each step.

    Source: Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2.
    Changed: the decay is multiplied by lr too, as in torch.
    Twin: torch.optim.AdamW.

    Raises:
        ConfigError: an argument is out of its range.
    """

    def __init__(
        self,
        params: Parameters,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)

    def update(self, weight: Weight, gradient: Weight, state: dict[str, Tensor], group: Group) -> None:
        """Update one weight in place."""
        weight *= 1 - group["lr"] * group["weight_decay"]
        self._adam_step(weight, gradient, state, group)
