import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "batch-norm",
    order=3,
    zh="把批量规范化折进前面的层",
    en="Fold batch normalization into the layer before",
    arguments=lambda draw: (
        draw.normal(o := draw.size(1, 4), draw.size(1, 3)),
        draw.normal(o),
        draw.normal(o),
        draw.uniform(o, low=0.2, high=3),
        draw.normal(o),
        draw.normal(o),
    ),
)
def folded(
    weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, gain: Tensor, shift: Tensor
) -> tuple[Tensor, Tensor]:
    """Return weight and bias of one linear layer that predicts as linear layer and batch normalization do (eps 0).

    预测时，线性层接批量规范化等于一个线性层：求它的权重和偏置（eps 取 0）。

    Args:
        weight: (o, d).
        bias: (o,).
        mean: (o,), running.
        variance: (o,), running.
        gain: (o,).
        shift: (o,).

    >>> one = torch.ones(1)
    >>> folded(torch.ones(1, 1), one, one, 4 * one, 2 * one, one)
    (tensor([[1.]]), tensor([1.]))
    """
    raise NotImplementedError


@folded.solution(
    en="Every output is scaled by one factor, and the bias with it.",
    zh="每个输出乘一个系数，偏置跟着一起变。",
)
def folded(weight, bias, mean, variance, gain, shift):
    factor = gain / variance.sqrt()
    return weight * factor[:, None], (bias - mean) * factor + shift


@folded.mistake(en="The old bias was not scaled.", zh="旧偏置没有缩放。")
def bias_not_scaled(weight, bias, mean, variance, gain, shift):
    f = gain / variance.sqrt()
    return weight * f[:, None], bias - mean * f + shift


@folded.mistake(en="It was divided by the variance, not by its root.", zh="除以了方差，没有开平方。")
def divided_by_variance(weight, bias, mean, variance, gain, shift):
    f = gain / variance
    return weight * f[:, None], (bias - mean) * f + shift


@folded.mistake(en="The running mean is missing.", zh="漏了滑动均值。")
def without_mean(weight, bias, mean, variance, gain, shift):
    f = gain / variance.sqrt()
    return weight * f[:, None], bias * f + shift


@folded.mistake(en="The shift is missing.", zh="漏了偏移。")
def without_shift(weight, bias, mean, variance, gain, shift):
    f = gain / variance.sqrt()
    return weight * f[:, None], (bias - mean) * f


@folded.mistake(en="The gain is missing.", zh="漏了增益。")
def without_gain(weight, bias, mean, variance, gain, shift):
    f = 1 / variance.sqrt()
    return weight * f[:, None], (bias - mean) * f + shift
