import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def cut_chain(draw: RandomInputs):
    steps, p = draw.size(4, 8), draw.number(0.4, 0.8)
    return draw.number(0.4, 1.2), draw.normal(steps, scale=2), draw.uniform(steps) < p, p


@exercise("bptt", order=3, zh="随机截断", en="Random truncation", arguments=cut_chain)
def random_cut_gradient(w: float, h: Tensor, kept: Tensor, p: float) -> float:
    """Backpropagate through time with random cuts: the gradient g = h + w * g, whose second term is kept by chance.

    随机截断的沿时间反向传播：递推 g = h + w · g，其中第二项随机保留。

    Where a step is kept, the second term is scaled, so that its expectation is that of no cut; elsewhere it is 0.
    保留时要放大第二项，使期望与不截断时相同；不保留时第二项为 0。

    Args:
        w: the recurrent weight.
        h: (T,), the state that enters each step; g is 0 before the first. 每一步进来的状态；第一步之前 g = 0。
        kept: (T,), True where a step keeps its second term. 为 True 的步保留第二项。
        p: the probability of True, above 0.

    Returns:
        g after the last step.

    >>> random_cut_gradient(0.5, torch.tensor([1.0, 2.0, 4.0]), torch.tensor([True, True, False]), 0.5)
    4.0
    >>> random_cut_gradient(0.5, torch.tensor([1.0, 2.0, 4.0]), torch.tensor([True, False, True]), 0.5)
    6.0
    """
    raise NotImplementedError


@random_cut_gradient.solution(
    en="What is kept with probability p counts 1/p times: right on average, at the price of more variance.",
    zh="以概率 p 保留的项要按 1/p 倍计：平均起来正确，代价是方差变大。",
)
def random_cut_gradient(w, h, kept, p):
    gradient = 0.0
    for state, keep in zip(h.tolist(), kept.tolist(), strict=True):
        gradient = state + (w * gradient / p if keep else 0.0)
    return gradient


def _cut(w, h, factors, direct=lambda state, factor: state):
    gradient = 0.0
    for state, factor in zip(h.tolist(), [float(f) for f in factors], strict=True):
        gradient = direct(state, factor) + factor * w * gradient
    return gradient


@random_cut_gradient.mistake(
    en="What is kept was made smaller: it has to make up for the times when nothing is kept.",
    zh="保留下来的反而缩小了：它应当补上那些没有保留的时候。",
)
def made_smaller(w, h, kept, p):
    return _cut(w, h, kept * p)


@random_cut_gradient.mistake(
    en="A cut drops the whole step here: the direct term stays in any case, for it needs no step back.",
    zh="截断时把整步都丢了：直接的那一项不用往回走，任何时候都在。",
)
def direct_term_cut(w, h, kept, p):
    return _cut(w, h, kept / p, lambda state, factor: state * factor)


@random_cut_gradient.mistake(
    en="Nothing is scaled: on average long paths count for too little.",
    zh="没有放大：平均起来，长的路径占的分量太小。",
)
def not_scaled(w, h, kept, p):
    return _cut(w, h, kept)


@random_cut_gradient.mistake(
    en="Each step uses the draw of the step before: which entry of `kept` belongs to which state?",
    zh="每一步用的都是上一步的随机数：kept 的哪一个对应哪个状态？",
)
def draw_of_before(w, h, kept, p):
    return _cut(w, h, (kept / p).roll(1))


@random_cut_gradient.mistake(
    en="The average of all draws was used at every step: nothing is ever cut then, only damped.",
    zh="每一步都用了所有随机数的平均：这样根本没有截断，只是整体变弱了。",
)
def average_draw(w, h, kept, p):
    return _cut(w, h, torch.full((len(h),), float(kept.float().mean()) / p))
