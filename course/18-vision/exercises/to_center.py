import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise

from ._shared import sorted_boxes


def some_boxes(draw: RandomInputs):
    return (sorted_boxes(draw, draw.size(2, 5)),)


@exercise("boxes", order=2, zh="从两角到中心", en="From corners to centers", arguments=some_boxes)
def to_center(boxes: Tensor) -> Tensor:
    """Turn boxes given by two corners into center and size.

    把用两个角点表示的框，换成中心与宽高。

    Args:
        boxes: (n, 4) left, top, right, bottom. 左、上、右、下。

    Returns:
        (n, 4): x and y of the center, width, height. 中心的 x、y，宽，高。

    >>> to_center(torch.tensor([[10.0, 10.0, 30.0, 50.0]]))
    tensor([[20., 30., 20., 40.]])
    """
    raise NotImplementedError


@to_center.solution(
    en="The center is halfway between the corners, the size their difference. Whole boxes at once: the last axis is cut "
    "in two halves.",
    zh="中心是两角的平均，大小是两角的差。所有框一起算：把最后一个轴切成两半。",
)
def to_center(boxes):
    low, high = boxes[:, :2], boxes[:, 2:]
    return torch.cat([(low + high) / 2, high - low], 1)


@to_center.mistake(
    en="The center lies at half the size, measured from the origin: add where the box begins.",
    zh="中心成了从原点量起的半个宽高：还要加上框的起点。",
)
def from_the_origin(boxes):
    low, high = boxes[:, :2], boxes[:, 2:]
    return torch.cat([(high - low) / 2, high - low], 1)


@to_center.mistake(
    en="The corners were added and not halved.",
    zh="两角相加之后忘了除以二。",
)
def not_halved(boxes):
    low, high = boxes[:, :2], boxes[:, 2:]
    return torch.cat([low + high, high - low], 1)


@to_center.mistake(
    en="x and y changed places: the first number is along the width.",
    zh="x 与 y 换了位置：第一个数沿着宽的方向。",
)
def axes_swapped(boxes):
    low, high = boxes[:, [1, 0]], boxes[:, [3, 2]]
    return torch.cat([(low + high) / 2, high - low], 1)


@to_center.mistake(
    en="Sizes are negative: which corner is subtracted from which?",
    zh="宽高是负的：该用哪个角减哪个角？",
)
def turned_round(boxes):
    low, high = boxes[:, :2], boxes[:, 2:]
    return torch.cat([(low + high) / 2, low - high], 1)


@to_center.mistake(
    en="A pixel was added to width and height: coordinates here count lines, not pixels.",
    zh="宽和高各多了一个像素：这里的坐标数的是线，不是像素。",
)
def a_pixel_more(boxes):
    low, high = boxes[:, :2], boxes[:, 2:]
    return torch.cat([(low + high) / 2, high - low + 1], 1)
