import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise

from ._shared import distributions


def chain_and_beam(draw: RandomInputs):
    size = draw.size(3, 5)
    return distributions(draw, size, size), draw.size(2, 3), draw.size(2, 4)


@exercise("sampling", order=3, zh="束搜索", en="Beam search", arguments=chain_and_beam)
def beam_search(P: Tensor, k: int, n: int) -> list[int]:
    """Find a probable sequence of n tokens after token 0, keeping the k best beginnings after each step.

    从词元 0 出发，找一个概率大的 n 个词元的序列；每一步之后保留最好的 k 个开头。

    Args:
        P: (size, size), row i: the probabilities of what follows token i. 第 i 行：词元 i 之后的概率。
        k: beam width, 1 or more. 束宽。
        n: tokens to add.

    Returns:
        The n tokens of the best sequence found, without the 0 at the beginning. 不含开头的 0。

    >>> P = torch.tensor([[0.0, 0.6, 0.4], [0.4, 0.3, 0.3], [0.0, 0.1, 0.9]])
    >>> beam_search(P, 1, 2), beam_search(P, 2, 2)
    ([1, 0], [2, 2])
    """
    raise NotImplementedError


@beam_search.solution(
    en="All continuations of all kept beginnings compete; the score is the product along the path, and only k survive. "
    "With k = 1 it is greedy search.",
    zh="所有留下的开头，连同各自的所有接法，放在一起比；分数是沿途概率的乘积，只留 k 个。k = 1 就是贪心搜索。",
)
def beam_search(P, k, n):
    beams = [([0], 1.0)]
    for _ in range(n):
        longer = [
            ([*tokens, new], score * p) for tokens, score in beams for new, p in enumerate(P[tokens[-1]].tolist())
        ]
        beams = sorted(longer, key=lambda beam: -beam[1])[:k]
    return beams[0][0][1:]


def _search(P, k, n, score=lambda old, p: old * p, start=1.0, sign=-1):
    beams = [([0], start)]
    for _ in range(n):
        longer = [([*t, new], score(s, p)) for t, s in beams for new, p in enumerate(P[t[-1]].tolist())]
        beams = sorted(longer, key=lambda beam: sign * beam[1])[:k]
    return beams[0][0][1:]


@beam_search.mistake(
    en="Probabilities along a path were added: all tokens of a sequence must come, so what does one do with theirs?",
    zh="把一路上的概率加了起来：序列里的词元要全部出现，它们的概率该怎么合起来？",
)
def probabilities_added(P, k, n):
    return _search(P, k, n, lambda old, p: old + p, 0.0)


@beam_search.mistake(
    en="The worst beginnings were kept: in which direction did you sort?",
    zh="留下的是最差的开头：排序的方向对吗？",
)
def worst_kept(P, k, n):
    return _search(P, k, n, sign=1)


@beam_search.mistake(
    en="Only the newest token's probability is the score: what a beginning has cost so far is forgotten.",
    zh="分数只看最新的词元：之前一路的概率都忘了。",
)
def past_forgotten(P, k, n):
    return _search(P, k, n, lambda old, p: p)


@beam_search.mistake(
    en="Only one beginning is carried: a beginning that is second now may win later, and this can't find it.",
    zh="只带了一个开头：现在排第二的以后可能反超，这样就找不到它了。",
)
def greedy(P, k, n):
    return _search(P, 1, n)


@beam_search.mistake(
    en="The sequence is one token short: does the given 0 count among the n?",
    zh="序列少了一个词元：给定的 0 算在 n 个里面吗？",
)
def one_short(P, k, n):
    return _search(P, k, n - 1)
