import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def kernel_and_side(draw: RandomInputs):
    side = draw.size(2, 3)
    return draw.normal(side, side), side + draw.size(1, 3)


@exercise(
    "transposed-convolution",
    order=3,
    zh="卷积的矩阵",
    en="The matrix of a convolution",
    arguments=kernel_and_side,
)
def convolution_as_matrix(kernel: Tensor, side: int) -> Tensor:
    """Build the matrix W of a convolution with stride 1: W times the flattened image is the flattened output.

    写出步幅 1 的卷积的矩阵 W：W 乘以展平的图像，等于展平的输出。

    Args:
        kernel: (k, k). 核。
        side: of the image, pixels. 图像的边长，像素。

    Returns:
        (n * n, side * side), where n = side - k + 1; images and outputs are flattened row by row. 逐行展平。

    >>> convolution_as_matrix(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), 3)
    tensor([[1., 2., 0., 3., 4., 0., 0., 0., 0.],
            [0., 1., 2., 0., 3., 4., 0., 0., 0.],
            [0., 0., 0., 1., 2., 0., 3., 4., 0.],
            [0., 0., 0., 0., 1., 2., 0., 3., 4.]])
    """
    raise NotImplementedError


@convolution_as_matrix.solution(
    en="A row of W is an image of zeros with the kernel in the window of that output, flattened.",
    zh="W 的一行，就是一张全零的图，把核放进这个输出的窗口，再展平。",
)
def convolution_as_matrix(kernel, side):
    k, n = len(kernel), side - len(kernel) + 1
    windows = kernel.new_zeros(n, n, side, side)
    for i in range(n):
        for j in range(n):
            windows[i, j, i : i + k, j : j + k] = kernel
    return windows.view(n * n, side * side)


def _matrix(kernel, side, step=1):
    k, n = len(kernel), side - len(kernel) + 1
    windows = kernel.new_zeros(n, n, side + step * n, side + step * n)
    for i in range(n):
        for j in range(n):
            windows[i, j, i * step : i * step + k, j * step : j * step + k] = kernel
    return windows[..., :side, :side].reshape(n * n, side * side)


@convolution_as_matrix.mistake(
    en="This is the transpose of W: it has a row for each pixel, and multiplies by outputs.",
    zh="这是 W 的转置：每个像素一行，乘的是输出。",
)
def transposed(kernel, side):
    return _matrix(kernel, side).T


@convolution_as_matrix.mistake(
    en="The kernel was turned by half: convolution layers do not turn it.",
    zh="核转了半圈：卷积层不转核。",
)
def kernel_turned(kernel, side):
    return _matrix(kernel.flip(0, 1), side)


@convolution_as_matrix.mistake(
    en="Outputs are numbered column by column: they should go row by row.",
    zh="输出按列编号了：应当逐行展平。",
)
def outputs_by_columns(kernel, side):
    n = side - len(kernel) + 1
    order = torch.arange(n * n).view(n, n).T.flatten()
    return _matrix(kernel, side)[order]


@convolution_as_matrix.mistake(
    en="Windows begin two pixels apart: the stride is 1.",
    zh="窗口相隔两个像素：步幅是 1。",
)
def stride_two(kernel, side):
    return _matrix(kernel, side, 2)


@convolution_as_matrix.mistake(
    en="The last window along each side is missing: there are side - k + 1 of them.",
    zh="每边少了最后一个窗口：一共有 side - k + 1 个。",
)
def last_window_missing(kernel, side):
    n = side - len(kernel) + 1
    rows = _matrix(kernel, side).view(n, n, side * side)
    return rows[: n - 1, : n - 1].reshape(-1, side * side)
