import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def scores_and_overlaps(draw: RandomInputs):
    count = draw.size(3, 6)
    iou = draw.uniform(count)
    iou[0] = 0
    return draw.uniform(count, low=0.2), iou, draw.number(0.3, 0.8)


@exercise("nms", order=2, zh="软抑制", en="Soft suppression", arguments=scores_and_overlaps)
def soft_decay(scores: Tensor, iou: Tensor, sigma: float) -> Tensor:
    """Lower the scores of boxes by how much they overlap the best one: score times exp(-IoU^2 / sigma).

    按与最好的框的重叠程度压低得分：得分乘 exp(-IoU^2 / sigma)。

    Args:
        scores: (n,) of the other boxes. 其他框的得分。
        iou: (n,) of each with the best box. 各框与最好的框的交并比。
        sigma: how slowly scores fade, above 0. 得分衰减的快慢，大于 0。

    >>> soft_decay(torch.tensor([0.8, 0.6]), torch.tensor([0.0, 1.0]), 1.0)
    tensor([0.8000, 0.2207])
    """
    raise NotImplementedError


@soft_decay.solution(
    en="A box that does not overlap keeps its score; one that covers the same place fades, but a second object that "
    "stands close by is not lost outright.",
    zh="不重叠的框得分不变；盖在同一处的框渐渐淡去，但挨得近的另一个物体不会一下子丢掉。",
)
def soft_decay(scores, iou, sigma):
    return scores * (-iou.square() / sigma).exp()


@soft_decay.mistake(
    en="The square is missing: small overlaps are punished too hard.",
    zh="少了平方：重叠很小的也压得太狠。",
)
def square_missing(scores, iou, sigma):
    return scores * (-iou / sigma).exp()


@soft_decay.mistake(
    en="The sign is lost: boxes that overlap gain.",
    zh="负号丢了：重叠的框得分反而变高。",
)
def sign_lost(scores, iou, sigma):
    return scores * (iou.square() / sigma).exp()


@soft_decay.mistake(
    en="Sigma multiplies where it should divide: a larger one must fade less.",
    zh="该除以 sigma 的地方乘了它：sigma 越大，应该衰减得越慢。",
)
def sigma_multiplied(scores, iou, sigma):
    return scores * (-iou.square() * sigma).exp()


@soft_decay.mistake(
    en="The factor was subtracted from the score: even a box that overlaps nothing loses.",
    zh="得分减去了这个因子：不重叠的框也变低了。",
)
def subtracted(scores, iou, sigma):
    return scores - (-iou.square() / sigma).exp()


@soft_decay.mistake(
    en="Sigma was squared, as in a bell curve: here the exponent has sigma itself.",
    zh="sigma 取了平方，像正态分布那样：这里指数里是 sigma 本身。",
)
def sigma_squared(scores, iou, sigma):
    return scores * (-iou.square() / sigma**2).exp()
