import torch
from torch import Tensor

from d2lab.exercises import exercise

from ._shared import large_logits


@exercise("overflow", order=1, zh="不溢出的 softmax", en="A softmax that does not overflow", arguments=large_logits)
def safe_softmax(logits: Tensor) -> Tensor:
    """Return the softmax of each row, for scores of any size; without torch.softmax.

    对任意大小的得分，求每一行的 softmax；不用 torch.softmax。

    Args:
        logits: (n, classes), float32.

    >>> safe_softmax(torch.tensor([[1000.0, 1000.0]]))
    tensor([[0.5000, 0.5000]])
    """
    raise NotImplementedError


@safe_softmax.solution(
    en="Take each row's largest score out: the ratios stay, and the largest exponential is 1.",
    zh="每一行减去自己的最大值：比值不变，最大的指数是 1，再也不会溢出。",
)
def safe_softmax(logits):
    positive = (logits - logits.max(dim=1, keepdim=True).values).exp()
    return positive / positive.sum(dim=1, keepdim=True)


@safe_softmax.mistake(
    en="exp overflows above 88 and all become 0 below -104: nan comes out. What may be subtracted from a row?",
    zh="大于 88 时 exp 溢出，小于 -104 时全变成 0：结果是 nan。从一行里可以减去什么而不改变结果？",
)
def plain(logits):
    return logits.exp() / logits.exp().sum(1, keepdim=True)


@safe_softmax.mistake(
    en="The largest score was taken out of the numerator alone: the rows no longer add up to 1.",
    zh="只在分子里减了最大值：每行加起来不再是 1。",
)
def numerator_alone(logits):
    top = logits.max(1, keepdim=True).values
    return (logits - top).exp() / logits.exp().sum(1, keepdim=True)


@safe_softmax.mistake(
    en="Scores were cut off at 80: those above become equal, which they are not.",
    zh="得分在 80 处截断了：超过的都变得一样，而它们并不一样。",
)
def cut_off(logits):
    cut = logits.clamp(-80, 80)
    return cut.exp() / cut.exp().sum(1, keepdim=True)


@safe_softmax.mistake(
    en="Something small was added below the line: 0 / 1e-9 is no probability.",
    zh="在分母上加了一个很小的数：0 / 1e-9 并不是概率。",
)
def small_number_below(logits):
    return logits.exp() / (logits.exp().sum(1, keepdim=True) + 1e-9)


@safe_softmax.mistake(en="The columns add up to 1, not the rows.", zh="加起来是 1 的是列，不是行。")
def of_columns(logits):
    return logits.softmax(0)
