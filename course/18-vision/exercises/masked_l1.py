import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def errors_and_mask(draw: RandomInputs):
    anchors = draw.size(4, 6)
    mask = torch.zeros(2, anchors)
    if draw.size(0, 4):  # else no anchor of the batch has an object
        mask[0, :1], mask[1, : draw.size(2, 3)] = 1, 1
    return draw.normal(2, anchors, 4), mask


@exercise(
    "detection-losses", order=3, zh="只算有物体的锚框", en="Anchors that have an object", arguments=errors_and_mask
)
def masked_l1(errors: Tensor, mask: Tensor) -> float:
    """Compute the mean absolute error of the offsets, over those anchors of the batch that have an object.

    求偏移量的平均绝对误差，只算整批中有物体的锚框。

    Args:
        errors: (batch, anchors, 4) predicted minus wanted offsets. 预测的偏移量减去该有的偏移量。
        mask: (batch, anchors) 1 where an anchor has an object, else 0. 有物体为 1，否则为 0。

    Returns:
        The mean over all offsets that count; 0 if none does. 所有计入的偏移量的平均；一个也没有时为 0。

    >>> errors = torch.tensor([[[1.0, -1.0, 3.0, -3.0], [9.0, 9.0, 9.0, 9.0]]])
    >>> masked_l1(errors, torch.tensor([[1.0, 0.0]]))
    2.0
    """
    raise NotImplementedError


@masked_l1.solution(
    en="The mask lacks the axis of the four offsets; with an axis of length 1 it broadcasts over them. The divisor counts "
    "offsets that matter, four for each anchor, and is at least 1, so that a batch without objects costs 0 and not nan.",
    zh="掩码少了四个偏移量那个轴；补上一个长度为 1 的轴，就能广播过去。除数数的是计入的偏移量，每个锚框四个，且至少为 1："
    "一批里没有物体时，损失是 0，而不是 nan。",
)
def masked_l1(errors, mask):
    counted = errors.abs() * mask[:, :, None]
    return float(counted.sum() / (4 * mask.sum()).clamp(min=1))


def _sum(errors, mask):
    return (errors.abs() * mask[:, :, None]).sum()


@masked_l1.mistake(
    en="This is a sum: an image with many objects would count more than its share.",
    zh="这是总和：物体多的图像会占去过大的份额。",
)
def sum_returned(errors, mask):
    return float(_sum(errors, mask))


@masked_l1.mistake(
    en="The background was left out above but counted below: the more anchors, the smaller the loss.",
    zh="求和时去掉了背景，除的时候又把它算上了：锚框越多，损失越小。",
)
def divided_by_all(errors, mask):
    return float(_sum(errors, mask) / errors.numel())


@masked_l1.mistake(
    en="Errors to both sides cancel: a box too far left and one too far right are both wrong.",
    zh="正负误差互相抵消了：偏左和偏右，都是错。",
)
def sides_cancel(errors, mask):
    return float((errors * mask[:, :, None]).sum() / (4 * mask.sum()).clamp(min=1))


@masked_l1.mistake(
    en="A batch without objects gives nan, after which no weight is a number any more. What was divided by what?",
    zh="没有物体的一批得到了 nan，此后所有权重都不再是数。是什么除以了什么？",
)
def nothing_divided_by_nothing(errors, mask):
    return float(errors.abs()[mask > 0].mean())


@masked_l1.mistake(
    en="The mean was taken in each image first: an anchor of an image with few objects weighs more.",
    zh="先在每张图像里取了平均：物体少的图像，一个锚框就顶好几个。",
)
def image_by_image(errors, mask):
    each = (errors.abs() * mask[:, :, None]).sum((1, 2)) / (4 * mask.sum(1)).clamp(min=1)
    return float(each.mean())
