import torch
from torch import Tensor

from d2lab.exercises import exercise

from ._shared import cloud


@exercise("perceptron", order=3, zh="点到决策边界的距离", en="The margin", arguments=cloud)
def margin(inputs: Tensor, labels: Tensor, weights: Tensor, bias: float) -> float:
    """Return the smallest signed distance of the points from the decision boundary; negative if one lies on the wrong side.

    求各点到决策边界的有符号距离中最小的一个；有点落在错误一侧时为负。

    Args:
        inputs: (n, d).
        labels: (n,) of 1 and -1.
        weights: (d,), of any length. 长度任意。
        bias: a number.

    >>> margin(torch.tensor([[3.0, 4.0]]), torch.tensor([1]), torch.tensor([6.0, 8.0]), 0.0)
    5.0
    """
    raise NotImplementedError


@margin.solution(
    en="The sum over the length of the weights is a distance; the label gives it its sign.",
    zh="加权和除以权重的长度就是距离，乘上标签就有了正负。",
)
def margin(inputs, labels, weights, bias):
    distances = labels * (inputs @ weights + bias) / weights.norm()
    return distances.min().item()


def _scores(inputs, labels, weights, bias):
    return labels * (inputs @ weights + bias)


@margin.mistake(
    en="The length of the weights is missing: twice the weights would give twice the distance.",
    zh="没有除以权重的长度：权重翻倍，距离就也翻倍了。",
)
def not_divided(inputs, labels, weights, bias):
    return float(_scores(inputs, labels, weights, bias).min())


@margin.mistake(
    en="The sign is lost: a point on the wrong side has a negative distance.",
    zh="丢了符号：落在错误一侧的点，距离是负的。",
)
def without_side(inputs, labels, weights, bias):
    return float((inputs @ weights + bias).abs().min() / weights.norm())


@margin.mistake(
    en="The labels are not used: what is right for 1 is wrong for -1.",
    zh="没有用到标签：对 1 是对的一侧，对 -1 就是错的。",
)
def without_labels(inputs, labels, weights, bias):
    return float((inputs @ weights + bias).min() / weights.norm())


@margin.mistake(en="This is the average; the smallest distance is asked for.", zh="这是平均距离，要的是最小的。")
def average(inputs, labels, weights, bias):
    return float(_scores(inputs, labels, weights, bias).mean() / weights.norm())


@margin.mistake(en="It was divided by the squared length of the weights.", zh="除以了权重长度的平方。")
def by_the_square(inputs, labels, weights, bias):
    return float(_scores(inputs, labels, weights, bias).min() / (weights @ weights))
