import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def accuracies_and_days(draw: RandomInputs):
    days = draw.size(4, 6)
    return draw.uniform(days), draw.choice([1, 2, 3, days + 2])


@exercise(
    "label-and-concept-shift",
    order=3,
    zh="窗口里的平均",
    en="A mean in a window",
    arguments=accuracies_and_days,
)
def window_mean(acc: Tensor, k: int) -> Tensor:
    """Return for each day the mean accuracy of the last k days, that day included; of all days where there are fewer.

    对每一天，求最近 k 天（含当天）准确率的平均；不够 k 天，就取已有的各天。

    Args:
        acc: (days), accuracy of each day. 每天的准确率。
        k: days in the window, 1 or more. 窗口的天数，至少 1。

    >>> window_mean(torch.tensor([1.0, 0.0, 0.5, 0.5]), 2)
    tensor([1.0000, 0.5000, 0.2500, 0.5000])
    """
    raise NotImplementedError


def _windows(acc, k, mean=lambda part, k: part.mean()):
    return torch.stack([mean(acc[max(0, day + 1 - k) : day + 1], k) for day in range(len(acc))])


@window_mean.solution(
    en="The window of day t goes from t - k + 1, or from the first day, to t.",
    zh="第 t 天的窗口从 t - k + 1（或第一天）到 t。",
)
def window_mean(acc, k):
    means = []
    for day in range(len(acc)):
        first = max(0, day - k + 1)
        means.append(acc[first : day + 1].mean())
    return torch.stack(means)


@window_mean.mistake(
    en="The window has a day too many: from t - k to t there are k + 1 days.",
    zh="窗口多了一天：从 t - k 到 t 共 k + 1 天。",
)
def a_day_too_many(acc, k):
    return _windows(acc, k + 1)


@window_mean.mistake(
    en="Divided by k on the first days, too: there the window holds fewer days.",
    zh="头几天也除以 k：那时窗口里还不到 k 天。",
)
def always_by_k(acc, k):
    return _windows(acc, k, lambda part, k: part.sum() / k)


@window_mean.mistake(
    en="The mean of all days so far: old days must leave the window.",
    zh="这是从第一天起的平均：旧的日子应该移出窗口。",
)
def nothing_leaves(acc, k):
    return _windows(acc, len(acc))


@window_mean.mistake(
    en="The window looks ahead: on day t the accuracy of the days after it is not known yet.",
    zh="窗口往后看了：第 t 天还不知道以后的准确率。",
)
def looks_ahead(acc, k):
    return _windows(acc.flip(0), k).flip(0)


@window_mean.mistake(
    en="The sum in the window is not yet its mean: divide by the days in it.",
    zh="窗口里的和还不是平均：要除以其中的天数。",
)
def sums(acc, k):
    return _windows(acc, k, lambda part, k: part.sum())
