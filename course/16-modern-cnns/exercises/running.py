import torch
from torch import Tensor

from d2lab.exercises import exercise

from ._shared import feature_batch


@exercise(
    "batch-norm",
    order=2,
    zh="更新滑动统计量",
    en="Update the running statistics",
    arguments=lambda draw: (*feature_batch(draw), draw.number(-1, 1), draw.number(0.5, 2), draw.number(0.05, 0.9)),
)
def running(x: Tensor, mean: float, variance: float, momentum: float) -> tuple[float, float]:
    """Return the running mean and variance of the first feature after a batch, as torch keeps them.

    看过一批之后，第一个特征的滑动均值和滑动方差（与 torch 一样）。

    Args:
        x: (n, d); only x[:, 0] counts. 只看第一列。
        mean: running mean before.
        variance: running variance before.
        momentum: share of the new.

    >>> running(torch.tensor([[1.0], [3.0]]), 0.0, 1.0, 0.5)
    (1.0, 1.5)
    """
    raise NotImplementedError


@running.solution(
    en="Momentum is the share of the new; the kept variance divides by n − 1.",
    zh="动量是新值的份额；攒下的方差除以 n − 1。",
)
def running(x, mean, variance, momentum):
    feature = x[:, 0]
    new_mean = (1 - momentum) * mean + momentum * feature.mean().item()
    new_variance = (1 - momentum) * variance + momentum * feature.var().item()
    return new_mean, new_variance


def _updated(x, mean, variance, m, correction=1):
    f = x[:, 0]
    return float((1 - m) * mean + m * f.mean()), float((1 - m) * variance + m * f.var(correction=correction))


@running.mistake(
    en="The kept variance divides by n: what is kept divides by n - 1.", zh="攒下的方差除的是 n：应当除以 n − 1。"
)
def biased(x, mean, variance, momentum):
    return _updated(x, mean, variance, momentum, 0)


@running.mistake(en="Momentum is the share of the new, not of the old.", zh="动量是新值的份额，不是旧值的。")
def momentum_of_old(x, mean, variance, momentum):
    return _updated(x, mean, variance, 1 - momentum)


@running.mistake(en="The standard deviation was kept in place of the variance.", zh="存成了标准差，应当是方差。")
def deviation(x, mean, variance, momentum):
    f = x[:, 0]
    return float((1 - momentum) * mean + momentum * f.mean()), float((1 - momentum) * variance + momentum * f.std())


@running.mistake(en="The old values were forgotten.", zh="旧值全忘了。")
def no_memory(x, mean, variance, momentum):
    return float(x[:, 0].mean()), float(x[:, 0].var())
