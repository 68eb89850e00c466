import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise

from ._shared import sorted_boxes


def near_and_far(draw: RandomInputs):
    a, b = sorted_boxes(draw, 2)
    return a, b + draw.choice([0, 0, 0, 12])


@exercise("boxes", order=1, zh="两个框的交并比", en="The IoU of two boxes", arguments=near_and_far)
def overlap_of(a: Tensor, b: Tensor) -> float:
    """Compute the intersection over union of two boxes.

    求两个框的交并比。

    Args:
        a: (4,) left, top, right, bottom. 左、上、右、下。
        b: likewise. 同上。

    Returns:
        From 0 to 1; 0 where the boxes share nothing. 从 0 到 1；没有公共部分时为 0。

    >>> overlap_of(torch.tensor([0.0, 0.0, 4.0, 4.0]), torch.tensor([0.0, 0.0, 4.0, 2.0]))
    0.5
    """
    raise NotImplementedError


@overlap_of.solution(
    en="On each axis the shared part begins at the larger of the left ends and ends at the smaller of the right ends; "
    "its length must not be negative before the two are multiplied. The union counts the shared part once.",
    zh="每个方向上，公共部分从较大的左端到较小的右端；相乘之前，长度先要截到不小于零。并集里，公共部分只算一次。",
)
def overlap_of(a, b):
    sides = (torch.minimum(a[2:], b[2:]) - torch.maximum(a[:2], b[:2])).clamp(min=0)
    shared = sides.prod()
    areas = (a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod()
    return float(shared / (areas - shared))


def _ratio(a, b, shared, whole):
    areas = [(x[2:] - x[:2]).prod() for x in (a, b)]
    return float(shared / whole(*areas, shared))


def _shared(a, b):
    return (torch.minimum(a[2:], b[2:]) - torch.maximum(a[:2], b[:2])).clamp(min=0).prod()


@overlap_of.mistake(
    en="Two boxes far apart have an overlap: what becomes of two negative lengths when they are multiplied?",
    zh="相距很远的两个框也有了重叠：两个负的长度相乘，得到的是什么？",
)
def clamp_missing(a, b):
    return _ratio(a, b, (torch.minimum(a[2:], b[2:]) - torch.maximum(a[:2], b[:2])).prod(), lambda x, y, s: x + y - s)


@overlap_of.mistake(
    en="The shared part was counted twice in the union: each of the two areas holds it.",
    zh="并集里公共部分算了两遍：两个面积里各有一份。",
)
def shared_twice(a, b):
    return _ratio(a, b, _shared(a, b), lambda x, y, s: x + y)


@overlap_of.mistake(
    en="This is the share of the first box that is covered: a huge second box would score 1. Which area is below?",
    zh="这是第一个框被盖住的份额：第二个框再大，得分也会是 1。分母该是谁的面积？",
)
def share_of_the_first(a, b):
    return _ratio(a, b, _shared(a, b), lambda x, y, s: x)


@overlap_of.mistake(
    en="The last two numbers were read as width and height; they are a corner.",
    zh="后两个数当成了宽和高；它们是右下角的坐标。",
)
def read_as_sizes(a, b):
    c, d = (torch.cat([x[:2], x[:2] + x[2:]]) for x in (a, b))
    return _ratio(c, d, _shared(c, d), lambda x, y, s: x + y - s)


@overlap_of.mistake(
    en="A pixel was added to every side: coordinates here count lines, so a width is right minus left.",
    zh="每条边多算了一个像素：这里的坐标数的是线，宽就是右减左。",
)
def pixels_counted(a, b):
    c, d = (x + torch.tensor([0, 0, 1, 1.0]) for x in (a, b))
    return _ratio(c, d, _shared(c, d), lambda x, y, s: x + y - s)
