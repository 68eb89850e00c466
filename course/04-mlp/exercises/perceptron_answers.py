import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise

from ._shared import cloud


def points_and_border(draw: RandomInputs):
    inputs, _, weights, bias = cloud(draw)
    return inputs, weights, bias


@exercise(
    "perceptron",
    order=1,
    zh="感知机的回答",
    en="What a perceptron answers",
    arguments=points_and_border,
)
def perceptron_answers(inputs: Tensor, weights: Tensor, bias: float) -> Tensor:
    """Answer 1 where the weighted sum plus bias is above 0, and -1 elsewhere.

    加权和加偏置大于 0 回答 1，否则回答 -1。

    Args:
        inputs: (n, d).
        weights: (d,).
        bias: a number.

    Returns:
        (n,) of 1 and -1; exactly 0 gives -1. 恰好为 0 时是 -1。

    >>> perceptron_answers(torch.tensor([[1.0], [-1.0]]), torch.tensor([2.0]), 0.0).tolist()
    [1, -1]
    """
    raise NotImplementedError


@perceptron_answers.solution(
    en="The comparison gives trues; twice that minus one gives 1 and −1. `torch.sign` would give 0 at 0.",
    zh="比较得到真假，换成整数乘二减一，就是 1 和 −1。`torch.sign` 在 0 处给 0，所以不用它。",
)
def perceptron_answers(inputs, weights, bias):
    return (inputs @ weights + bias > 0).int() * 2 - 1


@perceptron_answers.mistake(
    en="The answers are 1 and 0; this perceptron says 1 and -1.", zh="回答成了 1 和 0；这里的感知机说的是 1 和 -1。"
)
def ones_and_zeros(inputs, weights, bias):
    return (inputs @ weights + bias > 0).int()


@perceptron_answers.mistake(
    en="The bias is missing: without it the decision boundary always goes through the origin.",
    zh="漏了偏置：没有它，决策边界总要经过原点。",
)
def through_origin(inputs, weights, bias):
    return (inputs @ weights > 0).int() * 2 - 1


@perceptron_answers.mistake(
    en="This is the sum itself; only the side that it falls on is asked for.",
    zh="这是加权和本身；只需要回答它落在哪一侧。",
)
def the_sum(inputs, weights, bias):
    return inputs @ weights + bias


@perceptron_answers.mistake(en="The sides are exchanged.", zh="两侧说反了。")
def exchanged(inputs, weights, bias):
    return (inputs @ weights + bias <= 0).int() * 2 - 1
