import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "fashion-mnist",
    order=1,
    zh="从字节到浮点",
    en="From bytes to floats",
    arguments=lambda draw: (draw.integers(0, 255, draw.size(1, 3), 3, 4).to(torch.uint8),),
)
def to_floats(images: Tensor) -> Tensor:
    """Turn images of bytes into floats from 0 to 1 with an axis for the channel.

    把字节图像变成 0 到 1 的浮点数，并加上通道轴。

    Args:
        images: (n, h, w), uint8.

    Returns:
        (n, 1, h, w), float32.

    >>> to_floats(torch.tensor([[[0, 255]]], dtype=torch.uint8))
    tensor([[[[0., 1.]]]])
    """
    raise NotImplementedError


@to_floats.solution(
    en="Division by 255 gives float32; `None` puts the channel's axis in.",
    zh="除以 255 会得到 float32；用 `None` 插入通道轴。",
)
def to_floats(images):
    return images[:, None] / 255


@to_floats.mistake(
    en="255 became something below 1: the largest byte is 255, not 256.",
    zh="255 没有变成 1：最大的字节是 255，不是 256。",
)
def by_256(images):
    return images[:, None] / 256


@to_floats.mistake(en="The numbers still reach 255.", zh="数值还是到 255。")
def not_scaled(images):
    return images[:, None].float()


@to_floats.mistake(
    en="There is no axis for the channel: (n, 1, h, w) is asked for.", zh="没有通道轴：要的是 (n, 1, h, w)。"
)
def no_channel(images):
    return images / 255


@to_floats.mistake(
    en="The axis for the channel stands last: torch has it second.", zh="通道轴放在了最后：torch 里它是第二个。"
)
def channel_last(images):
    return images[..., None] / 255


@to_floats.mistake(
    en="Everything below 255 became 0: integers were divided without a remainder.",
    zh="小于 255 的都变成了 0：这是整数除法。",
)
def whole_division(images):
    return (images[:, None] // 255).float()
