import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def text_to_cut(draw: RandomInputs):
    n, count = draw.size(2, 5), draw.size(2, 5)
    offset, rest = draw.size(0, n - 1), draw.size(0, n - 1)
    return draw.integers(0, 99, offset + n * count + 1 + rest), n, offset, draw.uniform(count).argsort()


@exercise("windows", order=1, zh="随机采样", en="Random sampling", arguments=text_to_cut)
def shuffled_windows(x: Tensor, n: int, offset: int, order: Tensor) -> tuple[Tensor, Tensor]:
    """Cut a text into windows that do not overlap, and return them and their targets in a given order.

    把文本切成互不重叠的窗口，按给定的次序交出窗口和目标。

    Args:
        x: (T,), tokens.
        n: tokens of a window.
        offset: tokens to skip at the beginning. 开头跳过的词元数。
        order: (windows,): order[i] is the number of the window that comes i-th; the windows are all that
            fit with their targets. 第 i 个交出的是编号为 order[i] 的窗口。

    Returns:
        Inputs and targets, (windows, n) each; targets are one token further. 目标比输入晚一个词元。

    >>> shuffled_windows(torch.arange(6), 2, 1, torch.tensor([1, 0]))
    (tensor([[3, 4],
            [1, 2]]), tensor([[4, 5],
            [2, 3]]))
    """
    raise NotImplementedError


@shuffled_windows.solution(
    en="Window i begins at offset + i n. Neighbors in a batch are no neighbors in the text, so the state begins anew "
    "each time.",
    zh="第 i 个窗口从 offset + i·n 开始。同一批里的窗口在文本中并不相邻，所以隐状态每次都要重新初始化。",
)
def shuffled_windows(x, n, offset, order):
    places = (offset + order * n)[:, None] + torch.arange(n)
    return x[places], x[places + 1]


def _windows(x, n, starts):
    places = starts[:, None] + torch.arange(n)
    return x[places], x[places + 1]


@shuffled_windows.mistake(
    en="Windows overlap: the last token of one is the first of the next, so some are trained on twice.",
    zh="窗口有重叠：前一个的最后一个词元又是后一个的第一个，有些词元就训练了两遍。",
)
def overlapping(x, n, offset, order):
    return _windows(x, n, offset + order * (n - 1))


@shuffled_windows.mistake(
    en="The text comes in its own order: the windows were cut right and never shuffled.",
    zh="窗口切对了，却还按原文的次序：没有打乱。",
)
def in_text_order(x, n, offset, order):
    return _windows(x, n, offset + order.sort().values * n)


@shuffled_windows.mistake(
    en="Nothing is skipped at the beginning: every epoch would cut the text at the same places.",
    zh="开头没有跳过：那样每一轮都切在同样的地方。",
)
def nothing_skipped(x, n, offset, order):
    return _windows(x, n, order * n)


@shuffled_windows.mistake(
    en="The order was read the other way round: it says which window comes i-th, not where the i-th window goes.",
    zh="次序读反了：它说的是第 i 个交出哪个窗口，不是第 i 个窗口放到哪里。",
)
def order_inverted(x, n, offset, order):
    return _windows(x, n, offset + order.argsort() * n)


@shuffled_windows.mistake(
    en="At the end of each window the target jumps back to its beginning: the token that really follows stands in the text.",
    zh="每个窗口末尾的目标绕回了窗口开头：真正的下一个词元在原文里。",
)
def targets_in_a_ring(x, n, offset, order):
    inputs = _windows(x, n, offset + order * n)[0]
    return inputs, inputs.roll(-1, 1)
