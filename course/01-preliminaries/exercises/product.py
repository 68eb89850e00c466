import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "linear-algebra",
    order=1,
    zh="矩阵乘法",
    en="The product of matrices",
    arguments=lambda draw: (draw.normal(draw.size(1, 4), k := draw.size(1, 4)), draw.normal(k, draw.size(1, 4))),
)
def product(a: Tensor, b: Tensor) -> Tensor:
    """Multiply two matrices, without @ and matmul.

    两个矩阵相乘，不用 @ 和 matmul。

    Args:
        a: (n, k).
        b: (k, m).

    >>> product(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0], [4.0]]))
    tensor([[11.]])
    """
    raise NotImplementedError


@product.solution(
    en="Lay all pairs out by broadcasting, then add along the middle axis.",
    zh="用广播把每一对排开，再沿中间的轴相加。",
)
def product(a, b):
    return (a[:, :, None] * b[None]).sum(1)


@product.mistake(en="The result is transposed.", zh="结果转置了。")
def turned(a, b):
    return (a @ b).T


@product.mistake(en="The products are not added up.", zh="乘积没有相加。")
def not_added(a, b):
    return a[:, :, None] * b[None]


@product.mistake(en="A mean was taken in place of the sum.", zh="取了平均，应当求和。")
def averaged(a, b):
    return a @ b / a.shape[1]


@product.mistake(en="Everything was added up to one number.", zh="全加成了一个数。")
def one_number(a, b):
    return (a @ b).sum()
