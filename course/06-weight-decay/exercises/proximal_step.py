import torch
from torch import Tensor

from d2lab.exercises import exercise

from ._shared import decayed


@exercise("l1-and-l2", order=2, zh="近端梯度的一步", en="A proximal step", arguments=decayed)
def proximal_step(weights: Tensor, gradient: Tensor, rate: float, penalty: float) -> Tensor:
    """Step along the gradient, then apply the soft threshold of the L1 penalty.

    先沿梯度走一步，再做 L1 惩罚的软阈值。

    Args:
        weights: (n,).
        gradient: (n,), of the smooth part.
        rate: learning rate.
        penalty: of L1.

    >>> proximal_step(torch.tensor([1.0, 0.1]), torch.tensor([0.0, 0.0]), 0.5, 0.4)
    tensor([0.8000, 0.0000])
    """
    raise NotImplementedError


@proximal_step.solution(
    en="After the step the threshold is rate times penalty.",
    zh="走一步之后，阈值是学习率乘惩罚。",
)
def proximal_step(weights, gradient, rate, penalty):
    stepped = weights - rate * gradient
    return stepped.sign() * (stepped.abs() - rate * penalty).clamp_min(0)


def _soft(z, t):
    return z.sign() * (z.abs() - t).clamp_min(0)


@proximal_step.mistake(en="The threshold is not multiplied by the rate.", zh="阈值没有乘学习率。")
def threshold_without_rate(weights, gradient, rate, penalty):
    return _soft(weights - rate * gradient, penalty)


@proximal_step.mistake(en="The threshold came first: step, then threshold.", zh="先做了软阈值：应当先走一步。")
def threshold_first(weights, gradient, rate, penalty):
    return _soft(weights, rate * penalty) - rate * gradient


@proximal_step.mistake(
    en="A gradient step on |w| was taken: it jumps over 0 and never stops there.",
    zh="对 |w| 走了梯度步：会跳过 0，停不下来。",
)
def subgradient(weights, gradient, rate, penalty):
    return weights - rate * (gradient + penalty * weights.sign())


@proximal_step.mistake(en="The penalty is missing.", zh="漏了惩罚。")
def plain_step(weights, gradient, rate, penalty):
    return weights - rate * gradient


@proximal_step.mistake(en="Weights were scaled: that is L2.", zh="按比例缩小了权重：那是 L2。")
def as_l2(weights, gradient, rate, penalty):
    return (1 - rate * penalty) * weights - rate * gradient
