import torch
from torch import Tensor

from d2lab.exercises import exercise

from ._shared import feature_batch


@exercise("batch-norm", order=1, zh="批量规范化：训练时", en="Batch normalization in training", arguments=feature_batch)
def normalized(x: Tensor) -> Tensor:
    """Normalize each feature over the batch, with 1e-5 added to the variance, as batch normalization trains.

    按批对每个特征标准化，方差加 1e-5，就是批量规范化训练时做的事。

    Args:
        x: (n, d), n > 1.

    >>> normalized(torch.tensor([[1.0], [3.0]])).round(decimals=3)
    tensor([[-1.],
            [ 1.]])
    """
    raise NotImplementedError


@normalized.solution(
    en="Mean and variance along the examples, dividing by n.",
    zh="沿样本轴求均值和方差（除以 n）。",
)
def normalized(x):
    return (x - x.mean(0)) / (x.var(0, correction=0) + 1e-5).sqrt()


@normalized.mistake(en="The variance divides by n - 1: in training it is n.", zh="方差除的是 n − 1：训练时除以 n。")
def unbiased(x):
    return (x - x.mean(0)) / (x.var(0) + 1e-5).sqrt()


@normalized.mistake(
    en="Each example was normalized by itself: that is layer normalization.", zh="每个样本自己归一了：那是层规范化。"
)
def by_example(x):
    return (x - x.mean(1, keepdim=True)) / (x.var(1, correction=0, keepdim=True) + 1e-5).sqrt()


@normalized.mistake(en="It was divided by the variance, not by its root.", zh="除以了方差，没有开平方。")
def by_variance(x):
    return (x - x.mean(0)) / (x.var(0, correction=0) + 1e-5)


@normalized.mistake(en="One mean and one variance were taken for all features.", zh="所有特征共用了一个均值和方差。")
def one_for_all(x):
    return (x - x.mean()) / (x.var(correction=0) + 1e-5).sqrt()


@normalized.mistake(en="The mean was not taken off.", zh="没有减去均值。")
def not_centered(x):
    return x / (x.var(0, correction=0) + 1e-5).sqrt()
