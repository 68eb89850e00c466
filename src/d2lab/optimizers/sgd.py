"""Stochastic gradient descent: plain, with momentum, and with Nesterov momentum.

Source: Robbins and Monro 1951, "A Stochastic Approximation Method"; momentum: Polyak 1964, "Some methods of speeding up
the convergence of iteration methods", eq. 9; Nesterov: Sutskever et al. 2013, "On the importance of initialization and
momentum in deep learning", section 2.
Changed: the momentum buffer is a sum of gradients that is multiplied by the learning rate afterwards, as in torch; in
the papers the learning rate is inside the sum. The two differ only while the learning rate changes.
"""

from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.optimizers.base import Group, Parameters, ScratchOptimizer, Weight, add_weight_decay, check_range


class SGD(ScratchOptimizer):
    """Implement SGD: buffer = momentum buffer + (1 - dampening) gradient; weight -= lr buffer.

    With nesterov, weight -= lr (gradient + momentum buffer). The first buffer is the gradient itself, undampened.

    Source: Polyak 1964, eq. 9; Nesterov momentum: Sutskever et al. 2013, section 2.
    Twin: torch.optim.SGD.

    Raises:
        ConfigError: an argument is out of its range, or nesterov comes without momentum or with dampening.
    """

    def __init__(
        self,
        params: Parameters,
        lr: float | Tensor = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        check_range(type(self).__name__, 0.0, lr=lr, momentum=momentum, dampening=dampening)
        check_range(type(self).__name__, 0.0, weight_decay=weight_decay)
        if nesterov and (not momentum or dampening):
            raise ConfigError("SGD.nesterov", got=True, need="a momentum above 0 and no dampening")
        settings = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
        super().__init__(params, settings | {"nesterov": nesterov, "maximize": maximize})

    def update(self, weight: Weight, gradient: Weight, state: dict[str, Tensor], group: Group) -> None:
        """Update one weight in place."""
        gradient = add_weight_decay(weight, gradient, group)
        direction = gradient
        if group["momentum"]:
            buffer = state.get("momentum_buffer")
            buffer = gradient if buffer is None else group["momentum"] * buffer + (1 - group["dampening"]) * gradient
            state["momentum_buffer"] = buffer.clone()
            direction = gradient + group["momentum"] * buffer if group["nesterov"] else buffer
        weight -= group["lr"] * direction
