import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "environment",
    order=3,
    zh="同一个种子",
    en="One seed, the same random numbers",
    arguments=lambda draw: (draw.size(0, 9999), draw.size(1, 6)),
    measure=lambda candidate, seed, n: [candidate(seed, n), candidate(seed, n)],
    formerly=("lucky",),
)
def seeded_normal(seed: int, n: int) -> Tensor:
    """Draw n standard normal numbers from a torch.Generator with this seed: the same seed gives the same numbers.

    用这个种子的 torch.Generator 取 n 个正态随机数；同样的种子给出同样的数。

    Args:
        seed: of the generator.
        n: how many.

    >>> bool((seeded_normal(3, 2) == seeded_normal(3, 2)).all())
    True
    """
    raise NotImplementedError


@seeded_normal.solution(
    en="The generator is local: the global random state stays as it is.",
    zh="生成器是局部的，不影响全局的随机状态。",
)
def seeded_normal(seed, n):
    return torch.randn(n, generator=torch.Generator().manual_seed(seed))


@seeded_normal.mistake(
    en="The seed is not used: every call goes on with other numbers.", zh="没有用到种子：每次调用得到的数都不同。"
)
def unseeded(seed, n):
    return torch.randn(n)


@seeded_normal.mistake(en="The seed is always 0.", zh="种子总是 0。")
def always_zero(seed, n):
    return torch.randn(n, generator=torch.Generator().manual_seed(0))


@seeded_normal.mistake(
    en="These numbers are uniform on [0, 1), not normal.", zh="这是 [0, 1) 上均匀分布的数，不是正态分布的。"
)
def even(seed, n):
    return torch.rand(n, generator=torch.Generator().manual_seed(seed))


@seeded_normal.mistake(en="The seed was shifted by one.", zh="种子加了一。")
def next_seed(seed, n):
    return torch.randn(n, generator=torch.Generator().manual_seed(seed + 1))


@seeded_normal.mistake(
    en="It returns zeros for every seed: they are hard-coded.", zh="不论种子，都给出零：这是写死的。"
)
def hard_coded(seed, n):
    return torch.zeros(n)
