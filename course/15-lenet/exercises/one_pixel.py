import torch
from torch import Tensor
from torch.nn import functional as F

from d2lab.exercises import exercise


@exercise(
    "inside-lenet",
    order=2,
    zh="一个输出像素是怎么来的",
    en="One output pixel, step by step",
    arguments=lambda draw: (
        draw.normal(c := draw.size(1, 3), 7, 7),
        draw.normal(c, 3, 3),
        draw.number(),
        draw.size(0, 6),
        draw.size(0, 6),
        1,
    ),
)
def one_pixel(image: Tensor, kernel: Tensor, bias: float, row: int, column: int, padding: int) -> float:
    """Compute a single output of a convolution of stride 1, from the window that it sees.

    只算卷积（步幅 1）的一个输出值：取出它看到的窗口，相乘、求和、加偏置。

    Args:
        image: (channels, h, w).
        kernel: (channels, a, b).
        bias: a number.
        row: of the output.
        column: of the output.
        padding: zeros on each side. 每边补的零。

    >>> one_pixel(torch.ones(1, 3, 3), torch.ones(1, 3, 3), 0.5, 0, 0, 1)
    4.5
    """
    raise NotImplementedError


@one_pixel.solution(
    en="Once the zeros are there, row and column of the output are the upper left corner of the window.",
    zh="补零之后，输出的 (行, 列) 正好对应窗口的左上角。",
)
def one_pixel(image, kernel, bias, row, column, padding):
    larger = F.pad(image, (padding, padding, padding, padding))
    window = larger[:, row : row + kernel.shape[1], column : column + kernel.shape[2]]
    return (window * kernel).sum().item() + bias


def _window(image, kernel, row, column, padding):
    larger = F.pad(image, (padding,) * 4)
    return larger[:, row : row + kernel.shape[1], column : column + kernel.shape[2]]


@one_pixel.mistake(en="The bias is missing.", zh="漏了偏置。")
def no_bias(image, kernel, bias, row, column, padding):
    return float((_window(image, kernel, row, column, padding) * kernel).sum())


@one_pixel.mistake(en="The bias was added once for each channel.", zh="每个通道都加了一次偏置。")
def bias_a_channel(image, kernel, bias, row, column, padding):
    return float((_window(image, kernel, row, column, padding) * kernel).sum() + bias * len(kernel))


@one_pixel.mistake(en="Row and column are exchanged.", zh="行和列弄反了。")
def exchanged_places(image, kernel, bias, row, column, padding):
    return float((_window(image, kernel, column, row, padding) * kernel).sum() + bias)


@one_pixel.mistake(en="Only the first channel was used.", zh="只用了第一个通道。")
def first_channel(image, kernel, bias, row, column, padding):
    return float((_window(image, kernel, row, column, padding) * kernel)[0].sum() + bias)


@one_pixel.mistake(en="The kernel was flipped.", zh="核被翻转了。")
def flipped(image, kernel, bias, row, column, padding):
    return float((_window(image, kernel, row, column, padding) * kernel.flip(1, 2)).sum() + bias)
