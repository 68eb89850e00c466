import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def an_image(draw: RandomInputs):
    return (draw.normal(draw.size(3, 5), draw.size(3, 5)),)


@exercise("style-transfer", order=2, zh="全变分", en="Total variation", arguments=an_image)
def image_variation(image: Tensor) -> float:
    """Compute the total variation of an image: the sum of |difference| over all neighbors, down and across.

    求图像的全变分：上下、左右所有相邻像素之差的绝对值之和。

    Args:
        image: (h, w), one channel. 一个通道。

    >>> image_variation(torch.tensor([[0.0, 0.0, 1.0], [0.0, 1.0, 1.0]]))
    3.0
    """
    raise NotImplementedError


@image_variation.solution(
    en="Shift the image by one row and by one column against itself. There is one difference fewer than there are rows, "
    "or columns.",
    zh="把图像与错开一行、错开一列的自己相减。差的个数比行数（列数）少一。",
)
def image_variation(image):
    down = (image[1:] - image[:-1]).abs().sum()
    across = (image[:, 1:] - image[:, :-1]).abs().sum()
    return (down + across).item()


@image_variation.mistake(
    en="No absolute values: differences up and down cancel, and only the borders are left.",
    zh="没有取绝对值：升和降抵消，只剩两头。",
)
def signed(image):
    down = (image[1:] - image[:-1]).sum()
    across = (image[:, 1:] - image[:, :-1]).sum()
    return (down + across).item()


@image_variation.mistake(
    en="One direction alone: neighbors in a row are missing.",
    zh="只算了一个方向：漏了同一行的相邻像素。",
)
def down_alone(image):
    return (image[1:] - image[:-1]).abs().sum().item()


@image_variation.mistake(
    en="The last row was compared with the first, the last column with the first: they are no neighbors.",
    zh="最后一行和第一行、最后一列和第一列也相减了：它们不相邻。",
)
def wrapped(image):
    down = (image - image.roll(1, 0)).abs().sum()
    across = (image - image.roll(1, 1)).abs().sum()
    return (down + across).item()


@image_variation.mistake(
    en="Squared: large differences, which are edges, would count far too much.",
    zh="取了平方：边缘那样的大差值会占得太多。",
)
def squared(image):
    down = (image[1:] - image[:-1]).square().sum()
    across = (image[:, 1:] - image[:, :-1]).square().sum()
    return (down + across).item()


@image_variation.mistake(
    en="Means instead of sums; the task asks for sums.",
    zh="取了平均；题目要的是和。",
)
def averaged(image):
    down = (image[1:] - image[:-1]).abs().mean()
    across = (image[:, 1:] - image[:, :-1]).abs().mean()
    return (down + across).item()


@image_variation.mistake(
    en="Diagonal neighbors: down and across were shifted at once.",
    zh="成了斜着的相邻像素：行和列同时错开了。",
)
def diagonal(image):
    return (image[1:, 1:] - image[:-1, :-1]).abs().sum().item()
