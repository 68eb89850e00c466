import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "derivatives",
    order=3,
    zh="链式法则",
    en="The chain rule",
    arguments=lambda draw: (draw.normal(3, k := draw.size(1, 4)), draw.normal(k, 2)),
)
def chained(outer: Tensor, inner: Tensor) -> Tensor:
    """Return the Jacobian of f(g(x)) from that of f at g(x) and that of g at x.

    已知 f 在 g(x) 处的雅可比矩阵和 g 在 x 处的，求 f(g(x)) 的。

    Args:
        outer: (m, k), of f.
        inner: (k, n), of g.

    >>> chained(torch.tensor([[2.0]]), torch.tensor([[3.0]]))
    tensor([[6.]])
    """
    raise NotImplementedError


@chained.solution(
    en="The outer times the inner.",
    zh="外层乘里层。",
)
def chained(outer, inner):
    return outer @ inner


@chained.mistake(en="The result is transposed.", zh="结果转置了。")
def transposed_result(outer, inner):
    return (outer @ inner).T


@chained.mistake(en="They were added.", zh="相加了，应当相乘。")
def sum_of_both(outer, inner):
    return outer.sum(1, keepdim=True) + inner.sum(0)


@chained.mistake(en="Only the outer one was taken.", zh="只取了外层的。")
def outer_alone(outer, inner):
    return outer * 1


@chained.mistake(en="Only the inner one was taken.", zh="只取了里层的。")
def inner_alone(outer, inner):
    return inner * 1
