import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def weights_and_grid(draw: RandomInputs):
    largest = draw.number(0.6, 1.4)
    inside = draw.uniform(draw.size(4, 6), low=-largest, high=largest)
    return torch.cat([inside, torch.tensor([1.5 * largest, -1.4 * largest])]), draw.size(2, 6), largest


@exercise("small-types", order=1, zh="对称量化", en="Symmetric quantization", arguments=weights_and_grid)
def quantize(x: Tensor, bits: int, largest: float) -> Tensor:
    """Round to the nearest level of a symmetric integer grid, and return real numbers again.

    舍入到对称整数格点中最近的一级，再换回实数。

    Args:
        x: (n,) weights. 权重。
        bits: of an integer, its sign included. 一个整数的位数，含符号位。
        largest: what the largest integer stands for; numbers beyond become it. 最大的整数代表的数；超出的都变成它。

    >>> quantize(torch.tensor([0.2, -0.6, 5.0]), 3, 1.5)
    tensor([ 0.0000, -0.5000,  1.5000])
    """
    raise NotImplementedError


@quantize.solution(
    en="Three bits have 8 codes; 7 of them, from -3 to 3, lie evenly about 0. So a level is largest / 3, and 0.6 is 1.2 "
    "levels, which rounds to one.",
    zh="三位有 8 个码，用其中关于 0 对称的 7 个，−3 到 3。所以一级是 largest / 3，0.6 是 1.2 级，舍入到一级。",
)
def quantize(x, bits, largest):
    top = 2 ** (bits - 1) - 1
    level = largest / top
    return (x / level).round().clamp(-top, top) * level


@quantize.mistake(
    en="Rounded down, not to the nearest level: all weights move the same way.",
    zh="向下取整了，没有取最近的一级：权重都往同一边偏。",
)
def rounded_down(x, bits, largest):
    top = 2 ** (bits - 1) - 1
    level = largest / top
    return (x / level).floor().clamp(-top, top) * level


@quantize.mistake(
    en="Numbers beyond the grid kept their size: no integer of so few bits stands for them.",
    zh="超出格点的数还留着：这么少的位数，没有哪个整数能代表它们。",
)
def not_clamped(x, bits, largest):
    level = largest / (2 ** (bits - 1) - 1)
    return (x / level).round() * level


@quantize.mistake(
    en="These are the integers: real numbers again are wanted.",
    zh="这还是整数：要换回实数。",
)
def left_as_integers(x, bits, largest):
    top = 2 ** (bits - 1) - 1
    return (x / largest * top).round().clamp(-top, top)


@quantize.mistake(
    en="One level too many: with this code on the positive side there would be more codes than the bits have.",
    zh="多了一级：正的一边再要这个码，位数就不够了。",
)
def one_level_too_many(x, bits, largest):
    top = 2 ** (bits - 1)
    level = largest / top
    return (x / level).round().clamp(-top, top) * level


@quantize.mistake(
    en="Negative numbers were lost: the sign takes one of the bits.",
    zh="负数丢了：符号占其中一位。",
)
def without_a_sign(x, bits, largest):
    top = 2 ** (bits - 1) - 1
    level = largest / top
    return (x / level).round().clamp(0, top) * level


@quantize.mistake(
    en="All bits were used for the size: one of them is the sign.",
    zh="把所有的位都用来表示大小了：其中一位是符号。",
)
def sign_not_counted(x, bits, largest):
    top = 2**bits - 1
    level = largest / top
    return (x / level).round().clamp(-top, top) * level
