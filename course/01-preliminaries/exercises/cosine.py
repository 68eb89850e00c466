import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "linear-algebra",
    order=2,
    zh="夹角的余弦",
    en="The cosine of an angle",
    arguments=lambda draw: (draw.normal(n := draw.size(2, 5)), draw.normal(n)),
)
def cosine(x: Tensor, y: Tensor) -> float:
    """Return the cosine of the angle between two vectors.

    两个向量夹角的余弦。

    Args:
        x: (n,), not all 0.
        y: (n,), not all 0.

    >>> cosine(torch.tensor([1.0, 0.0]), torch.tensor([5.0, 0.0]))
    1.0
    """
    raise NotImplementedError


@cosine.solution(
    en="The dot product over both lengths.",
    zh="点积除以两个长度。",
)
def cosine(x, y):
    return ((x * y).sum() / (x.norm() * y.norm())).item()


@cosine.mistake(en="The lengths are not divided out.", zh="没有除以长度。")
def dot(x, y):
    return float(x @ y)


@cosine.mistake(en="Only one length was divided out.", zh="只除了一个长度。")
def one_length(x, y):
    return float(x @ y / x.norm())


@cosine.mistake(en="The squared lengths were divided out.", zh="除的是长度的平方。")
def squared_lengths(x, y):
    return float(x @ y / (x @ x) / (y @ y))


@cosine.mistake(en="The sign is lost.", zh="丢了符号。")
def absolute(x, y):
    return float((x @ y).abs() / x.norm() / y.norm())
