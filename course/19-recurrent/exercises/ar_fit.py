import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def long_series(draw: RandomInputs):
    tau = draw.size(2, 3)
    return (draw.normal(4 * tau + draw.size(4, 10)) + draw.number()).double(), tau


@exercise("sequences", order=3, zh="拟合自回归模型", en="Fit an autoregression", arguments=long_series)
def ar_fit(x: Tensor, tau: int) -> Tensor:
    """Return the least-squares weights that predict each value from the tau values before it, and a bias.

    用最小二乘求自回归的权重和偏置：每个值由它前面的 tau 个值预测。

    Args:
        x: (T,), float64, much longer than tau. 长度远大于 tau。
        tau: 1 or more.

    Returns:
        (tau + 1,): the weight of the oldest value first, the bias last. 最早那个值的权重在最前，偏置在最后。

    >>> x = torch.tensor([1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0], dtype=torch.float64)  # Fibonacci
    >>> [abs(round(v, 4)) for v in ar_fit(x, 2).tolist()]
    [1.0, 1.0, 0.0]
    """
    raise NotImplementedError


@ar_fit.solution(
    en="Windows of tau values are rows of a table, a column of ones stands for the bias; then it is linear regression.",
    zh="每 tau 个值的窗口是表里的一行，再添一列 1 作偏置，剩下的就是线性回归。",
)
def ar_fit(x, tau):
    features = x.unfold(0, tau, 1)[:-1]
    ones = torch.ones(len(features), 1, dtype=x.dtype)
    return torch.linalg.lstsq(torch.cat([features, ones], dim=1), x[tau:]).solution


def _fitted(features, targets):
    ones = torch.ones(len(features), 1, dtype=features.dtype)
    return torch.linalg.lstsq(torch.cat([features, ones], 1), targets).solution


@ar_fit.mistake(
    en="The weights are right and stand in reverse: here the first belongs to the most recent value.",
    zh="权重的值对，次序反了：这里第一个权重对应的是最近的值。",
)
def newest_first(x, tau):
    return _fitted(x.unfold(0, tau, 1)[:-1].flip(1), x[tau:])


@ar_fit.mistake(
    en="A step is skipped: these weights predict the value after the next one.",
    zh="跳过了一步：这些权重预测的是下下个值。",
)
def two_steps_ahead(x, tau):
    return _fitted(x.unfold(0, tau, 1)[:-2], x[tau + 1 :])


@ar_fit.mistake(
    en="The fit is forced through the origin: a series that swings around 20 °C can't be predicted well from deviations "
    "that nobody took.",
    zh="拟合被迫经过原点：序列若在 20 ℃ 附近波动，又没有减去均值，这样就拟合不好。",
)
def no_bias(x, tau):
    weights = torch.linalg.lstsq(x.unfold(0, tau, 1)[:-1], x[tau:]).solution
    return torch.cat([weights, torch.zeros(1, dtype=x.dtype)])


@ar_fit.mistake(
    en="Time runs backward: these weights explain a value by what came after it.",
    zh="时间反了：这些权重是用后来的值去解释前面的值。",
)
def backward(x, tau):
    return ar_fit.worked.candidate(x.flip(0), tau)


@ar_fit.mistake(
    en="The window already contains the value that is to be predicted: the fit finds that, and copies it.",
    zh="窗口里已经有要预测的那个值：拟合发现了这一点，照抄就得满分。",
)
def sees_its_target(x, tau):
    return _fitted(x.unfold(0, tau, 1), x[tau - 1 :])
