import torch
from torch import Tensor
from torch.nn import functional as F

from d2lab.exercises import exercise


@exercise(
    "pooling",
    order=3,
    zh="最大汇聚层的梯度",
    en="The gradient of max pooling",
    arguments=lambda draw: (draw.normal(2 * draw.size(1, 3), 2 * draw.size(1, 3)),),
    formerly=("max_pool_slope",),
)
def max_pool_gradient(image: Tensor) -> Tensor:
    """Return the gradient of the sum of 2 x 2 max pooling (stride 2) with respect to the image; no autograd.

    2×2 最大汇聚（步幅 2）求和之后，对输入的梯度；不用自动求导。

    Args:
        image: (h, w), h and w even, all values different. 高宽为偶数，数值各不相同。

    Returns:
        (h, w).

    >>> max_pool_gradient(torch.tensor([[1.0, 2.0], [0.0, -1.0]]))
    tensor([[0., 1.],
            [0., 0.]])
    """
    raise NotImplementedError


@max_pool_gradient.solution(
    en="Only the largest pixel of a window affects the output; its gradient is 1.",
    zh="只有每个窗口里最大的像素影响输出，它的梯度是 1。",
)
def max_pool_gradient(image):
    tops = F.max_pool2d(image[None], 2)[0]
    spread = tops.repeat_interleave(2, 0).repeat_interleave(2, 1)
    return (image == spread).float()


def _tops(image):
    return F.max_pool2d(image[None], 2)[0].repeat_interleave(2, 0).repeat_interleave(2, 1)


@max_pool_gradient.mistake(
    en="The gradient is shared out evenly: that is average pooling. Only the largest pixel affects the output.",
    zh="梯度平均分给了四个像素：那是平均汇聚。只有最大的像素起了作用。",
)
def shared(image):
    return torch.full_like(image, 0.25)


@max_pool_gradient.mistake(en="All pixels get the full gradient.", zh="每个像素都得到了全部梯度。")
def everywhere(image):
    return torch.ones_like(image)


@max_pool_gradient.mistake(
    en="The maxima themselves stand there: the derivative of x with respect to x is 1.",
    zh="放的是最大值本身：x 对 x 的导数是 1。",
)
def maxima(image):
    return torch.where(image == _tops(image), image, 0.0)


@max_pool_gradient.mistake(
    en="Only the largest pixel of the whole image was marked: each window has one.",
    zh="只标了整幅图里最大的：每个窗口都有一个。",
)
def of_the_image(image):
    return (image == image.max()).float()


@max_pool_gradient.mistake(en="The smallest pixels were marked.", zh="标出的是最小的像素。")
def smallest(image):
    return (image == -_tops(-image)).float()
