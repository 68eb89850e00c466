import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "symmetry",
    order=3,
    zh="有多少种不同的单元",
    en="How many different units",
    arguments=lambda draw: (
        draw.integers(0, draw.size(1, 3), draw.size(3, 8), draw.size(1, 3)).float(),
        draw.integers(0, 1, 1, 1).float() + 1,
    ),
)
def distinct_units(w1: Tensor, scale: Tensor) -> int:
    """Count the hidden units that differ in their incoming weights; `scale` multiplies all weights and matters not.

    进来的权重不同的隐藏单元有几种？scale 同乘所有权重，不影响答案。

    Args:
        w1: (h, d).
        scale: (1, 1), not 0.

    >>> distinct_units(torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), torch.ones(1, 1))
    2
    """
    raise NotImplementedError


@distinct_units.solution(
    en="`unique` can compare rows.",
    zh="`unique` 可以按行去重。",
)
def distinct_units(w1, scale):
    return len(w1.unique(dim=0))


@distinct_units.mistake(en="These are all units, equal ones too.", zh="这是全部单元，相同的也算了。")
def all_units(w1, scale):
    return len(w1)


@distinct_units.mistake(en="Different numbers were counted, not different rows.", zh="数的是不同的数，不是不同的行。")
def different_numbers(w1, scale):
    return len(w1.unique())


@distinct_units.mistake(en="Columns were compared: a unit is a row.", zh="比较的是列：一行才是一个单元。")
def columns(w1, scale):
    return len(w1.unique(dim=1).T)


@distinct_units.mistake(en="Units were compared by the sum of their weights.", zh="只比较了权重之和。")
def sums(w1, scale):
    return len(w1.sum(1).unique())
