import torch
from torch import Tensor
from torch.nn import functional as F

from d2lab.exercises import exercise


@exercise(
    "channels",
    order=2,
    zh="多个输出通道",
    en="Several output channels",
    arguments=lambda draw: (draw.normal(c := draw.size(2, 3), 4, 4), draw.normal(draw.size(2, 4), c, 3, 3)),
)
def correlate_many(image: Tensor, kernels: Tensor) -> Tensor:
    """Return one map for each set of kernels.

    每组核给出一幅输出图。

    Args:
        image: (channels, h, w).
        kernels: (maps, channels, a, b).

    Returns:
        (maps, h - a + 1, w - b + 1). torch.nn.functional is allowed. 可以用 torch.nn.functional。

    >>> correlate_many(torch.ones(1, 2, 2), torch.tensor([[[[1.0]]], [[[2.0]]]])).sum((1, 2))
    tensor([4., 8.])
    """
    raise NotImplementedError


@correlate_many.solution(
    en="Put an axis for the batch in, and take it out again.",
    zh="加上批的轴，算完再去掉。",
)
def correlate_many(image, kernels):
    return F.conv2d(image[None], kernels)[0]


@correlate_many.mistake(
    en="The axis of the batch is still there: one image came in, its maps should come out.",
    zh="批的轴还在：输入是一幅图，输出应当是它的各幅图。",
)
def batch_axis(image, kernels):
    return F.conv2d(image[None], kernels)


@correlate_many.mistake(
    en="Maps and channels of the kernels are exchanged, or the maps were added up.",
    zh="各输出图被加在了一起：每组核有自己的图。",
)
def maps_added(image, kernels):
    return F.conv2d(image[None], kernels)[0].sum(0)


@correlate_many.mistake(
    en="The maps stand last: torch has them before height and width.", zh="输出通道放在了最后：torch 里它在高和宽之前。"
)
def maps_last(image, kernels):
    return F.conv2d(image[None], kernels)[0].movedim(0, -1)


@correlate_many.mistake(en="Only the first map came out.", zh="只给出了第一幅输出图。")
def only_first_map(image, kernels):
    return F.conv2d(image[None], kernels[:1])[0]
