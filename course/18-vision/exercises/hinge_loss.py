import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def scores_and_labels(draw: RandomInputs):
    count = draw.size(5, 8)
    return draw.normal(count, scale=2.0), torch.cat([torch.tensor([0, 1]), draw.integers(0, 1, count - 2)])


@exercise("r-cnn", order=3, zh="支持向量机的合页损失", en="The hinge loss of an SVM", arguments=scores_and_labels)
def hinge_loss(scores: Tensor, labels: Tensor) -> float:
    """Compute the mean hinge loss of regions: max(0, 1 - y s), where y is 1 for an object and -1 for background.

    求各区域合页损失的平均：max(0, 1 - y s)，物体的 y 为 1，背景为 -1。

    Args:
        scores: (regions,) s, above 0 where the SVM sees an object. 支持向量机的得分，认为是物体时大于 0。
        labels: (regions,) 1 for an object, 0 for background. 物体为 1，背景为 0。

    >>> hinge_loss(torch.tensor([2.0, 0.5, -3.0]), torch.tensor([1, 0, 0]))
    0.5
    """
    raise NotImplementedError


@hinge_loss.solution(
    en="A region on the right side by 1 or more costs nothing and moves nothing; the other regions are the support vectors. "
    "In the example only the second, a background scored 0.5, costs something: 1.5 / 3.",
    zh="站对了边，且离边界不小于 1 的区域，没有损失，也不影响训练；剩下的就是支持向量。例中只有第二个有损失："
    "它是背景，却得了 0.5 分，1.5 / 3。",
)
def hinge_loss(scores, labels):
    sign = 2 * labels - 1
    return float((1 - sign * scores).clamp(min=0).mean())


def _margin(scores, labels):
    return (2 * labels - 1) * scores


@hinge_loss.mistake(
    en="Regions that are right by far have a negative loss: one of them could pay for many errors.",
    zh="对得很远的区域损失成了负的：一个就能抵掉许多错误。",
)
def clamp_missing(scores, labels):
    return float((1 - _margin(scores, labels)).mean())


@hinge_loss.mistake(
    en="The sign is turned round: right answers cost and wrong ones are free.",
    zh="正负号反了：答对的受罚，答错的没事。",
)
def sign_turned(scores, labels):
    return float((1 + _margin(scores, labels)).clamp(min=0).mean())


@hinge_loss.mistake(
    en="This is the sum: the mean was asked.",
    zh="这是总和：题目要平均。",
)
def sum_returned(scores, labels):
    return float((1 - _margin(scores, labels)).clamp(min=0).sum())


@hinge_loss.mistake(
    en="The margin is missing: an answer that is barely right must still cost something.",
    zh="少了间隔：刚刚答对的，也还要付出一点代价。",
)
def margin_missing(scores, labels):
    return float((-_margin(scores, labels)).clamp(min=0).mean())


@hinge_loss.mistake(
    en="Labels of 0 and 1 were put in for y: a background then costs 1, whatever its score.",
    zh="把 0 和 1 的标签直接当成了 y：这样背景的损失总是 1，与得分无关。",
)
def labels_as_signs(scores, labels):
    return float((1 - labels * scores).clamp(min=0).mean())
