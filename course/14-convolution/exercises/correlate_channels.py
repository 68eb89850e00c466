import torch
from torch import Tensor
from torch.nn import functional as F

from d2lab.exercises import exercise

from ._shared import correlate


@exercise(
    "channels",
    order=1,
    zh="多个输入通道",
    en="Several input channels",
    arguments=lambda draw: (draw.normal(c := draw.size(2, 4), 4, 5), draw.normal(c, 2, 2)),
)
def correlate_channels(image: Tensor, kernel: Tensor) -> Tensor:
    """Correlate each channel with its own kernel and add up: one map comes out.

    每个通道用自己的核做互相关，再相加，得到一幅图。

    Args:
        image: (channels, h, w).
        kernel: (channels, a, b).

    Returns:
        (h - a + 1, w - b + 1).

    >>> correlate_channels(torch.ones(3, 2, 2), torch.ones(3, 2, 2))
    tensor([[12.]])
    """
    raise NotImplementedError


@correlate_channels.solution(
    en="`conv2d` adds the channels up by itself; batch and maps are one here.",
    zh="`conv2d` 本来就会把通道加起来；这里批和输出图都是一个。",
)
def correlate_channels(image, kernel):
    return F.conv2d(image[None], kernel[None])[0, 0]


@correlate_channels.mistake(
    en="The channels are not added up: one map is asked for.", zh="各通道没有相加：要的是一幅图。"
)
def not_added(image, kernel):
    return F.conv2d(image[None], kernel[:, None], groups=len(kernel))[0]


@correlate_channels.mistake(en="The channels were averaged; they are added.", zh="各通道取了平均，应当相加。")
def mean_of_channels(image, kernel):
    return F.conv2d(image[None], kernel[None])[0, 0] / len(kernel)


@correlate_channels.mistake(en="Every channel got the first kernel.", zh="每个通道都用了第一个核。")
def first_kernel(image, kernel):
    return F.conv2d(image[None], kernel[:1].expand_as(kernel)[None])[0, 0]


@correlate_channels.mistake(en="Only the first channel was used.", zh="只用了第一个通道。")
def first_channel(image, kernel):
    return correlate(image[0], kernel[0])


@correlate_channels.mistake(
    en="Channels were added before they were weighted: all share one kernel then.",
    zh="先把通道相加再去卷积：这样所有通道就共用了一个核。",
)
def added_before(image, kernel):
    return correlate(image.sum(0), kernel.sum(0))
