import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def boxes_in_image(draw: RandomInputs):
    corners = 10 * draw.uniform(draw.size(2, 5), 2, 2)
    low, high = corners.amin(1), corners.amax(1) + 1
    return torch.cat([low, high], 1), float(draw.size(14, 20))


@exercise("augmentation", order=3, zh="框跟着图像翻转", en="Boxes of a mirrored image", arguments=boxes_in_image)
def flip_boxes(boxes: Tensor, width: float) -> Tensor:
    """Move boxes as the image is mirrored left to right.

    图像左右翻转，求框变成什么。

    Args:
        boxes: (n, 4) left, top, right, bottom; pixels, measured between pixels as edges are. 左、上、右、下，按像素的边线计。
        width: of the image. 图像的宽。

    Returns:
        (n, 4) in the same order, left less than right. 次序相同，左小于右。

    >>> flip_boxes(torch.tensor([[10.0, 20.0, 40.0, 80.0]]), 100)
    tensor([[60., 20., 90., 80.]])
    """
    raise NotImplementedError


@flip_boxes.solution(
    en="A mirror takes x to width - x. The edge that was on the right is now on the left, so the two change places.",
    zh="翻转把 x 变成 width - x。原来在右的边现在在左，所以两者要对调。",
)
def flip_boxes(boxes, width):
    left, top, right, bottom = boxes.unbind(1)
    return torch.stack([width - right, top, width - left, bottom], 1)


@flip_boxes.mistake(
    en="The edges did not change places: left is now greater than right, and the area negative.",
    zh="左右没有对调：这样左大于右，面积成了负的。",
)
def edges_not_exchanged(boxes, width):
    left, top, right, bottom = boxes.unbind(1)
    return torch.stack([width - left, top, width - right, bottom], 1)


@flip_boxes.mistake(
    en="Off by one: coordinates count lines between pixels, from 0 to the width, not pixels from 0 to width - 1.",
    zh="差了一个像素：坐标数的是像素之间的线，从 0 到 width，不是从 0 到 width - 1 的像素。",
)
def off_by_one(boxes, width):
    left, top, right, bottom = boxes.unbind(1)
    return torch.stack([width - 1 - right, top, width - 1 - left, bottom], 1)


@flip_boxes.mistake(
    en="Top and bottom were mirrored: left to right changes x alone.",
    zh="翻成了上下：左右翻转只改 x。",
)
def upside_down(boxes, width):
    left, top, right, bottom = boxes.unbind(1)
    return torch.stack([left, width - bottom, right, width - top], 1)


@flip_boxes.mistake(
    en="The width is missing: x was negated, and the boxes lie left of the image.",
    zh="漏了宽：只取了负号，框跑到了图像左边。",
)
def only_negated(boxes, width):
    left, top, right, bottom = boxes.unbind(1)
    return torch.stack([-right, top, -left, bottom], 1)


@flip_boxes.mistake(
    en="The box was moved, not mirrored: its left edge went where its right edge belongs.",
    zh="框是平移过去的：左边放到了右边该在的地方。",
)
def moved_too_far(boxes, width):
    left, top, right, bottom = boxes.unbind(1)
    return torch.stack([width - left, top, width - left + (right - left), bottom], 1)


@flip_boxes.mistake(
    en="Half of the width: that is the mirror about a line at a quarter of the image.",
    zh="只用了一半的宽：这是绕四分之一处的线翻转。",
)
def half_the_width(boxes, width):
    left, top, right, bottom = boxes.unbind(1)
    return torch.stack([width / 2 - right, top, width / 2 - left, bottom], 1)
