import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "nin",
    order=2,
    zh="全局平均的反向",
    en="Backward through a global mean",
    arguments=lambda draw: (draw.normal(draw.size(1, 4)), draw.size(1, 5), draw.size(1, 5)),
)
def mean_backward(slope: Tensor, height: int, width: int) -> Tensor:
    """Hand the slope behind a global mean on to the maps.

    把全局平均之后的斜率传给各幅图。

    Args:
        slope: (channels,).
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
def mean_backward(slope, height, width):
    return (slope / (height * width))[:, None, None].expand(-1, height, width)


@mean_backward.mistake(en="Every pixel got the whole slope: they share it.", zh="每个像素都得到了全部：应当平分。")
def whole_slope(slope, height, width):
    return slope[:, None, None].expand(-1, height, width)


@mean_backward.mistake(en="It was divided by the height alone.", zh="只除以了高。")
def by_height(slope, height, width):
    return (slope / height)[:, None, None].expand(-1, height, width)


@mean_backward.mistake(
    en="The slope went to one pixel: that is a maximum.", zh="斜率只给了一个像素：那是最大值的反向。"
)
def one_pixel(slope, height, width):
    out = torch.zeros(len(slope), height, width)
    out[:, 0, 0] = slope
    return out


@mean_backward.mistake(en="It was multiplied by the number of pixels.", zh="乘了像素数。")
def multiplied(slope, height, width):
    return (slope * height * width)[:, None, None].expand(-1, height, width)
