import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def next_token(draw: RandomInputs):
    return draw.normal(draw.size(3, 7), scale=1.5).softmax(0), draw.number(0.3, 0.97)


@exercise("sampling", order=2, zh="top-p：核采样", en="Top-p, or nucleus sampling", arguments=next_token)
def nucleus(p: Tensor, t: float) -> Tensor:
    """Keep the fewest tokens, from the likeliest on, whose probabilities reach t together; return their distribution.

    从最可能的词元开始，取最少的几个，使概率之和达到 t；给出它们的分布，其余为 0。

    Args:
        p: (size,), probabilities of the next token.
        t: above 0 and below 1.

    Returns:
        (size,): 0 for what is not kept; the rest sums to 1. 没取的为 0，其余加起来为 1。

    >>> nucleus(torch.tensor([0.25, 0.5, 0.125, 0.125]), 0.75)
    tensor([0.3333, 0.6667, 0.0000, 0.0000])
    """
    raise NotImplementedError


@nucleus.solution(
    en="A token is kept while what stands before it has not reached t; so the one that crosses t is kept, and there is "
    "always one.",
    zh="只要排在它前面的概率之和还没到 t，就取它；所以越过 t 的那个词元也在内，至少总有一个。",
)
def nucleus(p, t):
    values, order = p.sort(descending=True)
    before = values.cumsum(dim=0) - values
    kept = torch.zeros_like(p)
    kept[order] = torch.where(before < t, values, 0.0)
    return kept / kept.sum()


def _kept(p, keep, descending=True):
    values, order = p.sort(descending=descending)
    found = torch.zeros_like(p)
    found[order] = torch.where(keep(values.cumsum(0), values), values, 0.0)
    return found


@nucleus.mistake(
    en="The token that crosses the threshold was dropped: without it the kept ones have not reached it.",
    zh="越过阈值的那个词元被丢了：少了它，留下的还没有达到阈值。",
)
def crossing_dropped(p, t):
    first = torch.arange(len(p)) == 0
    kept = _kept(p, lambda total, values: (total <= t) | first)
    return kept / kept.sum()


@nucleus.mistake(
    en="The rest must share what the dropped ones had: these don't sum to one.",
    zh="丢掉的概率应当由留下的分掉：这里加起来不是一。",
)
def not_shared_out(p, t):
    return _kept(p, lambda total, values: total - values < t)


@nucleus.mistake(
    en="It was collected from the least likely end: the tail is what top-p is to cut off.",
    zh="从最不可能的一头开始取了：top-p 要砍掉的正是尾巴。",
)
def tail_kept(p, t):
    kept = _kept(p, lambda total, values: total - values < t, descending=False)
    return kept / kept.sum()


@nucleus.mistake(
    en="The probabilities come back sorted: each must stand at the place of its token again.",
    zh="概率按大小排着就交回来了：每个都要放回自己词元的位置。",
)
def still_sorted(p, t):
    values = p.sort(descending=True).values
    kept = torch.where(values.cumsum(0) - values < t, values, 0.0)
    return kept / kept.sum()


@nucleus.mistake(
    en="When the likeliest token alone exceeds the threshold, none is left: nothing could be drawn.",
    zh="最可能的词元自己就超过阈值时，一个也没剩下：那就没有可抽的了。",
)
def maybe_none(p, t):
    kept = _kept(p, lambda total, values: total <= t)
    return kept / kept.sum().clamp(min=1e-12)
