import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise

from ._shared import cloud


def one_of_cloud(draw: RandomInputs):
    inputs, labels, weights, bias = cloud(draw)
    return inputs[0], int(labels[0]), weights, bias


@exercise("perceptron", order=2, zh="感知机的一步", en="One step of the perceptron", arguments=one_of_cloud)
def perceptron_step(x: Tensor, label: int, weights: Tensor, bias: float) -> tuple[Tensor, float]:
    """Return weights and bias after seeing one example: a perceptron only moves when it was wrong.

    看过一个样本之后的权重与偏置：只有答错时才移动。

    Args:
        x: (d,).
        label: 1 or -1.
        weights: (d,).
        bias: a number.

    Returns:
        The weights, (d,), and the bias. It was wrong where label times sum is not above 0.
        标签乘以加权和不大于 0，就是答错。

    >>> perceptron_step(torch.tensor([1.0, 2.0]), -1, torch.tensor([1.0, 1.0]), 0.0)
    (tensor([ 0., -1.]), -1.0)
    """
    raise NotImplementedError


@perceptron_step.solution(
    en="""
    Label times sum is positive after a right answer: nothing moves. Otherwise the example is added in its label's direction.
    """,
    zh="标签乘以加权和大于 0，说明答对了，什么都不动；否则把样本按标签的方向加进权重。",
)
def perceptron_step(x, label, weights, bias):
    if label * (x @ weights + bias) > 0:
        return weights, bias
    return weights + label * x, bias + label


def _is_wrong(x, label, weights, bias):
    return label * float(x @ weights + bias) <= 0


@perceptron_step.mistake(en="It moves after right answers too.", zh="答对了也在移动。")
def always_moves(x, label, weights, bias):
    return weights + label * x, bias + label


@perceptron_step.mistake(
    en="The label is missing from the step: for a wrong -1 the step goes the other way.",
    zh="步子里少了标签：标签是 -1 时要往反方向推。",
)
def without_label(x, label, weights, bias):
    return (weights + x, bias + 1.0) if _is_wrong(x, label, weights, bias) else (weights, bias)


@perceptron_step.mistake(en="The bias does not move.", zh="偏置没有动。")
def bias_stays(x, label, weights, bias):
    return (weights + label * x, bias) if _is_wrong(x, label, weights, bias) else (weights, bias)


@perceptron_step.mistake(
    en="The step goes the wrong way: the sum should come nearer to the side of the label.",
    zh="走反了：加权和应当向标签那一侧靠近。",
)
def wrong_way(x, label, weights, bias):
    return (weights - label * x, bias - label) if _is_wrong(x, label, weights, bias) else (weights, bias)


@perceptron_step.mistake(
    en="It moves when it was right and rests when it was wrong.", zh="答对时移动，答错时反而不动。"
)
def when_right(x, label, weights, bias):
    return (weights, bias) if _is_wrong(x, label, weights, bias) else (weights + label * x, bias + label)
