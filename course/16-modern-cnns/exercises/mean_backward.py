import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "nin",
    order=2,
    zh="全局平均汇聚的反向",
    en="Backward through global average pooling",
    arguments=lambda draw: (draw.normal(draw.size(1, 4)), draw.size(1, 5), draw.size(1, 5)),
)
def mean_backward(grad_output: Tensor, height: int, width: int) -> Tensor:
    """Compute the gradient with respect to the input maps of global average pooling from that of its output.

    已知损失对全局平均汇聚输出的梯度，求对输入各通道的梯度。

    Args:
        grad_output: (channels,).
        height: of the maps.
        width: of the maps.

    Returns:
        (channels, height, width).

    >>> mean_backward(torch.tensor([4.0]), 1, 2)
    tensor([[[2., 2.]]])
    """
    raise NotImplementedError


@mean_backward.solution(
    en="Every pixel gets one part in height times width.",
    zh="每个像素分到面积分之一。",
)
def mean_backward(grad_output, height, width):
    return (grad_output / (height * width))[:, None, None].expand(-1, height, width)


@mean_backward.mistake(en="Every pixel got the whole gradient: they share it.", zh="每个像素都得到了全部：应当平分。")
def whole_gradient(grad_output, height, width):
    return grad_output[:, None, None].expand(-1, height, width)


@mean_backward.mistake(en="It was divided by the height alone.", zh="只除以了高。")
def by_height(grad_output, height, width):
    return (grad_output / height)[:, None, None].expand(-1, height, width)


@mean_backward.mistake(
    en="The gradient went to one pixel: that is max pooling.", zh="梯度只给了一个像素：那是最大汇聚的反向。"
)
def one_pixel(grad_output, height, width):
    out = torch.zeros(len(grad_output), height, width)
    out[:, 0, 0] = grad_output
    return out


@mean_backward.mistake(en="It was multiplied by the number of pixels.", zh="乘了像素数。")
def multiplied(grad_output, height, width):
    return (grad_output * height * width)[:, None, None].expand(-1, height, width)
