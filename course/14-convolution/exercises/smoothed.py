import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "trembling-curves",
    order=1,
    zh="指数移动平均",
    en="Exponential moving average",
    arguments=lambda draw: (draw.normal(draw.size(3, 9)) + 3, draw.number(0.1, 0.95)),
)
def smoothed(values: Tensor, keep: float) -> Tensor:
    """Smooth a curve: each value is `keep` times the smoothed one before it plus the rest of the new one.

    平滑一条曲线：每一点等于前一点的平滑值乘 keep，加上新值乘剩下的部分；从第一个值开始。

    Args:
        values: (n,); the first one is taken as it is. 第一个值照原样。
        keep: between 0 and 1.

    >>> smoothed(torch.tensor([0.0, 4.0, 4.0]), 0.5)
    tensor([0., 2., 3.])
    """
    raise NotImplementedError


@smoothed.solution(
    en="Begin with the first value; each later point goes on from the smoothed one before it.",
    zh="从第一个值开始，之后每一点都接着前一个平滑值。",
)
def smoothed(values, keep):
    curve = [values[0]]
    for value in values[1:]:
        curve.append(keep * curve[-1] + (1 - keep) * value)
    return torch.stack(curve)


def _smooth(values, keep, start):
    out, last = [], start
    for value in values:
        last = keep * last + (1 - keep) * value
        out.append(last)
    return torch.stack(out)


@smoothed.mistake(
    en="It starts from 0: the curve is pulled down at its beginning.", zh="从 0 开始：曲线的开头被拉低了。"
)
def from_zero(values, keep):
    return _smooth(values, keep, torch.zeros(()))


@smoothed.mistake(en="keep and the rest are exchanged.", zh="keep 和剩下的部分弄反了。")
def exchanged_shares(values, keep):
    return _smooth(values, 1 - keep, values[0])


@smoothed.mistake(
    en="The raw value before was taken, not the smoothed one.", zh="用的是前一个原始值，应当用前一个平滑值。"
)
def raw_before(values, keep):
    before = torch.cat([values[:1], values[:-1]])
    return keep * before + (1 - keep) * values


@smoothed.mistake(
    en="The new value is not weighted: the curve grows without bound.", zh="新值没有加权：曲线会越来越大。"
)
def not_weighted(values, keep):
    out = [values[0]]
    for value in values[1:]:
        out.append(keep * out[-1] + value)
    return torch.stack(out)
