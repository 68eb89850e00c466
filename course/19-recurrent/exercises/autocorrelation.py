import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def lagged(draw: RandomInputs):
    n = draw.size(4, 9)
    return draw.normal(n, scale=2) + draw.number(), draw.size(1, n - 2)


@exercise("sequences", order=2, zh="自相关", en="Autocorrelation", arguments=lagged)
def autocorrelation(x: Tensor, k: int) -> float:
    """Return how strongly a series goes along with itself k steps later; at k = 0 this would be 1.

    序列与 k 步之后的自己有多相关；k = 0 时应当等于 1。

    Args:
        x: (T,).
        k: 1 or more, below T.

    Returns:
        The sum of products of deviations that are k steps apart, over the sum of all squared deviations.
        相隔 k 步的离差之积求和，除以全部离差平方之和；离差都相对于整段的均值。

    >>> autocorrelation(torch.tensor([1.0, 2.0, 1.0, 2.0]), 1)
    -0.75
    """
    raise NotImplementedError


@autocorrelation.solution(
    en="One mean and one sum of squares, of the whole series; only the products are fewer at larger lags.",
    zh="均值和平方和都用整段序列来算；间隔越大，只是乘积的项数变少。",
)
def autocorrelation(x, k):
    centered = x - x.mean()
    products = centered[:-k] * centered[k:]
    return (products.sum() / centered.square().sum()).item()


def _parts(x, k):
    centered = x - x.mean()
    return centered[:-k] * centered[k:], centered.square().sum()


@autocorrelation.mistake(
    en="This still has the unit of the data squared: in centimeters it would be ten thousand times what it is in meters. "
    "What must it be divided by, to be 1 at lag 0?",
    zh="结果还带着数据单位的平方：换成厘米就变成原来的一万倍。除以什么，才能让间隔为 0 时等于 1？",
)
def covariance(x, k):
    return (_parts(x, k)[0].sum() / len(x)).item()


@autocorrelation.mistake(
    en="The two ends are one step too far apart: count the steps between the first value and its partner.",
    zh="相乘的两个值多隔了一步：数一数第一个值和它的搭档之间有几步。",
)
def one_lag_more(x, k):
    products, squares = _parts(x, k + 1)
    return (products.sum() / squares).item()


@autocorrelation.mistake(
    en="Above the line a mean was taken, below it a sum: both must be the same kind, or the length enters.",
    zh="分子取了平均，分母却是总和：两边要一致，否则结果会随长度变。",
)
def mean_over_sum(x, k):
    products, squares = _parts(x, k)
    return (products.mean() / squares).item()


@autocorrelation.mistake(
    en="The denominator has lost its square: products of two deviations are compared with a single deviation.",
    zh="分母少了平方：拿两个离差的积去和一个离差比，量纲都不同。",
)
def over_root(x, k):
    products, squares = _parts(x, k)
    return (products.sum() / squares.sqrt()).item()


@autocorrelation.mistake(
    en="All products count as agreement here: where one value is above the mean and its partner below, they disagree.",
    zh="所有乘积都当成了同向：一个在均值之上、另一个在均值之下时，说明它们方向相反。",
)
def without_signs(x, k):
    products, squares = _parts(x, k)
    return (products.abs().sum() / squares).item()
