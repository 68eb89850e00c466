"""Steps down the gradient: plain, with momentum, with Nesterov's look ahead, and with an L1 penalty.

Source: Robbins and Monro 1951, "A Stochastic Approximation Method"; momentum: Polyak 1964, "Some methods of speeding up
the convergence of iteration methods", eq. 9; Nesterov: Sutskever et al. 2013, "On the importance of initialization and
momentum in deep learning", section 2.
Changed: the speed is a sum of gradients, which the rate multiplies afterwards (torch's form); the papers keep the rate
inside the sum. The two differ only while the rate changes.
"""

from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.optimizers.base import Group, Parameters, ScratchOptimizer, Weight, check_range, decayed
from d2lab.optimizers.proximal import soft_threshold


class SGD(ScratchOptimizer):
    """speed = momentum speed + (1 - dampening) gradient; weight -= lr speed, or lr (gradient + momentum speed).

    The first speed is the gradient itself, undampened.

    Source: as above.
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
        """Move one weight in place."""
        push = decayed(weight, gradient, group)
        if group["momentum"]:
            speed = state.get("momentum_buffer")
            fresh = push if speed is None else group["momentum"] * speed + (1 - group["dampening"]) * push
            state["momentum_buffer"] = fresh.clone()
            push = push + group["momentum"] * fresh if group["nesterov"] else fresh
        weight -= group["lr"] * push


class ProximalSGD(SGD):
    """A step of SGD, then every weight moves lr l1 towards 0 and stops there: the L1 penalty l1 |w|, exactly.

    Adding the penalty's slope l1 sign(w) to the gradient instead makes weights hop around 0 and never reach it.

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
        """Move one weight in place."""
        super().update(weight, gradient, state, group)
        weight.copy_(soft_threshold(weight, group["lr"] * group["l1"]))
