import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def gradients_and_momentum(draw: RandomInputs):
    return draw.normal(draw.size(3, 7)), draw.number(0.2, 0.95)


@exercise("schedules", order=3, zh="动量的速度", en="The velocity of momentum", arguments=gradients_and_momentum)
def velocity(gradients: Tensor, momentum: float) -> Tensor:
    """Return the velocity after each gradient, as torch has it: v = momentum * v + g, from v = 0.

    按 torch 的写法求每个梯度之后的速度：v = momentum * v + g，从 v = 0 开始。

    Args:
        gradients: (steps,) of one weight, in their order. 一个权重依次的梯度。
        momentum: from 0 to 1. 动量系数，在 0 与 1 之间。

    Returns:
        (steps,)

    >>> velocity(torch.tensor([1.0, 1.0, 1.0]), 0.9)
    tensor([1.0000, 1.9000, 2.7100])
    """
    raise NotImplementedError


@velocity.solution(
    en="The old velocity fades, the new gradient counts in full. With equal gradients the sum is geometric and reaches "
    "1 / (1 - momentum), ten times the gradient at 0.9.",
    zh="旧的速度衰减，新的梯度全数计入。梯度不变时是等比级数，趋于 1 / (1 - 动量)，0.9 时是梯度的十倍。",
)
def velocity(gradients, momentum):
    now, found = torch.zeros(()), []
    for gradient in gradients:
        now = momentum * now + gradient
        found.append(now)
    return torch.stack(found)


def _walk(gradients, step):
    now, found = torch.zeros(()), []
    for gradient in gradients:
        now = step(now, gradient)
        found.append(now)
    return torch.stack(found)


@velocity.mistake(
    en="Momentum multiplies the new gradient: it is the old velocity that should fade.",
    zh="动量乘到了新的梯度上：该衰减的是旧的速度。",
)
def new_gradient_fades(gradients, momentum):
    return _walk(gradients, lambda v, g: v + momentum * g)


@velocity.mistake(
    en="The gradient was multiplied by 1 - momentum: this is a mean of gradients, torch has a sum.",
    zh="梯度乘了 1 - 动量：这是梯度的平均，torch 用的是和。",
)
def a_mean(gradients, momentum):
    return _walk(gradients, lambda v, g: momentum * v + (1 - momentum) * g)


@velocity.mistake(
    en="Added first, faded afterwards: the new gradient is weakened as well.",
    zh="先加后衰减：新的梯度也被削弱了。",
)
def added_first(gradients, momentum):
    return _walk(gradients, lambda v, g: momentum * (v + g))


@velocity.mistake(
    en="One step late: the first velocity is the first gradient, not 0.",
    zh="晚了一步：第一个速度就是第一个梯度，而不是 0。",
)
def one_step_late(gradients, momentum):
    found = _walk(gradients, lambda v, g: momentum * v + g)
    return torch.cat([torch.zeros(1), found[:-1]])


@velocity.mistake(
    en="The sign is turned: here the gradient is added, and the update subtracts the velocity.",
    zh="符号反了：这里加上梯度，更新权重时才减去速度。",
)
def sign_turned(gradients, momentum):
    return _walk(gradients, lambda v, g: momentum * v - g)
