import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


@exercise(
    "environment",
    order=3,
    zh="同一个种子",
    en="One seed, the same luck",
    arguments=lambda draw: (draw.size(0, 9999), draw.size(1, 6)),
    measure=lambda candidate, seed, n: [candidate(seed, n), candidate(seed, n)],
)
def lucky(seed: int, n: int) -> Tensor:
    """Draw n normal numbers with a torch.Generator of this seed, so that the same seed gives the same numbers.

    用这个种子的 torch.Generator 取 n 个正态随机数；同样的种子给出同样的数。

    Args:
        seed: of the generator.
        n: how many.

    >>> bool((lucky(3, 2) == lucky(3, 2)).all())
    True
    """
    raise NotImplementedError


@lucky.solution(
    en="The generator is local and touches no other luck.",
    zh="生成器是局部的，不影响别处的随机数。",
)
def lucky(seed, n):
    return torch.randn(n, generator=torch.Generator().manual_seed(seed))


@lucky.mistake(
    en="The seed is not used: every call goes on with other numbers.", zh="没有用到种子：每次调用得到的数都不同。"
)
def unseeded(seed, n):
    return torch.randn(n)


@lucky.mistake(en="The seed is always 0.", zh="种子总是 0。")
def always_zero(seed, n):
    return torch.randn(n, generator=torch.Generator().manual_seed(0))


@lucky.mistake(en="These numbers are even from 0 to 1, not normal.", zh="这是 0 到 1 的均匀数，不是正态的。")
def even(seed, n):
    return torch.rand(n, generator=torch.Generator().manual_seed(seed))


@lucky.mistake(en="The seed was shifted by one.", zh="种子加了一。")
def next_seed(seed, n):
    return torch.randn(n, generator=torch.Generator().manual_seed(seed + 1))


@lucky.mistake(en="Zeros come whatever the seed: they are written in.", zh="不论种子，都给出零：这是写死的。")
def hard_coded(seed, n):
    return torch.zeros(n)
