import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "derivatives",
    order=1,
    zh="二次型的梯度",
    en="The gradient of a quadratic form",
    arguments=lambda draw: (draw.normal(n := draw.size(2, 4), n), draw.normal(n)),
)
def quadratic_gradient(a: Tensor, x: Tensor) -> Tensor:
    """Return the gradient of x @ a @ x by x; a need not be symmetric; no autograd.

    求 x @ a @ x 对 x 的梯度；a 不一定对称；不用自动求导。

    Args:
        a: (n, n).
        x: (n,).

    >>> quadratic_gradient(torch.tensor([[1.0, 2.0], [0.0, 1.0]]), torch.tensor([1.0, 1.0]))
    tensor([4., 4.])
    """
    raise NotImplementedError


@quadratic_gradient.solution(
    en="x stands there twice, and each use has its gradient.",
    zh="x 出现两次，各有一份梯度。",
)
def quadratic_gradient(a, x):
    return a @ x + a.T @ x


@quadratic_gradient.mistake(en="This holds for symmetric a only.", zh="这只对对称的 a 成立。")
def symmetric_only(a, x):
    return 2 * a @ x


@quadratic_gradient.mistake(en="x stands in the form twice: one use is missing.", zh="x 出现了两次：漏了一次。")
def one_use(a, x):
    return a @ x


@quadratic_gradient.mistake(en="Only the transposed part was taken.", zh="只取了转置的那一份。")
def transposed_use(a, x):
    return a.T @ x


@quadratic_gradient.mistake(en="This is the value, not the gradient.", zh="这是函数值，不是梯度。")
def the_value(a, x):
    return x @ a @ x
