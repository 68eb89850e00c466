import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "convolution",
    order=3,
    zh="卷积写成矩阵",
    en="A convolution as a matrix",
    arguments=lambda draw: (draw.normal(k := draw.size(1, 3)), draw.size(k + 1, 7)),
)
def as_matrix(kernel: Tensor, length: int) -> Tensor:
    """Return the matrix that slides a kernel over a row of numbers: matrix @ x is the cross-correlation of x.

    求一个矩阵，使 matrix @ x 就是核在 x 上滑动的互相关。

    Args:
        kernel: (k,).
        length: of x.

    Returns:
        (length - k + 1, length).

    >>> as_matrix(torch.tensor([1.0, 2.0]), 3)
    tensor([[1., 2., 0.],
            [0., 1., 2.]])
    """
    raise NotImplementedError


@as_matrix.solution(
    en="""
    Every row holds the same kernel, one place further to the right: mostly zeros, and only $k$ different numbers.
    """,
    zh="每一行都是同一个核，逐行右移一格：大多数元素是 0，不同的数只有 $k$ 个。",
)
def as_matrix(kernel, length):
    matrix = torch.zeros(length - len(kernel) + 1, length)
    for row in range(len(matrix)):
        matrix[row, row : row + len(kernel)] = kernel
    return matrix


def _rows(kernel, length):
    matrix = torch.zeros(length - len(kernel) + 1, length)
    for i in range(len(matrix)):
        matrix[i, i : i + len(kernel)] = kernel
    return matrix


@as_matrix.mistake(
    en="The kernel is flipped: that is the convolution of mathematics, not cross-correlation.",
    zh="核被翻转了：那是数学里的卷积，不是互相关。",
)
def flipped(kernel, length):
    return _rows(kernel.flip(0), length)


@as_matrix.mistake(en="Rows and columns are exchanged: one row gives one output.", zh="行和列换了：一行对应一个输出。")
def transposed(kernel, length):
    return _rows(kernel, length).T


@as_matrix.mistake(
    en="The last position is missing: a kernel of k numbers fits length - k + 1 times.",
    zh="少了最后一个位置：k 个数的核能放 length - k + 1 次。",
)
def one_row_less(kernel, length):
    return _rows(kernel, length)[:-1]


@as_matrix.mistake(
    en="The kernel does not move: every row has it at the beginning.", zh="核没有移动：每一行都放在了开头。"
)
def never_moves(kernel, length):
    return _rows(kernel, length)[:1].repeat(length - len(kernel) + 1, 1)
