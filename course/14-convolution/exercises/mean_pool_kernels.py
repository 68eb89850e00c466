import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "pooling",
    order=2,
    zh="平均汇聚就是一种卷积",
    en="Average pooling is a convolution",
    arguments=lambda draw: (draw.size(1, 4), draw.size(1, 5)),
)
def mean_pool_kernels(channels: int, window: int) -> Tensor:
    """Return the kernels with which conv2d does what average pooling does, channel by channel.

    给出一组核，使 conv2d 做的正好是逐通道的平均汇聚。

    Args:
        channels: of the image.
        window: its side.

    Returns:
        (channels, channels, window, window).

    >>> mean_pool_kernels(1, 2)
    tensor([[[[0.2500, 0.2500],
              [0.2500, 0.2500]]]])
    """
    raise NotImplementedError


@mean_pool_kernels.solution(
    en="Only the kernels on the diagonal are not zero, so no channel sees another.",
    zh="只有对角线上的核不为零，所以通道不会混在一起。",
)
def mean_pool_kernels(channels, window):
    own = torch.eye(channels)[:, :, None, None]
    return own.expand(channels, channels, window, window) / window**2


@mean_pool_kernels.mistake(
    en="The channels get mixed: pooling keeps each to itself.", zh="通道混在一起了：汇聚时各通道互不相干。"
)
def mixes_channels(channels, window):
    return torch.full((channels, channels, window, window), 1 / window**2)


@mean_pool_kernels.mistake(en="The weights add up to more than 1: this sums.", zh="权重之和超过了 1：这是求和。")
def sums(channels, window):
    return torch.eye(channels)[:, :, None, None].expand(-1, -1, window, window)


@mean_pool_kernels.mistake(
    en="It was divided by the side of the window, not by its pixels.", zh="除以了边长，应当除以窗口的像素数。"
)
def by_side(channels, window):
    return torch.eye(channels)[:, :, None, None].expand(-1, -1, window, window) / window


@mean_pool_kernels.mistake(
    en="Kernels for groups have another shape: (channels, channels, window, window) is asked for.",
    zh="这是分组卷积用的形状：要的是 (channels, channels, window, window)。",
)
def for_groups(channels, window):
    return torch.full((channels, 1 + (channels == 1), window, window), 1 / window**2)
