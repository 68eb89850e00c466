"""Adaptive learning rates, one for every weight from its past gradients: Adagrad, RMSprop, Adadelta."""

import torch
from torch import Tensor

from d2lab.optimizers.base import Group, Parameters, ScratchOptimizer, Weight, add_weight_decay, check_range


class Adagrad(ScratchOptimizer):
    """Implement Adagrad: sum += gradient^2; weight -= lr / (1 + (step - 1) lr_decay) gradient / (sqrt(sum) + eps).

    Source: Duchi, Hazan, Singer 2011, JMLR 12, "Adaptive Subgradient Methods", section 1.1, eq. 1.
    Changed: eps is added to the root, as in torch; the paper's text has none in the diagonal case.
    Twin: torch.optim.Adagrad.

    Raises:
        ConfigError: an argument is out of its range.
    """

    def __init__(
        self,
        params: Parameters,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        first = initial_accumulator_value
        check_range("Adagrad", 0.0, lr=lr, lr_decay=lr_decay, weight_decay=weight_decay, eps=eps)
        check_range("Adagrad", 0.0, initial_accumulator_value=first)
        settings = {"lr": lr, "lr_decay": lr_decay, "weight_decay": weight_decay, "eps": eps, "maximize": maximize}
        super().__init__(params, settings | {"initial_accumulator_value": first})

    def update(self, weight: Weight, gradient: Weight, state: dict[str, Tensor], group: Group) -> None:
        """Update one weight in place."""
        if not state:
            state["step"] = torch.tensor(0.0)
            state["sum"] = torch.full_like(weight, group["initial_accumulator_value"])
        gradient = add_weight_decay(weight, gradient, group)
        state["sum"] += gradient.square()
        lr = group["lr"] / (1 + float(state["step"]) * group["lr_decay"])
        state["step"] += 1
        weight -= lr * gradient / (state["sum"].sqrt() + group["eps"])


class RMSprop(ScratchOptimizer):
    """Implement RMSprop: square = alpha square + (1 - alpha) gradient^2; weight -= lr gradient / (sqrt(square) + eps).

    With centered, the square of the gradients' running mean is subtracted first, so that the root is a standard
    deviation. With momentum, the scaled gradients are accumulated in a momentum buffer.

    Source: Tieleman and Hinton 2012, Coursera "Neural Networks for Machine Learning", lecture 6.5; centered: Graves
    2013, "Generating Sequences With Recurrent Neural Networks", eq. 38 to 45.
    Changed: eps is added to the root, as in torch; Graves adds it under the root.
    Twin: torch.optim.RMSprop.

    Raises:
        ConfigError: an argument is out of its range.
    """

    def __init__(
        self,
        params: Parameters,
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        check_range("RMSprop", 0.0, lr=lr, eps=eps, momentum=momentum, weight_decay=weight_decay, alpha=alpha)
        settings = {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum}
        super().__init__(params, settings | {"centered": centered, "maximize": maximize})

    def update(self, weight: Weight, gradient: Weight, state: dict[str, Tensor], group: Group) -> None:
        """Update one weight in place."""
        gradient, alpha = add_weight_decay(weight, gradient, group), group["alpha"]
        if not state:
            names = ["square_avg", *["momentum_buffer"] * bool(group["momentum"]), *["grad_avg"] * group["centered"]]
            state.update({"step": torch.tensor(0.0)}, **{name: torch.zeros_like(weight) for name in names})
        state["step"] += 1
        state["square_avg"].mul_(alpha).add_((1 - alpha) * gradient.square())
        variance = state["square_avg"]
        if group["centered"]:
            state["grad_avg"].mul_(alpha).add_((1 - alpha) * gradient)
            variance = variance - state["grad_avg"].square()
        scaled = gradient / (variance.sqrt() + group["eps"])
        if group["momentum"]:
            scaled = state["momentum_buffer"].mul_(group["momentum"]).add_(scaled)
        weight -= group["lr"] * scaled


class Adadelta(ScratchOptimizer):
    """Implement Adadelta: scale the gradient by the root mean square of past updates over that of past gradients.

    So an update has the unit of the weight, and lr is a plain factor, 1 in the paper.

    Source: Zeiler 2012, "ADADELTA: An Adaptive Learning Rate Method", algorithm 1.
    Twin: torch.optim.Adadelta.

    Raises:
        ConfigError: an argument is out of its range.
    """

    def __init__(
        self,
        params: Parameters,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        check_range("Adadelta", 0.0, lr=lr, eps=eps, weight_decay=weight_decay)
        check_range("Adadelta", 0.0, 1.0 + 1e-12, rho=rho)
        settings = {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, settings)

    def update(self, weight: Weight, gradient: Weight, state: dict[str, Tensor], group: Group) -> None:
        """Update one weight in place."""
        if not state:
            state.update({"step": torch.tensor(0.0)})
            state.update({name: torch.zeros_like(weight) for name in ("square_avg", "acc_delta")})
        state["step"] += 1
        rho, eps, gradient = group["rho"], group["eps"], add_weight_decay(weight, gradient, group)
        state["square_avg"].mul_(rho).add_((1 - rho) * gradient.square())
        delta = (state["acc_delta"] + eps).sqrt() / (state["square_avg"] + eps).sqrt() * gradient
        state["acc_delta"].mul_(rho).add_((1 - rho) * delta.square())
        weight -= group["lr"] * delta
