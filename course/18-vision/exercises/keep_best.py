import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise

from ._shared import overlaps


def scored_overlaps(draw: RandomInputs):
    count = draw.size(6, 8)
    iou = overlaps(draw, count, count)
    iou = torch.triu(iou, 1)
    return iou + iou.T + torch.eye(count), draw.uniform(count), draw.number(0.4, 0.7)


@exercise("nms", order=1, zh="非极大值抑制", en="Non-maximum suppression", arguments=scored_overlaps)
def keep_best(iou: Tensor, scores: Tensor, threshold: float) -> list[int]:
    """Keep the box with the best score, drop all that overlap it by more than the threshold, and go on with the rest.

    留下得分最高的框，去掉与它的交并比超过门槛的框，再从剩下的里接着选。

    Args:
        iou: (n, n) of every box with every other, 1 with itself. 两两的交并比，与自己为 1。
        scores: (n,), no two equal. 没有相等的得分。
        threshold: of the IoU. 交并比的门槛。

    Returns:
        Numbers of the boxes that stay, by falling score. 留下的框的编号，得分从高到低。

    >>> iou = torch.tensor([[1.0, 0.6, 0.4], [0.6, 1.0, 0.7], [0.4, 0.7, 1.0]])
    >>> keep_best(iou, torch.tensor([0.9, 0.8, 0.7]), 0.5)
    [0, 2]
    """
    raise NotImplementedError


@keep_best.solution(
    en="Only boxes that stay may suppress: box 1 of the example is gone before it can drop box 2.",
    zh="只有留下的框才能抑制别人：例中的框 1 先被去掉了，轮不到它去抑制框 2。",
)
def keep_best(iou, scores, threshold):
    left, kept = scores.argsort(descending=True).tolist(), []
    while left:
        best, *rest = left
        kept.append(best)
        left = [box for box in rest if iou[best, box] <= threshold]
    return kept


def _suppressed(iou, order, threshold):
    kept = []
    while order:
        best, *rest = order
        kept.append(best)
        order = [box for box in rest if iou[best, box] <= threshold]
    return kept


@keep_best.mistake(
    en="Boxes that were dropped went on dropping others: only one that stays may suppress.",
    zh="被去掉的框还在抑制别人：只有留下的框才可以。",
)
def dropped_ones_drop(iou, scores, threshold):
    order = scores.argsort(descending=True).tolist()
    return [box for place, box in enumerate(order) if all(iou[other, box] <= threshold for other in order[:place])]


@keep_best.mistake(
    en="The worst box was taken first: which one do you trust most?",
    zh="先取的是得分最低的框：该先信谁？",
)
def worst_first(iou, scores, threshold):
    return _suppressed(iou, scores.argsort().tolist(), threshold)


@keep_best.mistake(
    en="The boxes were taken in the order in which they came, whatever their scores.",
    zh="按框给出的次序来取，没有看得分。",
)
def in_given_order(iou, scores, threshold):
    return _suppressed(iou, list(range(len(scores))), threshold)


@keep_best.mistake(
    en="Boxes that overlap little were dropped and those that overlap much were kept: turn the comparison.",
    zh="去掉了重叠小的，留下了重叠大的：比较的方向反了。",
)
def comparison_turned(iou, scores, threshold):
    return _suppressed(-iou, scores.argsort(descending=True).tolist(), -threshold)


@keep_best.mistake(
    en="Only the very best box suppressed others: go on with the best of what is left.",
    zh="只有得分最高的那个框抑制了别人：剩下的里还要接着选。",
)
def only_once(iou, scores, threshold):
    best, *rest = scores.argsort(descending=True).tolist()
    return [best] + [box for box in rest if iou[best, box] <= threshold]
