import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def crowded_boxes(draw: RandomInputs):
    height, width = draw.size(6, 7), draw.size(9, 12)
    low = torch.stack([draw.integers(1, 5, 4), draw.integers(1, 3, 4)], 1)
    boxes = torch.cat([low, low + draw.integers(2, 4, 4, 2)], 1)
    if draw.boolean():  # else all lie inside
        boxes[0] = torch.tensor([-2, -1, 3, 2])
        boxes[1, 2:] = torch.tensor([width + 2, height + 1])
    return boxes, height, width


@exercise("r-cnn", order=2, zh="重复了多少计算", en="Work done again and again", arguments=crowded_boxes)
def repeated_work(boxes: Tensor, height: int, width: int) -> float:
    """Say how often a pixel is computed on average, if every region is run through the model on its own.

    若每个区域都单独过一遍模型，求一个像素平均被算了多少次。

    Only pixels of the image count, and only those that lie in at least one region.
    只算图像之内、且至少落在一个区域里的像素。

    Args:
        boxes: (n, 4) integers left, top, right, bottom; the pixel columns are left to right - 1, the rows likewise;
            boxes may reach beyond the image. 整数，左、上、右、下；像素列从 left 到 right - 1，行也一样；框可能伸出图像。
        height: of the image, pixels. 图像的高，以像素计。
        width: of the image. 图像的宽。

    >>> repeated_work(torch.tensor([[0, 0, 4, 2], [2, 0, 6, 2], [0, 0, 4, 2]]), 5, 8)
    2.0
    """
    raise NotImplementedError


@repeated_work.solution(
    en="Count for each pixel how many boxes hold it, with boxes cut off at the border; the mean over the pixels that are "
    "held by any is the answer. Fast R-CNN computes each of them once.",
    zh="先把框截到图像之内，再数每个像素落在几个框里，对至少落在一个框里的像素取平均。Fast R-CNN 每个像素只算一次。",
)
def repeated_work(boxes, height, width):
    times = torch.zeros(height, width)
    for left, top, right, bottom in boxes.clamp(min=0).tolist():
        times[top:bottom, left:right] += 1
    return float(times[times > 0].mean())


def _times(boxes, height, width, more=0):
    times = torch.zeros(height, width)
    for left, top, right, bottom in boxes.tolist():
        times[top : bottom + more, left : right + more] += 1
    return times


@repeated_work.mistake(
    en="The ratio is upside down: work can only be repeated, so the answer is 1 or more.",
    zh="比值上下颠倒了：计算只会重复，所以答案不小于 1。",
)
def upside_down(boxes, height, width):
    times = _times(boxes.clamp(min=0), height, width)
    return float((times > 0).sum() / times.sum())


@repeated_work.mistake(
    en="A box that begins left of the image or above it was lost: a negative index counts from the other end.",
    zh="从图像左边或上边之外开始的框丢了：负的下标是从另一头数的。",
)
def negative_index(boxes, height, width):
    times = _times(boxes, height, width)
    return float(times[times > 0].mean())


@repeated_work.mistake(
    en="The mean was taken over the whole image: pixels that no region holds are not computed at all.",
    zh="对整幅图像取了平均：哪个区域都没有的像素，根本不用算。",
)
def mean_over_the_image(boxes, height, width):
    return float(_times(boxes.clamp(min=0), height, width).mean())


@repeated_work.mistake(
    en="Every region is a row and a column too large: its last pixel is the one before right and bottom.",
    zh="每个区域多了一行一列：最后一个像素在 right、bottom 之前。",
)
def a_pixel_more(boxes, height, width):
    times = _times(boxes.clamp(min=0), height, width, 1)
    return float(times[times > 0].mean())


@repeated_work.mistake(
    en="x and y changed places: the rows of an image run along its height.",
    zh="x 与 y 换了位置：图像的行是沿着高数的。",
)
def axes_swapped(boxes, height, width):
    times = _times(boxes.clamp(min=0)[:, [1, 0, 3, 2]], height, width)
    return float(times[times > 0].mean())
