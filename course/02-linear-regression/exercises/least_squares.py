import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "linear-regression",
    order=4,
    zh="直接解出最小二乘",
    en="The closed form of least squares",
    arguments=lambda draw: (draw.normal(n := draw.size(6, 12), draw.size(1, 3)), draw.normal(n)),
    tolerance=1e-3,
)
def least_squares(inputs: Tensor, targets: Tensor) -> Tensor:
    """Find the weights and the bias with the smallest mean squared error, without descending.

    不用梯度下降，直接求出均方误差最小的权重和偏置。

    Args:
        inputs: (n, d), n > d.
        targets: (n,).

    Returns:
        (d + 1,): the weights, then the bias. 先是权重，最后是偏置。

    >>> least_squares(torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([1.0, 3.0, 5.0])).round(decimals=3)
    tensor([2., 1.])
    """
    raise NotImplementedError


@least_squares.solution(
    en="The weight of a column of ones is the bias. `lstsq` is steadier than an inverse of one's own.",
    zh="给输入添一列 1，它的权重就是偏置；`lstsq` 比自己求逆矩阵更稳。",
)
def least_squares(inputs, targets):
    with_ones = torch.cat([inputs, torch.ones(len(inputs), 1)], dim=1)
    return torch.linalg.lstsq(with_ones, targets[:, None]).solution[:, 0]


@least_squares.mistake(
    en="The bias is missing: what column of inputs would have the bias as its weight?",
    zh="没有偏置：给输入添上怎样的一列，它的权重就正好是偏置？",
)
def through_the_origin(inputs, targets):
    return torch.linalg.lstsq(inputs, targets[:, None]).solution[:, 0]


@least_squares.mistake(
    en="The bias stands first; it should be the last entry.",
    zh="偏置排在了最前面，它应当是最后一个。",
)
def bias_first(inputs, targets):
    ones = torch.ones(len(inputs), 1)
    return torch.linalg.lstsq(torch.cat([ones, inputs], 1), targets[:, None]).solution[:, 0]


@least_squares.mistake(
    en="The weights were found without a bias and the bias from what was left: both must be found together.",
    zh="先求没有偏置的权重，再用剩下的误差求偏置：两者要一起求。",
)
def bias_afterwards(inputs, targets):
    weights = torch.linalg.lstsq(inputs, targets[:, None]).solution[:, 0]
    return torch.cat([weights, (targets - inputs @ weights).mean()[None]])


@least_squares.mistake(
    en="Inputs were centered and targets were not used for the bias: the bias is no mean of the targets alone.",
    zh="偏置只取了目标的平均值：还要看输入的平均值乘上权重是多少。",
)
def mean_of_targets_as_bias(inputs, targets):
    centered = inputs - inputs.mean(0)
    weights = torch.linalg.lstsq(centered, (targets - targets.mean())[:, None]).solution[:, 0]
    return torch.cat([weights, targets.mean()[None]])
