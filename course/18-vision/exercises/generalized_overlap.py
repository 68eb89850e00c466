import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise

from ._shared import sorted_boxes


def near_and_far(draw: RandomInputs):
    a, b = sorted_boxes(draw, 2)
    return a, b + draw.choice([0, 0, 7, 12])


@exercise("boxes", order=3, zh="广义交并比", en="Generalized IoU", arguments=near_and_far)
def generalized_overlap(a: Tensor, b: Tensor) -> float:
    """Compute the generalized IoU: the IoU minus the share of the hull that neither box covers.

    求广义交并比：交并比，减去外接框中两框都没盖住的份额。

    Args:
        a: (4,) left, top, right, bottom. 左、上、右、下。
        b: likewise. 同上。

    >>> generalized_overlap(torch.tensor([0.0, 0.0, 2.0, 2.0]), torch.tensor([6.0, 0.0, 8.0, 2.0]))
    -0.5
    """
    raise NotImplementedError


@generalized_overlap.solution(
    en="The hull reaches from the smallest left end to the largest right end. What it leaves empty, as a share of its "
    "own area, is taken off; where boxes do not touch this is all that is left, and it falls as they move apart.",
    zh="外接框从最小的左端到最大的右端。它空着的部分占它自己面积的份额，要从交并比里减去；两框不相碰时只剩这一项，"
    "离得越远越小。",
)
def generalized_overlap(a, b):
    shared = (torch.minimum(a[2:], b[2:]) - torch.maximum(a[:2], b[:2])).clamp(min=0).prod()
    union = (a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - shared
    hull = (torch.maximum(a[2:], b[2:]) - torch.minimum(a[:2], b[:2])).prod()
    return float(shared / union - (hull - union) / hull)


def _parts(a, b):
    shared = (torch.minimum(a[2:], b[2:]) - torch.maximum(a[:2], b[:2])).clamp(min=0).prod()
    union = (a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - shared
    return shared, union, (torch.maximum(a[2:], b[2:]) - torch.minimum(a[:2], b[:2])).prod()


@generalized_overlap.mistake(
    en="This is the IoU alone: it is 0 for all boxes that do not touch.",
    zh="这只是交并比：凡是不相碰的框，它都是 0。",
)
def hull_left_out(a, b):
    shared, union, _ = _parts(a, b)
    return float(shared / union)


@generalized_overlap.mistake(
    en="The empty part was added: a box far away would be better than one nearby.",
    zh="空着的部分加了上去：离得远的框反而更好了。",
)
def empty_part_added(a, b):
    shared, union, hull = _parts(a, b)
    return float(shared / union + (hull - union) / hull)


@generalized_overlap.mistake(
    en="The empty part was divided by the union: as a share of the hull it can't exceed 1.",
    zh="空着的部分除以了并集：它是外接框的份额，不会超过 1。",
)
def divided_by_the_union(a, b):
    shared, union, hull = _parts(a, b)
    return float(shared / union - (hull - union) / union)


@generalized_overlap.mistake(
    en="Only the shared part was taken out of the hull: what either box covers is not empty.",
    zh="从外接框里只去掉了公共部分：任何一个框盖住的地方都不算空。",
)
def only_shared_taken_out(a, b):
    shared, union, hull = _parts(a, b)
    return float(shared / union - (hull - shared) / hull)


@generalized_overlap.mistake(
    en="Negative lengths were not cut off: boxes apart in both directions share nothing.",
    zh="负的长度没有截掉：两个方向都错开的框没有公共部分。",
)
def clamp_missing(a, b):
    shared = (torch.minimum(a[2:], b[2:]) - torch.maximum(a[:2], b[:2])).prod()
    union = (a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - shared
    hull = (torch.maximum(a[2:], b[2:]) - torch.minimum(a[:2], b[:2])).prod()
    return float(shared / union - (hull - union) / hull)
