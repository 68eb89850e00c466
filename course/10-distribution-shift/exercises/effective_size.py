import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def some_weights(draw: RandomInputs):
    count = draw.size(2, 6)
    some = draw.uniform(count, high=4) * draw.integers(0, 1, count)
    return (some * draw.choice([0, 1, 1, 1]),)


@exercise("covariate-shift", order=2, zh="有效样本数", en="The effective sample size", arguments=some_weights)
def effective_size(w: Tensor) -> Tensor:
    """Return the effective sample size of weights: as many equally weighted examples give a mean as precise.

    求权重的有效样本数：多少个等权重的样本，平均起来一样准。

    Args:
        w: (examples), 0 or more; 0 is effective where all are 0. 不小于 0；全是 0 时有效样本数为 0。

    >>> effective_size(torch.tensor([1 / 3, 1 / 3, 1 / 3, 3.0])), effective_size(torch.zeros(2))
    (tensor(1.7143), tensor(0.))
    """
    raise NotImplementedError


@effective_size.solution(
    en="The variance of a weighted mean is the sum of squares over the squared sum; a plain mean has one over its size. "
    "All zeros would be 0 over 0, so they are met first.",
    zh="加权平均的方差是平方和除以和的平方；普通平均是样本数分之一。全是 0 会成 0 除以 0，所以先处理。",
)
def effective_size(w):
    if not w.any():
        return torch.tensor(0.0)
    squares = w.square().sum()
    return w.sum().square() / squares


def _of(w, size):
    return size(w) if w.any() else torch.tensor(0.0)


@effective_size.mistake(
    en="The sum is not squared: doubled weights would then change the size.",
    zh="和没有平方：权重都加倍，有效样本数不该变。",
)
def sum_not_squared(w):
    return _of(w, lambda w: w.sum() / w.square().sum())


@effective_size.mistake(
    en="Upside down: the more unequal the weights, the smaller the size, and never below 1.",
    zh="上下颠倒了：权重越不均匀，有效样本越少，但不会小于 1。",
)
def upside_down(w):
    return _of(w, lambda w: w.square().sum() / w.sum().square())


@effective_size.mistake(
    en="A mean in place of a sum: this is the share that is effective, not the number.",
    zh="该求和的取了平均：这是有效的份额，不是个数。",
)
def share(w):
    return _of(w, lambda w: w.mean().square() / w.square().mean())


@effective_size.mistake(
    en="All weights 0 gives 0 over 0: say 0.",
    zh="权重全为 0 时是 0 除以 0：应当返回 0。",
)
def zero_over_zero(w):
    return w.sum().square() / w.square().sum()


@effective_size.mistake(
    en="These are the examples that count at all: a large weight should leave less of them.",
    zh="这是权重不为 0 的个数：有的权重大，有效的还要更少。",
)
def all_that_count(w):
    return (w > 0).sum().float()


@effective_size.mistake(
    en="A root too many: variances are compared, not standard deviations.",
    zh="多开了一次方：比较的是方差，不是标准差。",
)
def root(w):
    return _of(w, lambda w: w.sum() / w.square().sum().sqrt())
