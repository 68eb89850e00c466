import torch
from torch import Tensor
from torch.nn import functional as F

from d2lab.exercises import exercise


@exercise(
    "pooling",
    order=1,
    zh="最大汇聚",
    en="Max pooling",
    arguments=lambda draw: (draw.normal(draw.size(4, 8), draw.size(4, 8)) - 2, draw.size(2, 3), draw.size(1, 3)),
)
def max_pool(image: Tensor, window: int, stride: int) -> Tensor:
    """Return the largest value in each window; without padding.

    每个窗口里的最大值；不填充。

    Args:
        image: (h, w).
        window: its side. 窗口的边长。
        stride: step of the window. 步幅。

    >>> max_pool(torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), 2, 1)
    tensor([[5., 6.]])
    """
    raise NotImplementedError


@max_pool.solution(
    en="`unfold` lays the windows along new axes; the maximum runs over those two.",
    zh="`unfold` 把窗口摊成新的轴，再在这两个轴上取最大值。",
)
def max_pool(image, window, stride):
    return image.unfold(0, window, stride).unfold(1, window, stride).amax((2, 3))


@max_pool.mistake(en="This is the mean of each window.", zh="这是每个窗口的平均。")
def mean_pool(image, window, stride):
    return F.avg_pool2d(image[None], window, stride)[0]


@max_pool.mistake(
    en="The stride is not used: windows lie side by side here.", zh="没有用到步幅：这里的窗口总是一个挨一个。"
)
def side_by_side(image, window, stride):
    return F.max_pool2d(image[None], window)[0]


@max_pool.mistake(en="The windows move by 1 whatever the stride.", zh="不管步幅多大，窗口都只移动 1。")
def moves_by_one(image, window, stride):
    return F.max_pool2d(image[None], window, 1)[0]


@max_pool.mistake(en="Negative values became 0: a maximum may be negative.", zh="负数变成了 0：最大值也可以是负数。")
def never_negative(image, window, stride):
    return F.max_pool2d(image[None], window, stride)[0].relu()


@max_pool.mistake(en="An incomplete window at the border was counted.", zh="边上不满的窗口也算了。")
def incomplete_too(image, window, stride):
    return F.max_pool2d(image[None], window, stride, ceil_mode=True)[0]
