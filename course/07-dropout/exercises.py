"""Exercises of chapter 7: dropout."""

import torch  # noqa: F401 (the examples use it)
from torch import Tensor

from d2lab.exercises import Draw, exercise


def masked(draw: Draw):
    n, d = draw.size(2, 5), draw.size(2, 6)
    return draw.normal(n, d), draw.uniform(n, d), draw.number(0.1, 0.8)


@exercise("dropout", zh="用给定的随机数做 dropout", en="Dropout from given luck", arguments=masked)
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


@exercise(
    "dropout",
    zh="dropout 带来的方差",
    en="The variance of dropout",
    arguments=lambda d: (d.number(-3, 3), d.number(0.05, 0.9)),
)
def dropout_variance(x: float, p: float) -> float:
    """Return the variance of a value behind dropout, scaled ones kept.

    一个数经过 dropout（留下时放大）之后的方差。

    Args:
        x: the value.
        p: share that is dropped.

    >>> dropout_variance(2.0, 0.5)
    4.0
    """
    raise NotImplementedError


@dropout_variance.mistake(
    en="The scaling is missing: kept values are x / (1 - p).", zh="没有算放大：留下的值是 x / (1 − p)。"
)
def unscaled(x, p):
    return x**2 * p * (1 - p)


@dropout_variance.mistake(en="This is the deviation, the root of the variance.", zh="这是标准差，不是方差。")
def deviation(x, p):
    return abs(x) * (p / (1 - p)) ** 0.5


@dropout_variance.mistake(en="p and 1 - p are exchanged.", zh="p 与 1 − p 弄反了。")
def exchanged(x, p):
    return x**2 * (1 - p) / p


@dropout_variance.mistake(
    en="This is the mean square; the square of the mean has to be taken off.", zh="这是平方的平均，还要减去平均的平方。"
)
def mean_square(x, p):
    return x**2 / (1 - p)


@exercise(
    "dropout",
    zh="等价的惩罚",
    en="The penalty that dropout is",
    arguments=lambda d: (d.normal(n := d.size(3, 7), k := d.size(2, 4)), d.normal(k), d.normal(n), d.number(0.1, 0.7)),
)
def expected_loss(inputs: Tensor, weights: Tensor, targets: Tensor, p: float) -> Tensor:
    """Return the mean squared error of a linear model, averaged over all masks of dropout on its inputs.

    输入上有 dropout 的线性模型，均方误差对所有掩码的期望。

    Args:
        inputs: (n, d).
        weights: (d,).
        targets: (n,).
        p: share that is dropped.

    >>> expected_loss(torch.tensor([[1.0]]), torch.tensor([2.0]), torch.tensor([2.0]), 0.5)
    tensor(4.)
    """
    raise NotImplementedError


def _parts(inputs, weights, targets):
    return ((inputs @ weights - targets) ** 2).mean(), (inputs**2 @ weights**2).mean()


@expected_loss.mistake(
    en="The noise adds something: a square has a higher mean than the square of a mean.",
    zh="噪声会多出一项：平方的平均大于平均的平方。",
)
def no_noise(inputs, weights, targets, p):
    return _parts(inputs, weights, targets)[0]


@expected_loss.mistake(en="p and 1 - p are exchanged in the added term.", zh="多出的那一项里 p 与 1 − p 弄反了。")
def odds_reversed(inputs, weights, targets, p):
    loss, extra = _parts(inputs, weights, targets)
    return loss + (1 - p) / p * extra


@expected_loss.mistake(
    en="The added term is a plain L2 penalty: the sizes of the features belong into it.",
    zh="多出的那一项成了普通的 L2：还应当有特征的大小。",
)
def plain_l2(inputs, weights, targets, p):
    return _parts(inputs, weights, targets)[0] + p / (1 - p) * (weights**2).sum()


@expected_loss.mistake(
    en="The noise was taken as one for all features: variances of independent masks add up, feature by feature.",
    zh="把噪声当成所有特征共用一个：各特征的掩码独立，方差逐项相加。",
)
def one_mask(inputs, weights, targets, p):
    return _parts(inputs, weights, targets)[0] + p / (1 - p) * ((inputs @ weights) ** 2).mean()
