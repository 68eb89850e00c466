import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def walk(draw: RandomInputs):
    k = draw.size(2, 5)
    return draw.integers(0, k - 1, draw.size(4, 12)), k


@exercise("markov-and-latent", order=1, zh="数出转移概率", en="Transition probabilities by counting", arguments=walk)
def transition_matrix(x: Tensor, k: int) -> Tensor:
    """Estimate by counting with which probability each state follows each other one.

    数一数，估计从每个状态转到另一个状态的概率。

    Args:
        x: (T,), states 0 to k - 1, in order of time. 按时间排列的状态。
        k: number of states.

    Returns:
        (k, k): in row i the probabilities of what follows i; a row of 1/k where i was never left.
        第 i 行是 i 之后各状态的概率；从没离开过的状态，那一行都是 1/k。

    >>> transition_matrix(torch.tensor([0, 1, 0, 0]), 2)
    tensor([[0.5000, 0.5000],
            [1.0000, 0.0000]])
    """
    raise NotImplementedError


@transition_matrix.solution(
    en="Count pairs of neighbors; each row is divided by its own sum. What was never seen tells nothing: all alike.",
    zh="数相邻的一对对状态，每一行除以自己的和。没见过的状态什么也说明不了，就当各种可能一样大。",
)
def transition_matrix(x, k):
    counts = torch.zeros(k, k)
    for before, after in zip(x[:-1].tolist(), x[1:].tolist(), strict=True):
        counts[before, after] += 1
    totals = counts.sum(dim=1, keepdim=True)
    return torch.where(totals > 0, counts / totals.clamp(min=1), 1 / k)


def _counts(x, y, k):
    return torch.bincount(x * k + y, minlength=k * k).view(k, k).float()


def _shares(counts, axis):
    totals = counts.sum(axis, keepdim=True)
    return torch.where(totals > 0, counts / totals.clamp(min=1), 1 / len(counts))


@transition_matrix.mistake(
    en="These are counts: a text twice as long would give numbers twice as large, and no row adds up to one.",
    zh="这还是次数：文本长一倍，数就大一倍，各行加起来也不是 1。",
)
def counts_only(x, k):
    return _counts(x[:-1], x[1:], k)


@transition_matrix.mistake(
    en="It was divided along the other axis: this says where a state was reached from, and not where it leads.",
    zh="除错了方向：这说的是某个状态从哪里来，而不是往哪里去。",
)
def by_columns(x, k):
    return _shares(_counts(x[:-1], x[1:], k), 0)


@transition_matrix.mistake(
    en="The text was closed to a ring: the last state is counted as if the first one followed it.",
    zh="把序列接成了一个圈：最后一个状态后面并没有接着第一个状态。",
)
def as_a_ring(x, k):
    return _shares(_counts(x, x.roll(-1), k), 1)


@transition_matrix.mistake(
    en="A state that was never left has a row that is no distribution. Having seen nothing is not the same as "
    "having seen that nothing follows.",
    zh="从没离开过的状态，那一行不是概率分布。没有观测到，不等于观测到了“不会发生”。",
)
def empty_rows_zero(x, k):
    counts = _counts(x[:-1], x[1:], k)
    return counts / counts.sum(1, keepdim=True).clamp(min=1)


@transition_matrix.mistake(
    en="Before and after are exchanged: this is the table of the series read from its end.",
    zh="前后两个状态对调了：这是把序列倒着读得到的表。",
)
def read_backward(x, k):
    return _shares(_counts(x[1:], x[:-1], k), 1)
