import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "over-and-underfitting",
    order=1,
    zh="多项式特征",
    en="Powers as features",
    arguments=lambda draw: (draw.normal(draw.size(2, 6)), draw.size(1, 5)),
)
def powers_of(x: Tensor, degree: int) -> Tensor:
    """Return x, x^2, ..., x^degree as columns, without the constant.

    把 x 的一次到 degree 次幂排成列，不含常数列。

    Args:
        x: (n,).
        degree: 1 or more.

    >>> powers_of(torch.tensor([2.0, 3.0]), 2)
    tensor([[2., 4.],
            [3., 9.]])
    """
    raise NotImplementedError


@powers_of.solution(
    en="A column to a row of powers, by broadcasting.",
    zh="一列数的幂，靠广播一次算完。",
)
def powers_of(x, degree):
    return x[:, None] ** torch.arange(1, degree + 1)


@powers_of.mistake(en="The constant is there: begin with the first power.", zh="多了常数列：从一次幂开始。")
def with_constant(x, degree):
    return x[:, None] ** torch.arange(degree + 1)


@powers_of.mistake(en="The last power is missing.", zh="少了最高次幂。")
def last_missing(x, degree):
    return x[:, None] ** torch.arange(1, max(degree, 2))


@powers_of.mistake(en="Rows and columns are exchanged: an example is a row.", zh="行列换了：一行是一个样本。")
def transposed(x, degree):
    return (x[:, None] ** torch.arange(1, degree + 1)).T


@powers_of.mistake(en="These are multiples of x, not powers.", zh="这是 x 的倍数，不是幂。")
def multiples(x, degree):
    return x[:, None] * torch.arange(1, degree + 1)
