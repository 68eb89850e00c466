import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "nin",
    order=1,
    zh="每个像素一个感知机",
    en="A perceptron at every pixel",
    arguments=lambda draw: (
        draw.normal(c := draw.size(2, 4), 3, draw.size(2, 4)),
        draw.normal(h := draw.size(2, 5), c),
        draw.normal(draw.size(2, 3), h),
    ),
)
def pixel_mlp(maps: Tensor, w1: Tensor, w2: Tensor) -> Tensor:
    """Apply relu(w2 @ relu(w1 @ channels)) to the channels of every pixel.

    对每个像素的通道做 relu(w2 @ relu(w1 @ 通道))。

    Args:
        maps: (channels, h, w).
        w1: (hidden, channels).
        w2: (outputs, hidden).

    Returns:
        (outputs, h, w).

    >>> pixel_mlp(torch.tensor([[[-1.0, 2.0]]]), torch.ones(1, 1), torch.tensor([[3.0]]))
    tensor([[[0., 6.]]])
    """
    raise NotImplementedError


@pixel_mlp.solution(
    en="`einsum` sums over channels and leaves pixels apart.",
    zh="`einsum` 只在通道上求和，像素各归各。",
)
def pixel_mlp(maps, w1, w2):
    hidden = torch.einsum("oc,chw->ohw", w1, maps).relu()
    return torch.einsum("oc,chw->ohw", w2, hidden).relu()


def _pixels(w, maps):
    return torch.einsum("oc,chw->ohw", w, maps)


@pixel_mlp.mistake(en="There is no ReLU between the two.", zh="两层之间没有 ReLU。")
def no_relu_between(maps, w1, w2):
    return _pixels(w2, _pixels(w1, maps)).relu()


@pixel_mlp.mistake(en="The last ReLU is missing.", zh="漏了最后的 ReLU。")
def no_last_relu(maps, w1, w2):
    return _pixels(w2, _pixels(w1, maps).relu())


@pixel_mlp.mistake(en="Channels stand last.", zh="通道放在了最后。")
def channels_last(maps, w1, w2):
    return _pixels(w2, _pixels(w1, maps).relu()).relu().movedim(0, -1)


@pixel_mlp.mistake(
    en="The pixels were averaged first: each keeps its own answer.", zh="先把像素平均了：每个像素应当各有答案。"
)
def averaged_first(maps, w1, w2):
    mean = maps.mean((1, 2), keepdim=True).expand_as(maps)
    return _pixels(w2, _pixels(w1, mean).relu()).relu()
