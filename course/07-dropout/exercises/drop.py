import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def masked(draw: RandomInputs):
    n, d = draw.size(2, 5), draw.size(2, 6)
    return draw.normal(n, d), draw.uniform(n, d), draw.number(0.1, 0.8)


@exercise("dropout", order=1, zh="用给定的随机数做 dropout", en="Dropout from given luck", arguments=masked)
def drop(x: Tensor, luck: Tensor, p: float) -> Tensor:
    """Zero the entries where luck is below p, and scale the others so that the mean stays.

    随机数小于 p 的位置置零，其余放大，使平均值不变。

    Args:
        x: (n, d).
        luck: (n, d), evenly from 0 to 1. 0 到 1 的均匀随机数。
        p: the share that is dropped. 丢弃的比例。

    >>> drop(torch.ones(1, 2), torch.tensor([[0.1, 0.9]]), 0.5)
    tensor([[0., 2.]])
    """
    raise NotImplementedError


@drop.solution(
    en="A value is kept with chance $1 - p$; divided by that, the mean stays.",
    zh="留下的概率是 $1 - p$，所以除以它，平均值就不变。",
)
def drop(x, luck, p):
    return torch.where(luck >= p, x / (1 - p), 0.0)


@drop.mistake(en="Nothing is scaled: the mean shrinks by the share that is dropped.", zh="没有放大：平均值会变小。")
def not_scaled(x, luck, p):
    return x * (luck >= p)


@drop.mistake(en="p was taken for the share that is kept.", zh="把 p 当成了保留的比例。")
def p_kept(x, luck, p):
    return x * (luck < p) / p


@drop.mistake(en="It was divided by p in place of 1 - p.", zh="除以了 p，应当除以 1 − p。")
def by_p(x, luck, p):
    return x * (luck >= p) / p


@drop.mistake(
    en="It was multiplied by 1 - p: kept values must grow, not shrink.", zh="乘了 1 − p：留下的值应当放大，而不是缩小。"
)
def times_kept(x, luck, p):
    return x * (luck >= p) * (1 - p)


@drop.mistake(
    en="The lucky ones were dropped: zero where luck is below p.", zh="置零的位置反了：随机数小于 p 的才置零。"
)
def lucky_dropped(x, luck, p):
    return x * (luck < p) / (1 - p)
