import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "inside-lenet",
    order=1,
    zh="归一成可以看的图",
    en="Scale maps to be shown",
    arguments=lambda draw: (
        draw.normal(draw.size(1, 4), 3, 4) * draw.number(0.5, 5)
        if draw.boolean()
        else torch.cat([torch.full((1, 3, 4), draw.number()), draw.normal(1, 3, 4)]),
    ),
)
def visible(maps: Tensor) -> Tensor:
    """Scale each map to 0 ... 1 by its own smallest and largest value; a map of equal values becomes 0.

    每幅图按自己的最小值和最大值缩放到 0 到 1；处处相等的图变成 0。

    Args:
        maps: (n, h, w).

    Returns:
        (n, h, w).

    >>> visible(torch.tensor([[[1.0, 3.0]], [[5.0, 5.0]]]))
    tensor([[[0., 1.]],
    <BLANKLINE>
            [[0., 0.]]])
    """
    raise NotImplementedError


@visible.solution(
    en="Subtract the smallest value; where the range is 0, divide by 1, and 0 remains.",
    zh="先减最小值；宽度为 0 的地方除以 1，结果仍是 0。",
)
def visible(maps):
    low, high = maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)
    width = high - low
    return (maps - low) / torch.where(width > 0, width, 1.0)


def _ends(maps):
    return maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)


@visible.mistake(en="A map of equal values became nan: 0 was divided by 0.", zh="处处相等的图变成了 nan：0 除以了 0。")
def nan_for_flat(maps):
    low, high = _ends(maps)
    return (maps - low) / (high - low)


@visible.mistake(
    en="All maps share one scale: a faint one stays dark.", zh="所有图共用了一个尺度：暗淡的图还是看不见。"
)
def one_scale(maps):
    return (maps - maps.min()) / (maps.max() - maps.min())


@visible.mistake(
    en="Negative values were cut off; the smallest value should become 0.", zh="负数被截掉了；应当是最小值变成 0。"
)
def cut_at_zero(maps):
    high = maps.amax((1, 2), keepdim=True)
    return maps.clamp_min(0) / high.clamp_min(1e-12)


@visible.mistake(
    en="It was divided by the largest value, not by the width of the range.",
    zh="除以了最大值，应当除以最大与最小之差。",
)
def by_largest(maps):
    low, high = _ends(maps)
    return (maps - low) / high
