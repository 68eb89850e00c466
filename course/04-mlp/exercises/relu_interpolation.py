import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "approximation",
    order=1,
    zh="用 ReLU 做分段线性插值",
    en="Piecewise linear interpolation by ReLUs",
    arguments=lambda draw: (draw.uniform(k := draw.size(3, 6)).cumsum(0) + torch.arange(k), draw.normal(k)),
)
def relu_interpolation(places: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Find a sum of ReLUs whose piecewise linear graph goes through given points: f(x) = v0 + sum of s_i relu(x - p_i).

    求一组 ReLU，使分段线性函数 f(x) = v0 + Σ s_i relu(x − p_i) 经过给定的点。

    Args:
        places: (k,), rising. 递增。
        values: (k,) at the places; v0 is values[0].

    Returns:
        The kinks p, (k - 1,), which are the places but for the last, and the changes of slope s, (k - 1,).
        拐点 p 是除最后一个之外的各点；s 是各拐点处斜率的变化。

    >>> relu_interpolation(torch.tensor([0.0, 1.0, 3.0]), torch.tensor([0.0, 1.0, 1.0]))
    (tensor([0., 1.]), tensor([ 1., -1.]))
    """
    raise NotImplementedError


@relu_interpolation.solution(
    en="The first ReLU brings the slope of the first piece, each later one only the change.",
    zh="第一个 ReLU 带来第一段的斜率，之后每个只带来斜率的变化。",
)
def relu_interpolation(places, values):
    slopes = values.diff() / places.diff()
    return places[:-1], torch.cat([slopes[:1], slopes.diff()])


def _line_slopes(places, values):
    return values.diff() / places.diff()


@relu_interpolation.mistake(
    en="These are the slopes of the pieces: each ReLU only adds the change of slope at its kink.",
    zh="这是各段的斜率：每个 ReLU 只带来拐点处斜率的变化。",
)
def slopes_themselves(places, values):
    return places[:-1], _line_slopes(places, values)


@relu_interpolation.mistake(
    en="The first slope is missing: before the first kink the line is flat.",
    zh="漏了第一段的斜率：第一个拐点之前是平的。",
)
def first_missing(places, values):
    s = _line_slopes(places, values)
    return places[:-1], torch.cat([torch.zeros(1), s.diff()])


@relu_interpolation.mistake(
    en="The widths of the pieces are not used: a slope is rise over run.",
    zh="没有用到各段的宽度：斜率是高度差除以宽度。",
)
def widths_forgotten(places, values):
    s = values.diff()
    return places[:-1], torch.cat([s[:1], s.diff()])


@relu_interpolation.mistake(
    en="The kinks sit at the ends of the pieces: a ReLU starts where its piece begins.",
    zh="拐点放在了每段的末端：ReLU 从一段的起点开始。",
)
def kinks_at_the_ends(places, values):
    s = _line_slopes(places, values)
    return places[1:], torch.cat([s[:1], s.diff()])


@relu_interpolation.mistake(en="The changes have the wrong sign.", zh="斜率变化的符号反了。")
def changes_reversed(places, values):
    s = _line_slopes(places, values)
    return places[:-1], torch.cat([s[:1], -s.diff()])
