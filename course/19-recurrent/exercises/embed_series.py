import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def series(draw: RandomInputs):
    tau = draw.size(1, 4)
    return draw.normal(tau + draw.size(0, 5)), tau


@exercise("sequences", order=1, zh="把序列变成样本", en="Turn a series into samples", arguments=series)
def embed_series(x: Tensor, tau: int) -> tuple[Tensor, Tensor]:
    """Return features and targets for predicting each value from the tau values before it.

    用前 tau 个值预测下一个值：给出特征和目标。

    Args:
        x: (T,), in order of time; T is at least tau. 按时间排列，T 不小于 tau。
        tau: 1 or more.

    Returns:
        Features (T - tau, tau), the oldest value first, and targets (T - tau,). 特征里最早的值在最前面。

    >>> embed_series(torch.tensor([1.0, 2.0, 3.0, 4.0]), 2)
    (tensor([[1., 2.],
            [2., 3.]]), tensor([3., 4.]))
    """
    raise NotImplementedError


@embed_series.solution(
    en="There are $T - \\tau + 1$ windows; the last one has no value behind it, so it is no sample. "
    "With $\\tau = T$ nothing is left.",
    zh="窗口有 $T - \\tau + 1$ 个，最后一个后面没有值，不能当样本。$\\tau = T$ 时一个样本也没有。",
)
def embed_series(x, tau):
    windows = x.unfold(0, tau, 1)
    return windows[:-1], x[tau:]


@embed_series.mistake(
    en="Each target is already the last entry of its own window: nothing is left to predict, a copy is enough.",
    zh="目标就是自己窗口里的最后一个值：抄一遍就行，根本没有在预测。",
)
def target_inside(x, tau):
    return x.unfold(0, tau, 1)[:-1], x[tau - 1 : -1]


@embed_series.mistake(
    en="Samples lie along the columns: the first axis is for the samples, as in every table of data.",
    zh="样本排在了列上：和所有数据表一样，第一个轴应当是样本。",
)
def samples_in_columns(x, tau):
    return x.unfold(0, tau, 1)[:-1].T, x[tau:]


@embed_series.mistake(
    en="The windows run backward in time: the newest value comes first here, and weights would belong to other lags.",
    zh="窗口里时间是倒着的：最新的值排在最前，学到的权重就对错了时刻。",
)
def newest_first(x, tau):
    return x.unfold(0, tau, 1)[:-1].flip(1), x[tau:]


@embed_series.mistake(
    en="The right pieces are handed back in the wrong places: which of them does the model read, and which predict?",
    zh="两样东西都对，交回来的位置反了：模型读的是哪个，要预测的是哪个？",
)
def exchanged(x, tau):
    return x[tau:], x.unfold(0, tau, 1)[:-1]


@embed_series.mistake(
    en="The beginning was filled up with zeros so that every step has a sample: nobody ever observed those zeros.",
    zh="为了让每个时刻都有样本，开头补了零：这些零从来没有被观测到过。",
)
def filled_with_zeros(x, tau):
    return torch.cat([torch.zeros(tau), x]).unfold(0, tau, 1)[:-1], x
