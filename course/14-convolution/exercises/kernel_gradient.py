import torch
from torch import Tensor
from torch.nn import functional as F

from d2lab.exercises import RandomInputs, exercise

from ._shared import correlate, square_image_and_kernel


def image_kernel_and_target(draw: RandomInputs):
    image, kernel = square_image_and_kernel(draw)
    return image, kernel, draw.normal(image.shape[0] - 2, image.shape[1] - 2)


@exercise(
    "cross-correlation",
    order=3,
    zh="学习一个核：梯度",
    en="The gradient of a kernel",
    arguments=image_kernel_and_target,
    formerly=("kernel_slope",),
)
def kernel_gradient(image: Tensor, kernel: Tensor, target: Tensor) -> Tensor:
    """Return the gradient of sum((correlate(image, kernel) - target)**2) with respect to the kernel; without autograd.

    求 sum((互相关 - target)**2) 对核的梯度；不用自动求导。

    Args:
        image: (h, w).
        kernel: (3, 3).
        target: (h - 2, w - 2).

    Returns:
        (3, 3).

    >>> kernel_gradient(torch.eye(3), torch.zeros(3, 3), torch.tensor([[1.0]]))
    tensor([[-2.,  0.,  0.],
            [ 0., -2.,  0.],
            [ 0.,  0., -2.]])
    """
    raise NotImplementedError


@kernel_gradient.solution(
    en="""
    Each number of the kernel has weighed a shifted part of the image, so its gradient is the error times that part,
    summed: the image correlated with the error.
    """,
    zh="核的每个数都乘过一块错开的图，所以它的梯度是误差与那一块的内积：误差与图的互相关。",
)
def kernel_gradient(image, kernel, target):
    def correlate(one, other):
        return F.conv2d(one[None, None], other[None, None])[0, 0]

    return 2 * correlate(image, correlate(image, kernel) - target)


@kernel_gradient.mistake(en="The 2 of the square's derivative is missing.", zh="漏了平方求导带来的 2。")
def without_two(image, kernel, target):
    return correlate(image, correlate(image, kernel) - target)


@kernel_gradient.mistake(en="The sign is reversed.", zh="符号反了。")
def negated(image, kernel, target):
    return -2 * correlate(image, correlate(image, kernel) - target)


@kernel_gradient.mistake(
    en="The gradient is flipped: error and image are correlated, the error is not flipped.",
    zh="结果被翻转了：误差和图做互相关，误差不用翻转。",
)
def flipped(image, kernel, target):
    return 2 * correlate(image, (correlate(image, kernel) - target).flip(0, 1))


@kernel_gradient.mistake(
    en="It was divided by the number of outputs: the loss is a sum.", zh="除以了输出的个数：损失是和，不是平均。"
)
def mean_for_sum(image, kernel, target):
    return 2 * correlate(image, correlate(image, kernel) - target) / target.numel()


@kernel_gradient.mistake(
    en="The target is not used: the error is the output minus the target.", zh="没有用到目标：误差是输出减去目标。"
)
def without_target(image, kernel, target):
    return 2 * correlate(image, correlate(image, kernel))
