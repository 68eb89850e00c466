import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "arrays-and-tables",
    order=2,
    zh="两两之间的距离",
    en="All distances",
    arguments=lambda draw: (draw.normal(draw.size(2, 5), 2), draw.normal(draw.size(2, 5), 2)),
)
def distances(a: Tensor, b: Tensor) -> Tensor:
    """Return the distance of every point of a from every point of b, by broadcasting.

    用广播算 a 的每个点到 b 的每个点的距离。

    Args:
        a: (n, d).
        b: (m, d).

    Returns:
        (n, m).

    >>> distances(torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])
    """
    raise NotImplementedError


@distances.solution(
    en="An extra axis makes every pair meet.",
    zh="插入一个轴，让每一对都相减。",
)
def distances(a, b):
    return (a[:, None] - b[None]).square().sum(-1).sqrt()


@distances.mistake(en="The root is missing: these are squares.", zh="没有开平方：这是距离的平方。")
def squares(a, b):
    return ((a[:, None] - b) ** 2).sum(-1)


@distances.mistake(en="Rows and columns are exchanged.", zh="行列换了。")
def transposed(a, b):
    return torch.cdist(b, a)


@distances.mistake(
    en="The absolute differences were added up: that is the city-block distance.",
    zh="加的是差的绝对值：那是街区距离。",
)
def city_block(a, b):
    return (a[:, None] - b).abs().sum(-1)


@distances.mistake(en="The mean of the squares was taken, not their sum.", zh="取了平方的平均，应当求和。")
def mean_square(a, b):
    return ((a[:, None] - b) ** 2).mean(-1).sqrt()
