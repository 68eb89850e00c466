import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "nan-and-inf",
    order=2,
    zh="安全的平方根",
    en="A root with a finite gradient",
    arguments=lambda draw: (torch.cat([torch.zeros(1), draw.uniform(draw.size(2, 5)) * draw.choice((1, 5))]),),
    measure=lambda candidate, x: torch.autograd.grad(candidate(x.requires_grad_()).sum(), x)[0],
)
def safe_root(x: Tensor) -> Tensor:
    """Return the root of x where x is above 0, and 0 elsewhere, so that the gradient is finite everywhere (0 at 0); the gradient is checked.

    x 大于 0 处给平方根，否则给 0，而且处处梯度有限（0 处为 0）；检查的是梯度。

    Args:
        x: (n,), 0 or more.

    >>> safe_root(torch.tensor([0.0, 4.0])).tolist()
    [0.0, 2.0]
    """
    raise NotImplementedError


@safe_root.solution(
    en="Replace the inputs that are not wanted by 1, take the root, then choose.",
    zh="先把不要的输入换成 1，再开方，最后选。",
)
def safe_root(x):
    positive = x > 0
    return torch.where(positive, torch.where(positive, x, 1.0).sqrt(), 0.0)


@safe_root.mistake(
    en="The gradient at 0 is nan: where computes the branch that it does not take as well. Make its input safe first.",
    zh="0 处的梯度是 nan：torch.where 没选中的分支也会求导。先把它的输入换成安全的数。",
)
def where_behind(x):
    return torch.where(x > 0, x.sqrt(), 0.0)


@safe_root.mistake(en="The gradient at 0 is inf.", zh="0 处的梯度是 inf。")
def plain_root(x):
    return x.sqrt()


@safe_root.mistake(
    en="A small number was added: gradients are off, and large at 0.", zh="加了一个小数：梯度偏了，0 处还很大。"
)
def small_number(x):
    return (x + 1e-4).sqrt()


@safe_root.mistake(
    en="The input was cut off at 1: smaller numbers have lost their gradient.",
    zh="把输入截到了 1：更小的数没有梯度了。",
)
def cut_at_one(x):
    return x.clamp_min(1.0).sqrt()


@safe_root.mistake(en="The result is a constant: no gradient comes back.", zh="结果与输入断开了：没有梯度。")
def hard_coded(x):
    return (x * 0).sum() + torch.full_like(x, 2.0)
