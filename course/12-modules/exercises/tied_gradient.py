import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "parameters",
    order=2,
    zh="共享权重的梯度",
    en="The gradient of a shared weight",
    arguments=lambda draw: (draw.normal(n := draw.size(2, 4), n).double(), draw.normal(n).double()),
    tolerance=1e-5,
    formerly=("tied_slope",),
)
def tied_gradient(w: Tensor, x: Tensor) -> Tensor:
    """Return the gradient of sum(w @ (w @ x)) with respect to w, which is used twice; without autograd.

    w 用了两次：求 sum(w @ (w @ x)) 对 w 的梯度，不用自动求导。

    Args:
        w: (n, n).
        x: (n,).

    >>> tied_gradient(torch.tensor([[2.0]]), torch.tensor([3.0]))
    tensor([[12.]])
    """
    raise NotImplementedError


@tied_gradient.solution(
    en="Each use contributes a gradient; add them.",
    zh="两次使用各有一份梯度，相加。",
)
def tied_gradient(w, x):
    ones = torch.ones_like(x)
    return torch.outer(ones, w @ x) + torch.outer(w.T @ ones, x)


@tied_gradient.mistake(en="Only the outer use was counted.", zh="只算了外面那一次。")
def outer_only(w, x):
    return torch.outer(torch.ones_like(x), w @ x)


@tied_gradient.mistake(en="Only the inner use was counted.", zh="只算了里面那一次。")
def inner_only(w, x):
    return torch.outer(w.T @ torch.ones_like(x), x)


@tied_gradient.mistake(
    en="The outer use was doubled: both uses have gradients of their own.", zh="把外面的乘了 2：两次使用的梯度不一样。"
)
def doubled(w, x):
    return 2 * torch.outer(torch.ones_like(x), w @ x)


@tied_gradient.mistake(en="w is not transposed in the backward pass.", zh="反向传播时 w 没有转置。")
def untransposed(w, x):
    return torch.outer(torch.ones_like(x), w @ x) + torch.outer(w @ torch.ones_like(x), x)
