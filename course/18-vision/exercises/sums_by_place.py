import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def kernel_and_stride(draw: RandomInputs):
    stride = draw.size(2, 3)
    return draw.normal(2 * stride - 1, 2 * stride + 1), stride


@exercise(
    "transposed-convolution",
    order=3,
    zh="棋盘：各处分到的核之和",
    en="Checkerboard: the kernel's sum at each place",
    arguments=kernel_and_stride,
)
def sums_by_place(kernel: Tensor, stride: int) -> Tensor:
    """Compute what a transposed convolution makes of a map of ones, away from the border: one value for each place.

    求转置卷积把全 1 的特征图变成什么（远离边缘处）：每种位置一个值。

    Pixel (u, v) of the output gets the kernel's entries whose row is u modulo the stride and whose column is v modulo it.
    输出的像素 (u, v) 分到行号与 u、列号与 v 对步幅同余的那些核的元素。

    Args:
        kernel: (rows, columns), each at least the stride. 核，边长不小于步幅。
        stride: of the transposed convolution. 步幅。

    Returns:
        (stride, stride): entry (r, c) is the sum for pixels with u = r and v = c modulo the stride. All equal: no checkerboard.
        第 (r, c) 个是 u、v 除以步幅余 r、c 的像素的和。全相等就没有棋盘。

    >>> sums_by_place(torch.ones(3, 3), 2)
    tensor([[4., 2.],
            [2., 1.]])
    """
    raise NotImplementedError


@sums_by_place.solution(
    en="kernel[r::stride, c::stride] are the entries in question. With a kernel of 3 and a stride of 2 they are 4, 2, 2 and "
    "1 in number: ones make a checkerboard.",
    zh="kernel[r::stride, c::stride] 就是那些元素。核 3、步幅 2 时个数是 4、2、2、1：全 1 的核会有棋盘。",
)
def sums_by_place(kernel, stride):
    sums = torch.zeros(stride, stride)
    for r in range(stride):
        for c in range(stride):
            sums[r, c] = kernel[r::stride, c::stride].sum()
    return sums


def _each(kernel, stride, take):
    places = range(stride)
    return kernel.new_tensor([[float(take(kernel, r, c)) for c in places] for r in places])


@sums_by_place.mistake(
    en="These are means: a place with more entries gets more.",
    zh="这是平均：分到的元素多，值就大。",
)
def means_returned(kernel, stride):
    return _each(kernel, stride, lambda k, r, c: k[r::stride, c::stride].mean())


@sums_by_place.mistake(
    en="Entries that lie side by side were added: those of one place are a stride apart.",
    zh="把相邻的元素加在了一起：同一处的元素相隔一个步幅。",
)
def neighbors_added(kernel, stride):
    def block(k, r, c):
        return k[r * stride : (r + 1) * stride, c * stride : (c + 1) * stride].sum()

    return _each(kernel, stride, block)


@sums_by_place.mistake(
    en="Rows and columns changed places.",
    zh="行与列换了位置。",
)
def axes_swapped(kernel, stride):
    return _each(kernel, stride, lambda k, r, c: k[c::stride, r::stride].sum())


@sums_by_place.mistake(
    en="The kernel was turned by half: laid down, it is as it is.",
    zh="核转了半圈：放下的时候，核并不转。",
)
def kernel_turned(kernel, stride):
    return _each(kernel.flip(0, 1), stride, lambda k, r, c: k[r::stride, c::stride].sum())


@sums_by_place.mistake(
    en="Entries were counted: their values were to be added.",
    zh="数了元素的个数：要的是把值加起来。",
)
def entries_counted(kernel, stride):
    return _each(kernel, stride, lambda k, r, c: k[r::stride, c::stride].numel())
