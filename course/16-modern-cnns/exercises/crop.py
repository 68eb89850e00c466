import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "alexnet",
    order=2,
    zh="从大图里裁一块",
    en="A random crop, at a given place",
    arguments=lambda draw: (
        draw.normal(2, h := draw.size(6, 9), w := draw.size(6, 9)),
        draw.size(0, 3),
        draw.size(0, 2),
        3,
        draw.boolean(),
    ),
)
def crop(image: Tensor, top: int, left: int, side: int, mirror: bool) -> Tensor:
    """Cut a square out of an image, and mirror it left to right where asked.

    从图里裁出一个方块；需要时左右翻转。

    Args:
        image: (channels, h, w).
        top: first row.
        left: first column.
        side: of the square.
        mirror: left to right. 左右翻转。

    >>> crop(torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]), 0, 0, 2, True)
    tensor([[[2., 1.],
             [4., 3.]]])
    """
    raise NotImplementedError


@crop.solution(
    en="Cut first, mirror then.",
    zh="先裁，再翻。",
)
def crop(image, top, left, side, mirror):
    part = image[:, top : top + side, left : left + side]
    return part.flip(-1) if mirror else part


@crop.mistake(en="Top and left are exchanged.", zh="上和左弄反了。")
def exchanged(image, top, left, side, mirror):
    out = image[:, left : left + side, top : top + side]
    return out.flip(-1) if mirror else out


@crop.mistake(en="It was turned upside down in place of mirrored.", zh="翻成了上下颠倒。")
def upside_down(image, top, left, side, mirror):
    out = image[:, top : top + side, left : left + side]
    return out.flip(1) if mirror else out


@crop.mistake(en="It is never mirrored.", zh="从来没有翻转。")
def never_mirrored(image, top, left, side, mirror):
    return image[:, top : top + side, left : left + side]


@crop.mistake(en="The image was mirrored before it was cut: another part comes out.", zh="先翻转再裁：裁到的是另一块。")
def mirrored_first(image, top, left, side, mirror):
    return (image.flip(-1) if mirror else image)[:, top : top + side, left : left + side]
