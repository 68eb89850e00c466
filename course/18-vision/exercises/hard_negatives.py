import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def losses_of_anchors(draw: RandomInputs):
    count, positives = draw.size(12, 16), draw.choice([0, 1, 2, 3, 3])
    order = draw.normal(count).argsort()
    losses = (draw.normal(count).argsort() + 1) / 10
    return losses, order < positives, draw.choice([1.5, 2.0, 2.5])


@exercise("ssd", order=3, zh="难负例挖掘", en="Hard negatives", arguments=losses_of_anchors)
def hard_negatives(losses: Tensor, positive: Tensor, ratio: float) -> Tensor:
    """Choose the anchors of an image whose loss counts: all positives, and the background that is classified worst.

    选出一张图像中计入损失的锚框：所有正例，以及背景里分得最差的那些。

    For p positives take ratio * p of the background, rounded down; where there is no positive, as many as for p = 1.
    有 p 个正例，就取 ratio * p 个背景，向下取整；没有正例时，按 p = 1 来取。

    Args:
        losses: (anchors,) of the classes, no two equal. 各锚框的分类损失，互不相等。
        positive: (anchors,) True where an anchor has an object; fewer than the rest. 有物体的锚框为 True，占少数。
        ratio: negatives for one positive, above 1. 每个正例配几个负例，大于 1。

    Returns:
        (anchors,) True where the loss counts. 计入损失的为 True。

    >>> positive = torch.tensor([False, True, False, False, False])
    >>> hard_negatives(torch.tensor([0.2, 0.1, 0.9, 0.3, 0.5]), positive, 2.0)
    tensor([False,  True,  True, False,  True])
    """
    raise NotImplementedError


@hard_negatives.solution(
    en="Positives leave the contest by a loss below all others, then the largest of what is left win. An image without "
    "objects still has something to teach: where the detector sees ghosts.",
    zh="先把正例的损失换成最小，让它们退出比较，再取余下最大的几个。没有物体的图像也有东西可教：检测器在哪里看见了不存在的东西。",
)
def hard_negatives(losses, positive, ratio):
    wanted = int(ratio * max(1, int(positive.sum())))
    hardest = losses.masked_fill(positive, -1.0).argsort(descending=True)[:wanted]
    return positive.scatter(0, hardest, True)


def _chosen(losses, positive, wanted, sign=1):
    hardest = (sign * losses).masked_fill(positive, -1000.0).argsort(descending=True)[:wanted]
    return positive.scatter(0, hardest, True)


def _wanted(positive, ratio):
    return ratio * max(1, int(positive.sum()))


@hard_negatives.mistake(
    en="The easiest background was taken: it is known already and teaches least.",
    zh="取了最容易的背景：它们早就分对了，最没有东西可学。",
)
def easiest_taken(losses, positive, ratio):
    return _chosen(losses, positive, int(_wanted(positive, ratio)), -1)


@hard_negatives.mistake(
    en="An image without objects has no anchor that counts: it can't say where the detector is wrong.",
    zh="没有物体的图像一个锚框也没选：检测器在那里报错了，也没人纠正。",
)
def nothing_without_objects(losses, positive, ratio):
    return _chosen(losses, positive, int(ratio * int(positive.sum())))


@hard_negatives.mistake(
    en="Objects and background changed places: it is the background of which some are left out.",
    zh="物体和背景换了位置：该挑着用的是背景。",
)
def places_changed(losses, positive, ratio):
    return _chosen(losses, ~positive, int(_wanted(positive, ratio)))


@hard_negatives.mistake(
    en="The number of negatives was rounded up; it is rounded down here.",
    zh="负例的个数向上取整了；这里要向下。",
)
def rounded_up(losses, positive, ratio):
    return _chosen(losses, positive, -int(-_wanted(positive, ratio) // 1))


@hard_negatives.mistake(
    en="The positives are missing: without them a detector learns to say background everywhere.",
    zh="少了正例：没有它们，检测器只会处处说背景。",
)
def positives_left_out(losses, positive, ratio):
    return _chosen(losses, positive, int(_wanted(positive, ratio))) & ~positive
