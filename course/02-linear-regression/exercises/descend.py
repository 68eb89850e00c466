import torch
from torch import Tensor

from d2lab.exercises import exercise

from ._shared import points


@exercise(
    "linear-regression",
    order=3,
    zh="一步梯度下降",
    en="One step of gradient descent",
    arguments=lambda draw: (*points(draw), draw.number(0.01, 0.5)),
)
def descend(inputs: Tensor, targets: Tensor, weights: Tensor, bias: float, rate: float) -> tuple[Tensor, Tensor]:
    """Return the weights and the bias after one step on half the mean squared error; derivatives by hand, no autograd.

    对平方误差均值的一半走一步梯度下降，返回新的权重与偏置；导数自己推，不用自动求导。

    Args:
        inputs: (n, d).
        targets: (n,).
        weights: (d,); leave them as they are, return new ones. 不要就地修改，返回新的张量。
        bias: a number.
        rate: the learning rate. 学习率。

    >>> descend(torch.tensor([[1.0], [3.0]]), torch.tensor([1.0, 1.0]), torch.tensor([1.0]), 0.0, 0.5)
    (tensor([-0.5000]), tensor(-0.5000))
    """
    raise NotImplementedError


@descend.solution(
    en="""
    The 2 of the square's derivative cancels the half; what is left is error times input, averaged over the examples. Both
    gradients are taken at the old parameters before either moves.
    """,
    zh="平方的导数带来的 2 与二分之一抵消，剩下误差乘以输入，再对样本取平均。两个梯度都在旧的参数上算完，然后才更新。",
)
def descend(inputs, targets, weights, bias, rate):
    error = inputs @ weights + bias - targets
    return weights - rate * inputs.T @ error / len(inputs), bias - rate * error.mean()


@descend.mistake(
    en="The step follows the gradient upwards: the gradient points to where the loss grows.",
    zh="走反了方向：梯度指向损失增大的一边。",
)
def ascends(inputs, targets, weights, bias, rate):
    error = inputs @ weights + bias - targets
    return weights + rate * inputs.T @ error / len(inputs), bias + rate * error.mean()


@descend.mistake(
    en="The gradient is a sum over the batch: with more examples the step grows. The loss is a mean.",
    zh="梯度是对样本求和，样本越多步子越大；而损失是平均值。",
)
def summed_gradient(inputs, targets, weights, bias, rate):
    error = inputs @ weights + bias - targets
    return weights - rate * inputs.T @ error, bias - rate * error.sum()


@descend.mistake(
    en="The step is twice too long: the half in the loss cancels the 2 of the derivative of a square.",
    zh="步子大了一倍：损失里的二分之一正好抵消平方求导带来的 2。",
)
def twice_as_far(inputs, targets, weights, bias, rate):
    error = inputs @ weights + bias - targets
    return weights - 2 * rate * inputs.T @ error / len(inputs), bias - 2 * rate * error.mean()


@descend.mistake(
    en="The bias did not move: it has a gradient too, the mean error.",
    zh="偏置没有动：它也有梯度，就是误差的平均值。",
)
def bias_left_alone(inputs, targets, weights, bias, rate):
    error = inputs @ weights + bias - targets
    return weights - rate * inputs.T @ error / len(inputs), torch.tensor(bias)


@descend.mistake(
    en="The bias stepped with weights that had moved already: both gradients belong to the same point.",
    zh="算偏置的梯度时用了已经更新过的权重：两个梯度要在同一点上算。",
)
def one_after_the_other(inputs, targets, weights, bias, rate):
    weights = weights - rate * inputs.T @ (inputs @ weights + bias - targets) / len(inputs)
    return weights, bias - rate * (inputs @ weights + bias - targets).mean()
