import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "inside-lenet",
    order=3,
    zh="遮住一块看看",
    en="Cover a patch",
    arguments=lambda draw: (draw.uniform(draw.size(4, 6), draw.size(4, 6)), draw.size(1, 3), draw.number(0, 1)),
)
def occlusions(image: Tensor, side: int, gray: float) -> Tensor:
    """Return all images in which one square patch is covered by a gray; row by row from the upper left.

    用一块灰色方块遮住图的每个位置，按行从左上角开始，给出所有遮过的图。

    Args:
        image: (h, w).
        side: of the patch; it always lies inside the image. 方块的边长，总在图内。
        gray: its value.

    Returns:
        ((h - side + 1) * (w - side + 1), h, w).

    >>> occlusions(torch.tensor([[1.0, 2.0]]), 1, 0.0)
    tensor([[[0., 2.]],
    <BLANKLINE>
            [[1., 0.]]])
    """
    raise NotImplementedError


@occlusions.solution(
    en="Every place begins with a fresh copy of the image.",
    zh="每个位置都从原图复制一份，再遮。",
)
def occlusions(image, side, gray):
    covered = []
    for row in range(image.shape[0] - side + 1):
        for column in range(image.shape[1] - side + 1):
            one = image.clone()
            one[row : row + side, column : column + side] = gray
            covered.append(one)
    return torch.stack(covered)


def _covered(image, side, gray, rows, columns):
    out = []
    for row in rows:
        for column in columns:
            one = image.clone()
            one[row : row + side, column : column + side] = gray
            out.append(one)
    return torch.stack(out)


@occlusions.mistake(
    en="The patches stay: each image should have only one. Copy it before you cover it.",
    zh="遮块留下来了：每幅图只该有一块。遮之前先复制。",
)
def patches_stay(image, side, gray):
    out, one = [], image.clone()
    for row in range(image.shape[0] - side + 1):
        for column in range(image.shape[1] - side + 1):
            one[row : row + side, column : column + side] = gray
            out.append(one.clone())
    return torch.stack(out)


@occlusions.mistake(
    en="All images are the same, covered everywhere: one tensor was put into the list again and again.",
    zh="所有图都一样，处处被遮：同一个张量被反复放进了列表。",
)
def one_tensor(image, side, gray):
    places = (image.shape[0] - side + 1) * (image.shape[1] - side + 1)
    return torch.full_like(image, gray)[None].repeat(places, 1, 1)


@occlusions.mistake(en="Places go column by column; row by row is asked for.", zh="次序是一列一列的，应当一行一行。")
def column_by_column(image, side, gray):
    return _covered(image.T, side, gray, range(image.shape[1] - side + 1), range(image.shape[0] - side + 1)).mT


@occlusions.mistake(en="The patch extends over the border: it should lie inside.", zh="方块伸出了边界，应当总在图内。")
def over_the_border(image, side, gray):
    return _covered(image, side, gray, range(image.shape[0]), range(image.shape[1]))


@occlusions.mistake(en="The gray is not used: the patch is black.", zh="没有用到灰度：方块是黑的。")
def black(image, side, gray):
    return _covered(image, side, 0.0, range(image.shape[0] - side + 1), range(image.shape[1] - side + 1))
