import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def regression(draw: RandomInputs):
    n, d = draw.size(5, 9), draw.size(2, 4)
    return draw.normal(n, d), draw.normal(n), draw.number(0.1, 3.0)


@exercise("weight-decay", order=3, zh="岭回归的解", en="Ridge regression", arguments=regression, tolerance=1e-3)
def ridge_weights(inputs: Tensor, targets: Tensor, penalty: float) -> Tensor:
    """Minimize |Xw - y|^2 / 2 + penalty |w|^2 / 2 in closed form (no bias).

    直接解出使 |Xw − y|²/2 + penalty·|w|²/2 最小的 w（没有偏置）。

    Args:
        inputs: (n, d).
        targets: (n,).
        penalty: above 0.

    >>> ridge_weights(torch.eye(2), torch.tensor([2.0, 4.0]), 1.0)
    tensor([1., 2.])
    """
    raise NotImplementedError


@ridge_weights.solution(
    en=r"Set the gradient to zero: $(X^\top X + \lambda I) w = X^\top y$.",
    zh=r"令梯度为零：$(X^\top X + \lambda I) w = X^\top y$。",
)
def ridge_weights(inputs, targets, penalty):
    matrix = inputs.T @ inputs + penalty * torch.eye(inputs.shape[1])
    return torch.linalg.solve(matrix, inputs.T @ targets)


def _solve(inputs, targets, matrix):
    return torch.linalg.solve(inputs.T @ inputs + matrix, inputs.T @ targets)


@ridge_weights.mistake(en="There is no penalty in it: these are least squares.", zh="没有用到惩罚：这是最小二乘。")
def no_penalty(inputs, targets, penalty):
    return torch.linalg.lstsq(inputs, targets[:, None]).solution[:, 0]


@ridge_weights.mistake(
    en="The penalty was multiplied by the number of examples: the squares are a sum here.",
    zh="惩罚乘了样本数：这里的平方误差是和，不是平均。",
)
def times_examples(inputs, targets, penalty):
    return _solve(inputs, targets, len(inputs) * penalty * torch.eye(inputs.shape[1]))


@ridge_weights.mistake(
    en="The penalty was added to every entry of the matrix: only its diagonal is meant.",
    zh="惩罚加到了矩阵的每个元素上，应当只加在对角线上。",
)
def everywhere(inputs, targets, penalty):
    return _solve(inputs, targets, torch.full((inputs.shape[1],) * 2, penalty))


@ridge_weights.mistake(
    en="The penalty is twice too strong: both terms have a half.", zh="惩罚大了一倍：两项都有二分之一。"
)
def twice(inputs, targets, penalty):
    return _solve(inputs, targets, 2 * penalty * torch.eye(inputs.shape[1]))
