import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise

from ._shared import distributions


def hidden_chain(draw: RandomInputs):
    states, symbols = draw.size(2, 4), draw.size(2, 4)
    model = distributions(draw, 1, states)[0], distributions(draw, states, states), distributions(draw, states, symbols)
    return (*model, draw.integers(0, symbols - 1, draw.size(2, 6)))


@exercise(
    "markov-and-latent", order=3, zh="隐马尔可夫模型的前向算法", en="The forward algorithm", arguments=hidden_chain
)
def hidden_log_likelihood(start: Tensor, P: Tensor, E: Tensor, x: Tensor) -> float:
    """Return the log-probability of what a hidden Markov model shows: sum over all paths of hidden states.

    隐马尔可夫模型产生观测序列 x 的对数概率：对所有隐状态路径求和。

    Args:
        start: (k,), probabilities of the first hidden state. 第一个隐状态的概率。
        P: (k, k), row i: what follows hidden state i. 第 i 行：从隐状态 i 转出的概率。
        E: (k, s), row i: what hidden state i shows. 第 i 行：隐状态 i 产生各观测的概率。
        x: (T,), what was observed, 0 to s - 1. 观测到的序列。

    >>> half = torch.full((2, 2), 0.5)
    >>> E = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> round(hidden_log_likelihood(torch.tensor([1.0, 0.0]), half, E, torch.tensor([0, 1])), 4)
    -0.6931
    """
    raise NotImplementedError


@hidden_log_likelihood.solution(
    en="Carry the joint probability of the past and the present hidden state: a step, then what that state shows. "
    "It costs $Tk^2$ in place of $k^T$ paths.",
    zh="一路带着“到现在为止的观测，加上当前隐状态”的联合概率：先转移，再乘当前观测的概率。代价是 $Tk^2$，而不是 $k^T$ 条路径。",
)
def hidden_log_likelihood(start, P, E, x):
    joint = start * E[:, x[0]]
    for symbol in x[1:]:
        joint = (joint @ P) * E[:, symbol]
    return joint.sum().log().item()


def _forward(joint, P, E, x):
    for symbol in x:
        joint = (joint @ P) * E[:, symbol]
    return float(joint.sum().log())


@hidden_log_likelihood.mistake(
    en="The steps go backward: which index of P is the state that one leaves?",
    zh="转移走反了：P 的哪个下标是出发的状态？",
)
def transposed(start, P, E, x):
    return _forward(start * E[:, x[0]], P.T, E, x[1:])


@hidden_log_likelihood.mistake(
    en="A step is taken before anything is shown: `start` is the distribution of the state that shows the first symbol.",
    zh="还没产生观测就先走了一步：start 就是产生第一个观测的那个状态的分布。",
)
def step_first(start, P, E, x):
    return _forward(start, P, E, x)


@hidden_log_likelihood.mistake(
    en="Each step was normalized, which is good against underflow, but what was divided out is lost: only the last "
    "factor is left.",
    zh="每步都归一化，能防止下溢，可是除掉的因子丢了：最后只剩最末一个因子。",
)
def factors_lost(start, P, E, x):
    joint = start * E[:, x[0]]
    for symbol in x[1:]:
        joint = ((joint / joint.sum()) @ P) * E[:, symbol]
    return float(joint.sum().log())


@hidden_log_likelihood.mistake(
    en="The symbol is one step behind: after a move, the state that was reached shows something, not the one that was left.",
    zh="观测慢了一步：转移之后，是到达的状态产生观测，不是离开的那个。",
)
def symbol_of_before(start, P, E, x):
    return _forward(start * E[:, x[0]], P, E, x[:-1])


@hidden_log_likelihood.mistake(
    en="The last symbol was never looked at: is the loop one short?",
    zh="最后一个观测没有用上：循环是不是少了一次？",
)
def last_missing(start, P, E, x):
    return _forward(start * E[:, x[0]], P, E, x[1:-1])
