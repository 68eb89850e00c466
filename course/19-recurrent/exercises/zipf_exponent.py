import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def frequencies(draw: RandomInputs):
    n = draw.size(4, 9)
    ranks = torch.arange(1, n + 1)
    falling = 300 / ranks ** draw.number(0.5, 1.5) * draw.uniform(n, low=0.7, high=1.3)
    return (falling.ceil()[draw.uniform(n).argsort()],)


@exercise("n-grams", order=3, zh="齐普夫定律的指数", en="Zipf's exponent", arguments=frequencies)
def zipf_exponent(counts: Tensor) -> float:
    """Fit Zipf's law, count = constant / rank ** a, by least squares on logarithms, and return a.

    在对数坐标上用最小二乘拟合齐普夫定律：次数 = 常数 / 名次 ** a，求 a。

    Args:
        counts: (words,), how often each word came, in any order; all above 0.
            每个词出现的次数，次序不定，都大于 0。

    Returns:
        a; the most frequent word has rank 1. 次数最多的词名次为 1。

    >>> round(zipf_exponent(torch.tensor([25.0, 100.0, 50.0, 33.333333])), 4)
    1.0
    """
    raise NotImplementedError


@zipf_exponent.solution(
    en="The logarithm turns the law into a line, whose slope is minus the exponent; the constant is its height.",
    zh="取对数之后是一条直线：斜率是指数的相反数，常数决定高低。",
)
def zipf_exponent(counts):
    frequency = counts.sort(descending=True).values.log()
    rank = torch.arange(1, len(counts) + 1).log()
    rank = rank - rank.mean()
    return -((rank * frequency).sum() / rank.square().sum()).item()


def _line(x, y):
    x = x - x.mean()
    return ((x * y).sum() / x.square().sum()).item()


def _ranked(counts):
    return torch.arange(1.0, len(counts) + 1), counts.sort(descending=True).values


@zipf_exponent.mistake(
    en="The line was fitted to the numbers themselves: a power is no line there.",
    zh="直接拿原来的数去拟合直线：不取对数，幂函数不是直线。",
)
def without_logarithms(counts):
    return -_line(*_ranked(counts))


@zipf_exponent.mistake(
    en="The ranks run the wrong way: the rarest word got the first place.",
    zh="名次反了：最少见的词排了第一。",
)
def rarest_first(counts):
    rank, frequency = _ranked(counts)
    return -_line(rank.log(), frequency.log().flip(0))


@zipf_exponent.mistake(
    en="This is the slope of the line; the exponent stands below a fraction bar, so what becomes of the sign?",
    zh="这是直线的斜率；指数写在分母上，符号该怎么变？",
)
def slope_itself(counts):
    rank, frequency = _ranked(counts)
    return _line(rank.log(), frequency.log())


@zipf_exponent.mistake(
    en="The line was forced through the origin: the constant of the law is free, so means must be taken off first.",
    zh="直线被迫经过原点：定律里的常数是自由的，所以要先减去均值。",
)
def through_the_origin(counts):
    rank, frequency = (v.log() for v in _ranked(counts))
    return -((rank * frequency).sum() / rank.square().sum()).item()


@zipf_exponent.mistake(
    en="The axes are exchanged: this predicts the rank from the count.",
    zh="两个轴对调了：这是由次数去预测名次。",
)
def axes_exchanged(counts):
    rank, frequency = _ranked(counts)
    return -_line(frequency.log(), rank.log())
