import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def masked(draw: RandomInputs):
    n, d = draw.size(2, 5), draw.size(2, 6)
    return draw.normal(n, d), draw.uniform(n, d), draw.number(0.1, 0.8)


@exercise(
    "dropout",
    order=1,
    zh="用给定的随机数实现暂退法（dropout）",
    en="Dropout from given random numbers",
    arguments=masked,
)
def drop(x: Tensor, noise: Tensor, p: float) -> Tensor:
    """Set entries of x to zero where noise is below p, and scale the others so that the expectation stays.

    随机数小于 p 的位置置零，其余放大，使期望不变。

    Args:
        x: (n, d).
        noise: (n, d), uniform on [0, 1). [0, 1) 上的均匀随机数。
        p: dropout probability. 暂退概率。

    >>> drop(torch.ones(1, 2), torch.tensor([[0.1, 0.9]]), 0.5)
    tensor([[0., 2.]])
    """
    raise NotImplementedError


@drop.solution(
    en="A value is kept with probability $1 - p$; divided by that, its expectation stays.",
    zh="留下的概率是 $1 - p$，所以除以它，期望就不变。",
)
def drop(x, noise, p):
    return torch.where(noise >= p, x / (1 - p), 0.0)


@drop.mistake(en="Nothing is scaled: the expectation shrinks by the factor 1 - p.", zh="没有放大：期望会变小。")
def not_scaled(x, noise, p):
    return x * (noise >= p)


@drop.mistake(en="p was taken for the probability of keeping.", zh="把 p 当成了保留的概率。")
def p_kept(x, noise, p):
    return x * (noise < p) / p


@drop.mistake(en="It was divided by p in place of 1 - p.", zh="除以了 p，应当除以 1 − p。")
def by_p(x, noise, p):
    return x * (noise >= p) / p


@drop.mistake(
    en="It was multiplied by 1 - p: kept values must grow, not shrink.", zh="乘了 1 − p：留下的值应当放大，而不是缩小。"
)
def times_kept(x, noise, p):
    return x * (noise >= p) * (1 - p)


@drop.mistake(
    en="The wrong entries were dropped: zero where noise is below p.", zh="置零的位置反了：随机数小于 p 的才置零。"
)
def mask_reversed(x, noise, p):
    return x * (noise < p) / (1 - p)
