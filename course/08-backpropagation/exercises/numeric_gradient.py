import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "forward-and-backward",
    order=3,
    zh="用有限差分检查梯度",
    en="Check a gradient by finite differences",
    arguments=lambda draw: (
        draw.normal(draw.size(1, 5)).double(),
        draw.choice((lambda x: (x**2).sum(), lambda x: x.sin().sum() * x.sum(), lambda x: (x.exp()).mean())),
    ),
    tolerance=1e-5,
)
def numeric_gradient(x: Tensor, function) -> Tensor:
    """Find the gradient of a function by central difference quotients; x is float64, take steps of 1e-6.

    用中心差商求函数的梯度；x 是 float64，步长取 1e-6。

    Args:
        x: (n,).
        function: from a tensor like x to a number. 输入与 x 同形，输出一个数。

    >>> numeric_gradient(torch.tensor([3.0], dtype=torch.float64), lambda x: (x**2).sum()).round(decimals=4)
    tensor([6.], dtype=torch.float64)
    """
    raise NotImplementedError


@numeric_gradient.solution(
    en="Move one entry at a time, a step to either side.",
    zh="每次只动一个元素，向两侧各走一步。",
)
def numeric_gradient(x, function, step=1e-6):
    gradient = torch.zeros_like(x)
    for i in range(len(x)):
        move = torch.zeros_like(x)
        move[i] = step
        gradient[i] = (function(x + move) - function(x - move)) / (2 * step)
    return gradient


def _quotients(x, function, divide=2e-6, one_sided=False, together=False):
    out = []
    for i in range(len(x)):
        step = torch.ones_like(x) * 1e-6 if together else torch.eye(len(x), dtype=x.dtype)[i] * 1e-6
        low = function(x) if one_sided else function(x - step)
        out.append((function(x + step) - low) / divide)
    return torch.stack(out)


@numeric_gradient.mistake(
    en="It is twice too large: between both ends lie two steps.", zh="大了一倍：两端之间隔着两个步长。"
)
def one_step_wide(x, function):
    return _quotients(x, function, 1e-6)


@numeric_gradient.mistake(
    en="It is half as large: with a step to one side only, divide by one step.",
    zh="小了一半：只往一侧走一步，就只除以一个步长。",
)
def one_sided_by_two(x, function):
    return _quotients(x, function, 2e-6, one_sided=True)


@numeric_gradient.mistake(
    en="All entries were moved at once: each has a partial derivative of its own.",
    zh="所有元素一起动了：每个元素有各自的偏导数。",
)
def all_at_once(x, function):
    return _quotients(x, function, together=True)


@numeric_gradient.mistake(en="The sign is reversed: ahead minus behind.", zh="符号反了：应当前面减后面。")
def behind_minus_ahead(x, function):
    return -_quotients(x, function)
