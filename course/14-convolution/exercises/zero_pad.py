import torch
from torch import Tensor
from torch.nn import functional as F

from d2lab.exercises import exercise


@exercise(
    "padding",
    order=1,
    zh="四周补零",
    en="Zeros all around",
    arguments=lambda draw: (draw.normal(draw.size(1, 4), draw.size(1, 4)), draw.size(0, 3), draw.size(0, 3)),
)
def zero_pad(image: Tensor, rows: int, columns: int) -> Tensor:
    """Put rows of zeros above and below, and columns left and right; without torch's pad.

    在上下各补几行零，左右各补几列零；不用 torch 的 pad。

    Args:
        image: (h, w).
        rows: on each of the two sides. 上下各几行。
        columns: on each of the two sides. 左右各几列。

    >>> zero_pad(torch.tensor([[5.0]]), 0, 1)
    tensor([[0., 5., 0.]])
    """
    raise NotImplementedError


@zero_pad.solution(
    en="Make a larger image of zeros and put the old one into its middle.",
    zh="先造一张全零的大图，再把原图放进中间。",
)
def zero_pad(image, rows, columns):
    height, width = image.shape
    larger = torch.zeros(height + 2 * rows, width + 2 * columns)
    larger[rows : rows + height, columns : columns + width] = image
    return larger


@zero_pad.mistake(en="Rows and columns are exchanged.", zh="行和列弄反了。")
def exchanged(image, rows, columns):
    return F.pad(image, (rows, rows, columns, columns))


@zero_pad.mistake(en="Only above and left: both sides need zeros.", zh="只补了上边和左边：两边都要补。")
def one_side(image, rows, columns):
    return F.pad(image, (columns, 0, rows, 0))


@zero_pad.mistake(en="Only below and right: both sides need zeros.", zh="只补了下边和右边：两边都要补。")
def other_side(image, rows, columns):
    return F.pad(image, (0, columns, 0, rows))


@zero_pad.mistake(en="The border was repeated; zeros are asked for.", zh="补的是边缘像素的重复，要的是零。")
def repeated(image, rows, columns):
    return F.pad(image[None, None], (columns, columns, rows, rows), mode="replicate")[0, 0]


@zero_pad.mistake(en="`rows` was used on all four sides.", zh="四边都用了 rows。")
def rows_everywhere(image, rows, columns):
    return F.pad(image, (rows, rows, rows, rows))
