import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "xor",
    order=3,
    zh="新特征让异或变成线性",
    en="A feature that makes XOR linear",
    arguments=lambda draw: (draw.integers(0, 1, draw.size(5, 9), 2) * 2.0 - 1,),
)
def xor_feature(inputs: Tensor) -> Tensor:
    """For inputs of 1 and -1, give one feature by whose sign alone XOR can be read: positive where they differ.

    输入取 1 和 -1 时，造一个特征，单看它的符号就知道异或：两者不同为正，相同为负，大小都是 1。

    Args:
        inputs: (n, 2).

    Returns:
        (n,) of 1.0 and -1.0.

    >>> xor_feature(torch.tensor([[1.0, 1.0], [1.0, -1.0]])).tolist()
    [-1.0, 1.0]
    """
    raise NotImplementedError


@xor_feature.solution(
    en="The product is 1 where they agree and −1 where they differ; its opposite is asked for.",
    zh="两个数相乘，相同为 1，不同为 −1；再取相反数。",
)
def xor_feature(inputs):
    return -inputs.prod(dim=1)


@xor_feature.mistake(
    en="It is positive where they agree: the sign is the wrong way round.", zh="相同时为正：符号反了。"
)
def agreeing(inputs):
    return inputs[:, 0] * inputs[:, 1]


@xor_feature.mistake(
    en="A sum is 0 for both kinds of difference, and no sign can be read off it.",
    zh="两者不同时，和都是 0，看不出符号。",
)
def a_sum(inputs):
    return inputs.sum(1)


@xor_feature.mistake(en="The difference has both signs where they differ.", zh="两者不同时，差有正有负。")
def a_difference(inputs):
    return inputs[:, 0] - inputs[:, 1]


@xor_feature.mistake(
    en="It is 0 where they agree and 2 where they differ: -1 and 1 are asked for.",
    zh="相同时为 0，不同时为 2：要的是 -1 和 1。",
)
def a_distance(inputs):
    return (inputs[:, 0] - inputs[:, 1]).abs()
