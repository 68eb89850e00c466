import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise

from ._shared import distributions


def chain(draw: RandomInputs):
    k = draw.size(2, 5)
    return (distributions(draw, k, k).double(),)


@exercise("markov-and-latent", order=2, zh="平稳分布", en="The stationary distribution", arguments=chain)
def stationary_distribution(P: Tensor) -> Tensor:
    """Return the distribution over states that one more step of the chain leaves as it is.

    求平稳分布：再走一步，各状态的概率不变。

    Args:
        P: (k, k), float64, in row i the probabilities of what follows i; all above 0.
            第 i 行是从 i 出发的转移概率，都大于 0。

    Returns:
        (k,), probabilities.

    >>> P = torch.tensor([[0.9, 0.1], [0.5, 0.5]], dtype=torch.float64)
    >>> [round(v, 4) for v in stationary_distribution(P).tolist()]
    [0.8333, 0.1667]
    """
    raise NotImplementedError


@stationary_distribution.solution(
    en="$\\pi P = \\pi$ has one equation too few; that the sum is 1 takes the place of one of them. "
    "A high power of P has $\\pi$ in every row.",
    zh="$\\pi P = \\pi$ 里有一个方程是多余的，换成“总和为 1”即可。P 的高次幂，每一行也都是 $\\pi$。",
)
def stationary_distribution(P):
    equations = P.T - torch.eye(len(P), dtype=P.dtype)
    equations[-1] = 1
    right = torch.zeros(len(P), dtype=P.dtype)
    right[-1] = 1
    return torch.linalg.solve(equations, right)


def _rest(P):
    return torch.linalg.matrix_power(P, 2000)[0]


@stationary_distribution.mistake(
    en="P stands on the wrong side of the vector: its rows sum to one, so P times a constant vector is that vector, "
    "whatever the chain does.",
    zh="矩阵乘在了错的一侧：每行的和都是 1，所以 P 乘常数向量总是它自己，和这条链无关。",
)
def right_eigenvector(P):
    return torch.full((len(P),), 1 / len(P), dtype=P.dtype)


@stationary_distribution.mistake(
    en="It points the right way, but its length is one and not its sum: routines for eigenvectors scale by length.",
    zh="方向对了，可是长度为 1，而不是总和为 1：求特征向量的函数按长度归一。",
)
def unit_length(P):
    return _rest(P) / _rest(P).norm()


@stationary_distribution.mistake(
    en="That is how long one waits to come back to a state. The more often a state is visited, the shorter the wait.",
    zh="这是回到某个状态平均要等多少步。状态出现得越频繁，等得越短。",
)
def return_times(P):
    return 1 / _rest(P)


@stationary_distribution.mistake(
    en="Two steps were walked, from the first state: the place where one began is not forgotten yet.",
    zh="从第一个状态出发只走了两步：起点的影响还没有消失。",
)
def two_steps(P):
    return (P @ P)[0]


@stationary_distribution.mistake(
    en="An eigenvector comes with any sign, and this one came negative: probabilities can't.",
    zh="特征向量的正负号是随意的，这里拿到的是负的：概率不可能小于零。",
)
def negative(P):
    return -_rest(P)
