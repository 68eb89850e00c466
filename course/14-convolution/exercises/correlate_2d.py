import torch
from torch import Tensor
from torch.nn import functional as F

from d2lab.exercises import RandomInputs, exercise

from ._shared import correlate


def image_and_kernel(draw: RandomInputs):
    return draw.normal(draw.size(4, 7), draw.size(4, 7)), draw.normal(draw.size(1, 3), draw.size(2, 3))


@exercise("cross-correlation", order=1, zh="互相关", en="Cross-correlation", arguments=image_and_kernel)
def correlate_2d(image: Tensor, kernel: Tensor) -> Tensor:
    """Slide a kernel over an image and sum the products; loops over the kernel are fine, torch.nn is not.

    把核在图上滑动，逐处求乘积之和；可以对核循环，不要用 torch.nn。

    Args:
        image: (h, w).
        kernel: (a, b).

    Returns:
        (h - a + 1, w - b + 1).

    >>> correlate_2d(torch.tensor([[0.0, 1.0, 2.0]]), torch.tensor([[-1.0, 1.0]]))
    tensor([[1., 1.]])
    """
    raise NotImplementedError


@correlate_2d.solution(
    en="""
    Loop over the kernel and not over the image: each of its numbers weighs a shifted part of the image.
    """,
    zh="对核循环，而不是对图循环：核的每个数乘以一块错开的图，加起来就行。",
)
def correlate_2d(image, kernel):
    rows, columns = kernel.shape
    height, width = image.shape[0] - rows + 1, image.shape[1] - columns + 1
    return sum(kernel[i, j] * image[i : i + height, j : j + width] for i in range(rows) for j in range(columns))


@correlate_2d.mistake(
    en="The kernel is flipped: this is convolution in the mathematical sense.",
    zh="核被翻转了：这是数学意义上的卷积。",
)
def truly_convolved(image, kernel):
    return correlate(image, kernel.flip(0, 1))


@correlate_2d.mistake(
    en="The output is as large as the input: no padding is meant here.", zh="输出和输入一样大：这里没有要求填充。"
)
def padded(image, kernel):
    a, b = kernel.shape
    return correlate(F.pad(image, (0, b - 1, 0, a - 1)), kernel)


@correlate_2d.mistake(
    en="The last row and column are missing: range stops before its end.", zh="少了最后一行和一列：range 不包含终点。"
)
def last_missing(image, kernel):
    return correlate(image, kernel)[:-1, :-1]


@correlate_2d.mistake(en="This is the mean of the products; the sum is asked for.", zh="这是乘积的平均，要的是和。")
def averaged(image, kernel):
    return correlate(image, kernel) / kernel.numel()


@correlate_2d.mistake(en="Rows and columns of the kernel are exchanged.", zh="核的行和列换了位置。")
def kernel_transposed(image, kernel):
    return correlate(image, kernel.T)
