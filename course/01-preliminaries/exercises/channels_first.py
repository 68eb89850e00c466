import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "tensors",
    order=2,
    zh="通道挪到前面",
    en="Channels to the front",
    arguments=lambda draw: (draw.normal(draw.size(1, 3), draw.size(2, 4), draw.size(2, 4), 3),),
)
def channels_first(images: Tensor) -> Tensor:
    """Turn (n, h, w, channels) into (n, channels, h, w); every pixel keeps its place.

    把 (n, h, w, 通道) 变成 (n, 通道, h, w)，像素不错位。

    Args:
        images: channels last.

    >>> channels_first(torch.arange(6).reshape(1, 1, 2, 3)).tolist()
    [[[[0, 3]], [[1, 4]], [[2, 5]]]]
    """
    raise NotImplementedError


@channels_first.solution(
    en="`movedim` moves one axis and keeps the order of the rest.",
    zh="`movedim` 只挪一个轴，其余保持次序。",
)
def channels_first(images):
    return images.movedim(-1, 1)


@channels_first.mistake(
    en="reshape does not exchange axes: the numbers are mixed up.", zh="reshape 不交换轴：数全乱了。"
)
def reshaped(images):
    n, h, w, c = images.shape
    return images.reshape(n, c, h, w)


@channels_first.mistake(en="Height and width are exchanged too.", zh="高和宽也换了。")
def also_turned(images):
    return images.permute(0, 3, 2, 1)


@channels_first.mistake(en="Channels stand in the third place.", zh="通道到了第三个轴。")
def third_place(images):
    return images.permute(0, 1, 3, 2)


@channels_first.mistake(en="Nothing was moved.", zh="没有挪动。")
def unmoved(images):
    return images * 1
