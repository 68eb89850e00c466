import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "cross-correlation",
    order=2,
    zh="检测竖直边缘的核",
    en="A kernel for vertical edges",
    arguments=lambda draw: (draw.normal(draw.size(2, 5), draw.size(3, 7)),),
)
def vertical_edges(image: Tensor) -> Tensor:
    """Return what the kernel (-1, 1) sees: each pixel's right neighbor minus the pixel.

    核 (-1, 1) 看到的：每个像素右边的邻居减去它自己。

    Args:
        image: (h, w).

    Returns:
        (h, w - 1).

    >>> vertical_edges(torch.tensor([[1.0, 1.0, 0.0]]))
    tensor([[ 0., -1.]])
    """
    raise NotImplementedError


@vertical_edges.solution(
    en="Two copies of the image, one column apart, subtracted.",
    zh="两份错开一列的图相减。",
)
def vertical_edges(image):
    return image[:, 1:] - image[:, :-1]


@vertical_edges.mistake(
    en="The sign is reversed: the left neighbor was not subtracted, the right one was.",
    zh="符号反了：应当减去左边的，而不是右边的。",
)
def reversed_sign(image):
    return image[:, :-1] - image[:, 1:]


@vertical_edges.mistake(
    en="These are differences between rows: they see horizontal edges.", zh="这是上下两行之差，看到的是水平边缘。"
)
def horizontal(image):
    return image[1:] - image[:-1]


@vertical_edges.mistake(en="The sign is lost: a step down should be negative.", zh="丢了符号：由亮变暗应当为负。")
def absolute(image):
    return (image[:, 1:] - image[:, :-1]).abs()


@vertical_edges.mistake(en="The neighbor is two pixels away.", zh="隔了两个像素才相减。")
def two_apart(image):
    return image[:, 2:] - image[:, :-2]
