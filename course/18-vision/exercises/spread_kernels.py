import torch
from torch import Tensor
from torch.nn import functional as F

from d2lab.exercises import RandomInputs, exercise


def map_and_kernel(draw: RandomInputs):
    stride = draw.size(2, 3)
    rows = draw.size(2, 4)
    return draw.normal(rows, rows + 1), draw.normal(stride + 1, stride + 2), stride


@exercise(
    "transposed-convolution",
    order=2,
    zh="放下一个个核",
    en="Lay down the kernels",
    arguments=map_and_kernel,
)
def spread_kernels(x: Tensor, kernel: Tensor, stride: int) -> Tensor:
    """Compute a transposed convolution: each input lays down its multiple of the kernel, and overlaps add up.

    计算转置卷积：每个输入放下自己倍数的核，重叠处相加。

    Args:
        x: (height, width), the input. 输入。
        kernel: (rows, columns). 核。
        stride: pixels that kernels of neighboring inputs are apart. 相邻输入的核相隔的像素数。

    Returns:
        ((height - 1) * stride + rows, (width - 1) * stride + columns). 输出。

    >>> square = torch.tensor([[0.0, 1.0], [2.0, 3.0]])
    >>> spread_kernels(square, square, 1)
    tensor([[ 0.,  0.,  1.],
            [ 0.,  4.,  6.],
            [ 4., 12.,  9.]])
    """
    raise NotImplementedError


@spread_kernels.solution(
    en="The canvas begins as zeros. The input in row i and column j adds its multiple to the window that begins at "
    "(i * stride, j * stride); += keeps what others have laid there.",
    zh="画布从全零开始。第 i 行第 j 列的输入，把自己的倍数加到从 (i * stride, j * stride) 开始的窗口里；用 += 才保得住"
    "别的输入已经放下的。",
)
def spread_kernels(x, kernel, stride):
    (height, width), (rows, columns) = x.shape, kernel.shape
    canvas = x.new_zeros((height - 1) * stride + rows, (width - 1) * stride + columns)
    for i in range(height):
        for j in range(width):
            top, left = i * stride, j * stride
            canvas[top : top + rows, left : left + columns] += x[i, j] * kernel
    return canvas


def _transposed(x, kernel, stride):
    return F.conv_transpose2d(x[None, None], kernel[None, None], stride=stride)[0, 0]


@spread_kernels.mistake(
    en="Where kernels overlap the later one replaced the earlier: they must be added.",
    zh="核重叠的地方，后放的盖掉了先放的：应当相加。",
)
def overlaps_overwritten(x, kernel, stride):
    canvas = torch.zeros_like(_transposed(x, kernel, stride))
    for i, j in torch.ones_like(x).nonzero().tolist():
        canvas[i * stride :, j * stride :][: len(kernel), : kernel.shape[1]] = x[i, j] * kernel
    return canvas


@spread_kernels.mistake(
    en="The kernel was turned by half: it is turned only where the input is stretched and convolved.",
    zh="核转了半圈：只有把输入撑开再做卷积时，核才要转。",
)
def kernel_turned(x, kernel, stride):
    return _transposed(x, kernel.flip(0, 1), stride)


@spread_kernels.mistake(
    en="Rows and columns changed places.",
    zh="行与列换了位置。",
)
def axes_swapped(x, kernel, stride):
    return _transposed(x.T, kernel.T, stride)


@spread_kernels.mistake(
    en="The canvas ends too early: the last kernel is cut off, and only stride rows and columns of it stay.",
    zh="画布太小：最后的核被截断，只剩下 stride 行、stride 列。",
)
def last_kernel_cut(x, kernel, stride):
    return _transposed(x, kernel, stride)[: x.shape[0] * stride, : x.shape[1] * stride]


@spread_kernels.mistake(
    en="Sums were divided by the number of kernels on a place: overlaps are added, not averaged.",
    zh="除以了每处的核数：重叠处是相加，不是平均。",
)
def overlaps_averaged(x, kernel, stride):
    ones = _transposed(torch.ones_like(x), torch.ones_like(kernel), stride)
    return _transposed(x, kernel, stride) / ones
