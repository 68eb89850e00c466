import math

import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "cross-entropy",
    order=3,
    zh="熵：最好能有多好",
    en="Entropy: the best there can be",
    arguments=lambda draw: (
        (p := draw.uniform(draw.size(2, 6))) / p.sum() if draw.boolean() else torch.eye(draw.size(2, 5))[0],
    ),
)
def entropy(probabilities: Tensor) -> Tensor:
    """Return the entropy of a distribution, in nats; a class of probability 0 adds nothing.

    求一个分布的熵，单位是奈特；概率为 0 的类别贡献为 0。

    Args:
        probabilities: (classes,), adding up to 1; some may be 0. 加起来为 1，其中可能有 0。

    >>> entropy(torch.tensor([0.5, 0.5, 0.0]))
    tensor(0.6931)
    """
    raise NotImplementedError


@entropy.solution(
    en="`xlogy(0, 0)` is 0 by definition, which avoids 0 times minus infinity.",
    zh="`xlogy(0, 0)` 按约定等于 0，正好绕开 0 乘以负无穷。",
)
def entropy(probabilities):
    return -torch.special.xlogy(probabilities, probabilities).sum()


@entropy.mistake(
    en="0 times log 0 came out as nan: a class that never happens should add nothing.",
    zh="0 乘以 log 0 得到了 nan：从不发生的类别应当贡献 0。",
)
def nan_for_zero(probabilities):
    return -(probabilities * probabilities.log()).sum()


@entropy.mistake(en="The sign is missing: an entropy is never negative.", zh="漏了负号：熵不会是负数。")
def negative(probabilities):
    return torch.special.xlogy(probabilities, probabilities).sum()


@entropy.mistake(en="The logarithms are not weighted by the probabilities.", zh="对数没有用概率加权。")
def not_weighted(probabilities):
    return -probabilities.clamp_min(1e-30).log().mean()


@entropy.mistake(en="It is in bits: the natural logarithm is meant.", zh="单位是比特：要的是自然对数。")
def in_bits_too(probabilities):
    return torch.special.entr(probabilities).sum() / math.log(2)


@entropy.mistake(
    en="It is a mean over the classes; an entropy is a sum, weighted already.", zh="又除以了类别数：熵是加权之后的和。"
)
def mean_for_sum(probabilities):
    return torch.special.entr(probabilities).mean()
