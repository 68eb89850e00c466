import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "forward-and-backward",
    order=2,
    zh="穿过 ReLU",
    en="Backward through a ReLU",
    arguments=lambda draw: (draw.normal(n := draw.size(3, 8)), draw.normal(n)),
)
def relu_backward(before: Tensor, slope: Tensor) -> Tensor:
    """Hand the slope behind a ReLU on to what went into it.

    把 ReLU 之后的斜率传给它的输入。

    Args:
        before: (n,), what went in. ReLU 的输入。
        slope: (n,), dL/d(output).

    >>> relu_backward(torch.tensor([-1.0, 2.0]), torch.tensor([5.0, 7.0]))
    tensor([0., 7.])
    """
    raise NotImplementedError


@relu_backward.solution(
    en="What came in above 0 lets the slope through; the rest stops it.",
    zh="输入大于 0 的地方原样通过，其余挡住。",
)
def relu_backward(before, slope):
    return slope * (before > 0)


@relu_backward.mistake(
    en="The ReLU was applied to the slope: its sign is no matter, that of the input is.",
    zh="对斜率做了 ReLU：要看的是输入的符号，不是斜率的。",
)
def relu_of_slope(before, slope):
    return slope.relu()


@relu_backward.mistake(
    en="The input was multiplied in: a ReLU's own slope is 1 or 0.", zh="乘上了输入的值：ReLU 自己的斜率是 1 或 0。"
)
def times_input(before, slope):
    return slope * before.relu()


@relu_backward.mistake(en="The mask is the wrong way round.", zh="掩码反了。")
def reversed_mask(before, slope):
    return slope * (before <= 0)


@relu_backward.mistake(
    en="Everything passes: where the input was below 0 nothing should.", zh="全都放过去了：输入小于 0 的地方应当挡住。"
)
def all_pass(before, slope):
    return slope
