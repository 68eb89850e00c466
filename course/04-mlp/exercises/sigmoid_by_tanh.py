import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "activations",
    order=2,
    zh="用 tanh 写 sigmoid",
    en="A sigmoid out of tanh",
    arguments=lambda draw: (draw.normal(draw.size(2, 7), scale=3),),
)
def sigmoid_by_tanh(x: Tensor) -> Tensor:
    """Write the sigmoid by means of tanh.

    用 tanh 表示 sigmoid。

    Args:
        x: (n,).

    >>> sigmoid_by_tanh(torch.tensor([0.0]))
    tensor([0.5000])
    """
    raise NotImplementedError


@sigmoid_by_tanh.solution(
    en="A sigmoid is tanh, scaled and shifted.",
    zh="sigmoid 就是缩放、平移过的 tanh。",
)
def sigmoid_by_tanh(x):
    return (torch.tanh(x / 2) + 1) / 2


@sigmoid_by_tanh.mistake(en="It is too steep: which scale of x does tanh need?", zh="太陡了：tanh 里的 x 要怎样缩放？")
def too_steep(x):
    return (x.tanh() + 1) / 2


@sigmoid_by_tanh.mistake(
    en="It goes from -1 to 1: a sigmoid lies between 0 and 1.", zh="取值在 -1 到 1：sigmoid 在 0 和 1 之间。"
)
def not_shifted(x):
    return (x / 2).tanh()


@sigmoid_by_tanh.mistake(
    en="It is four times too steep: x belongs halved into tanh, not doubled.",
    zh="陡了四倍：放进 tanh 的应当是 x 的一半，不是两倍。",
)
def doubled(x):
    return ((2 * x).tanh() + 1) / 2


@sigmoid_by_tanh.mistake(en="It goes from 0 to 2: halve it.", zh="取值在 0 到 2：还差一半。")
def not_halved(x):
    return (x / 2).tanh() + 1


@sigmoid_by_tanh.mistake(en="It falls where a sigmoid rises.", zh="sigmoid 是上升的，它却在下降。")
def falling(x):
    return (1 - (x / 2).tanh()) / 2
