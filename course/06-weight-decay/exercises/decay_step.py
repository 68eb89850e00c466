import torch
from torch import Tensor

from d2lab.exercises import exercise

from ._shared import decayed


@exercise("weight-decay", order=1, zh="带衰减的一步", en="A step with decay", arguments=decayed)
def decay_step(weights: Tensor, gradient: Tensor, rate: float, decay: float) -> Tensor:
    """Return the weights after a step of gradient descent with weight decay.

    带权重衰减的梯度下降走一步之后的权重。

    Args:
        weights: (n,); leave them as they are. 不要就地修改。
        gradient: (n,), of the loss without penalty. 不含惩罚的损失的梯度。
        rate: learning rate.
        decay: its strength. 衰减系数。

    >>> decay_step(torch.tensor([1.0]), torch.tensor([0.0]), 0.5, 0.2)
    tensor([0.9000])
    """
    raise NotImplementedError


@decay_step.solution(
    en="The penalty's gradient is decay times the weights; both go into one step.",
    zh="惩罚的梯度是 decay 乘权重，和损失的梯度走同一步。",
)
def decay_step(weights, gradient, rate, decay):
    return weights - rate * (gradient + decay * weights)


@decay_step.mistake(en="There is no decay: only the gradient moved the weights.", zh="没有衰减：只有梯度在起作用。")
def no_decay(weights, gradient, rate, decay):
    return weights - rate * gradient


@decay_step.mistake(
    en="The decay is not multiplied by the rate: it is part of the same step.",
    zh="衰减没有乘学习率：它也是这一步的一部分。",
)
def decay_without_rate(weights, gradient, rate, decay):
    return (1 - decay) * weights - rate * gradient


@decay_step.mistake(en="Weights grow: the sign of the decay is wrong.", zh="权重变大了：衰减的符号反了。")
def growing(weights, gradient, rate, decay):
    return (1 + rate * decay) * weights - rate * gradient


@decay_step.mistake(
    en="The gradient was shrunk as well: only the weights decay.", zh="梯度也被缩小了：衰减的只是权重。"
)
def all_shrunk(weights, gradient, rate, decay):
    return (1 - rate * decay) * (weights - rate * gradient)


@decay_step.mistake(
    en="It takes the same from every weight, whatever its size: that is L1.",
    zh="每个权重都减同样多，不管大小：那是 L1。",
)
def as_l1(weights, gradient, rate, decay):
    return weights - rate * (gradient + decay * weights.sign())
