import torch
from torch import Tensor
from torch.nn import functional as F

from d2lab.exercises import exercise

from ._shared import correlate, square_image_and_kernel


@exercise(
    "stride",
    order=2,
    zh="带步幅的互相关",
    en="Cross-correlation with a stride",
    arguments=lambda draw: (*square_image_and_kernel(draw), draw.size(1, 3)),
)
def strided(image: Tensor, kernel: Tensor, stride: int) -> Tensor:
    """Return the cross-correlation with a stride in both directions, without padding.

    两个方向都带步幅的互相关，不填充。

    Args:
        image: (h, w).
        kernel: (3, 3).
        stride: 1 or more.

    >>> strided(torch.arange(25.0).reshape(5, 5), torch.ones(3, 3), 2)
    tensor([[ 54.,  72.],
            [144., 162.]])
    """
    raise NotImplementedError


@strided.solution(
    en="""
    A stride picks from the result of stride 1. A real implementation never computes what is thrown away.
    """,
    zh="步幅就是在步幅为 1 的结果里隔着取。真正的实现不会算那些丢掉的值。",
)
def strided(image, kernel, stride):
    return F.conv2d(image[None, None], kernel[None, None])[0, 0, ::stride, ::stride]


@strided.mistake(
    en="The image was thinned out before: the kernel then sees pixels that are no neighbors.",
    zh="先把图抽稀了：核看到的就不再是相邻的像素。",
)
def thinned_before(image, kernel, stride):
    small = image[::stride, ::stride]
    return correlate(F.pad(small, (0, max(0, 3 - small.shape[1]), 0, max(0, 3 - small.shape[0]))), kernel)


@strided.mistake(en="The stride is not used.", zh="没有用到步幅。")
def at_every_place(image, kernel, stride):
    return correlate(image, kernel)


@strided.mistake(en="Only rows are skipped; columns are too.", zh="只有行隔着取了，列也要。")
def only_rows(image, kernel, stride):
    return correlate(image, kernel)[::stride]


@strided.mistake(
    en="Skipping begins at the second place: the first one is at the corner.",
    zh="从第二个位置才开始取：第一个位置在角上。",
)
def begins_late(image, kernel, stride):
    return correlate(image, kernel)[1::stride, 1::stride]
