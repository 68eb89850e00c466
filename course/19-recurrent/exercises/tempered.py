import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def scores_and_temperature(draw: RandomInputs):
    return draw.normal(draw.size(3, 6), scale=2), draw.choice([0.0, draw.number(0.3, 3), draw.number(0.3, 3)])


@exercise("sampling", order=1, zh="温度，直到 0", en="Temperature, down to 0", arguments=scores_and_temperature)
def tempered(z: Tensor, t: float) -> Tensor:
    """Return the probabilities from which the next token is drawn at a temperature; at 0 the likeliest is certain.

    给出某个温度下抽取下一个词元所用的概率；温度为 0 时，只会是最可能的那个。

    Args:
        z: (size,), logits of the next token.
        t: temperature, 0 or more. 不小于 0。

    >>> tempered(torch.tensor([2.0, 1.0, 0.0]), 2.0)
    tensor([0.5065, 0.3072, 0.1863])
    >>> tempered(torch.tensor([2.0, 1.0, 0.0]), 0.0)
    tensor([1., 0., 0.])
    """
    raise NotImplementedError


@tempered.solution(
    en="Logits are divided, then comes the softmax. As t falls to 0 all probability goes to the largest: greedy search.",
    zh="先除 logits，再做 softmax。t 趋于 0 时，概率全部归最大的一个：就是贪心搜索。",
)
def tempered(z, t):
    if t == 0:
        return torch.eye(len(z))[z.argmax()]
    return torch.softmax(z / t, dim=0)


def _or_greedy(z, t, probabilities):
    return torch.eye(len(z))[z.argmax()] if t == 0 else probabilities()


@tempered.mistake(
    en="Hot and cold are exchanged: a high temperature must make rare tokens likelier.",
    zh="冷热反了：温度越高，少见的词元应当越容易出现。",
)
def hot_is_cold(z, t):
    return _or_greedy(z, t, lambda: torch.softmax(z * t, 0))


@tempered.mistake(
    en="The temperature came after the softmax: probabilities lie so close together that a second softmax makes them "
    "almost alike.",
    zh="温度用在了 softmax 之后：概率之间相差很小，再做一次 softmax 就几乎都一样了。",
)
def after_softmax(z, t):
    return _or_greedy(z, t, lambda: torch.softmax(torch.softmax(z, 0) / t, 0))


@tempered.mistake(
    en="These don't sum to one: each is a weight, and a share is asked for.",
    zh="加起来不是一：这些是权重，要的是各占多少。",
)
def weights_only(z, t):
    return _or_greedy(z, t, lambda: torch.exp(z / t))


@tempered.mistake(
    en="Powers of two were taken: softmax is made of powers of e. Another base is another temperature.",
    zh="用的是 2 的幂：softmax 用的是 e 的幂。换底数就等于换了温度。",
)
def powers_of_two(z, t):
    return _or_greedy(z, t, lambda: (v := torch.exp2(z / t)) / v.sum())


@tempered.mistake(
    en="At temperature zero it divides by zero: the limit exists, and you can say it without a division.",
    zh="温度为零时除以了零：极限是存在的，不用除法也能写出来。",
)
def divides_by_zero(z, t):
    return torch.softmax(z / t, 0)
