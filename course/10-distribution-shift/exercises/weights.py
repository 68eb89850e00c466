import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def odds_and_sizes(draw: RandomInputs):
    return draw.normal(draw.size(3, 6), scale=1.6).exp(), draw.size(1, 9) * 10, draw.size(1, 9) * 10


@exercise("covariate-shift", order=1, zh="重要性权重", en="Importance weights", arguments=odds_and_sizes)
def weights(odds: Tensor, n: int, m: int) -> Tensor:
    """Return importance weights q(x) / p(x) of training examples, at most 5, from the odds of a domain classifier.

    由域分类器的几率，求训练样本的重要性权重 q(x) / p(x)，最大取 5。

    Args:
        odds: (examples), the probability of "in use" over that of "training". “使用”的概率除以“训练”的概率。
        n: training examples that the classifier has seen. 域分类器见过的训练样本数。
        m: examples in use that it has seen. 它见过的使用样本数。

    >>> weights(torch.tensor([0.5, 6.0, 30.0]), 10, 20)
    tensor([0.2500, 3.0000, 5.0000])
    """
    raise NotImplementedError


@weights.solution(
    en="Odds are m q(x) over n p(x): where more examples in use were shown, everything looks more like use. Take that "
    "out, then put the limit on.",
    zh="几率是 m q(x) 比 n p(x)：使用的样本给得多，什么都更像使用的。先除去这个，再加上限。",
)
def weights(odds, n, m):
    ratio = odds * n / m
    return ratio.clamp(max=5)


@weights.mistake(
    en="The ratio of sizes is upside down: many examples in use make the odds too large.",
    zh="样本数之比倒了：使用的样本多，几率是偏大的。",
)
def upside_down(odds, n, m):
    return (odds * m / n).clamp(max=5)


@weights.mistake(
    en="The sizes of both sets are left out: with twice as many examples in use, odds are twice as large.",
    zh="漏了两边的样本数：使用的样本多一倍，几率就大一倍。",
)
def sizes_left_out(odds, n, m):
    return odds.clamp(max=5)


@weights.mistake(
    en="Odds were taken for log odds: no exponential is needed any more.",
    zh="把几率当成了对数几率：不用再取指数了。",
)
def exponential(odds, n, m):
    return (odds.exp() * n / m).clamp(max=5)


@weights.mistake(
    en="No limit: weights above 5 have to become 5.",
    zh="没有上限：大于 5 的要变成 5。",
)
def not_clipped(odds, n, m):
    return odds * n / m


@weights.mistake(
    en="Normalized: weights estimate a ratio of densities, and need not sum to 1.",
    zh="多归一了一步：权重估计的是密度之比，和不必是 1。",
)
def normalized(odds, n, m):
    clipped = (odds * n / m).clamp(max=5)
    return clipped / clipped.sum()


@weights.mistake(
    en="That is a probability: odds are already one probability over the other.",
    zh="这是概率：几率本来就是两个概率之比，不用再换算。",
)
def probability(odds, n, m):
    return (odds / (1 + odds) * n / m).clamp(max=5)


@weights.mistake(
    en="The limit came too early: first correct for the sizes.",
    zh="上限加早了：先改正样本数之比。",
)
def clipped_first(odds, n, m):
    return odds.clamp(max=5) * n / m
