import torch
from torch import Tensor

from d2lab.exercises import exercise


def through_rounding(candidate, x, grad_output):
    x = x.clone().requires_grad_()
    return [candidate(x).detach(), torch.autograd.grad(candidate(x), x, grad_output)[0]]


@exercise(
    "custom-layers",
    order=3,
    zh="直通估计器",
    en="Straight-through estimator",
    arguments=lambda draw: (draw.normal(n := draw.size(2, 6), scale=2), draw.normal(n)),
    measure=through_rounding,
)
def round_through(x: Tensor) -> Tensor:
    """Round forward, and let gradients through unchanged (straight-through estimator); detach is enough.

    前向取整，反向当作恒等；用 detach 就够了。

    Args:
        x: (n,).

    >>> round_through(torch.tensor([0.4, 1.6]))
    tensor([0., 2.])
    """
    raise NotImplementedError


@round_through.solution(
    en="The difference is cut off, and what is left is the gradient of $x$ itself.",
    zh="差值断开梯度，只剩下 $x$ 自己的那一份。",
)
def round_through(x):
    return x + (x.round() - x).detach()


@round_through.mistake(en="The gradient is 0: that of rounding alone.", zh="梯度是 0：单纯取整的导数是 0。")
def round_only(x):
    return x.round()


@round_through.mistake(en="Nothing is rounded.", zh="没有取整。")
def not_rounded(x):
    return x * 1.0


@round_through.mistake(
    en="The gradient is doubled: one of the two parts must be detached.", zh="梯度翻倍了：有一份没有 detach。"
)
def doubled_gradient(x):
    return x + (x.round().detach() - x.detach()) + (x - x.detach())


@round_through.mistake(en="It rounds down.", zh="是向下取整。")
def floors(x):
    return x + (x.floor() - x).detach()


@round_through.mistake(en="The answer is a constant with a gradient: numbers are hard-coded.", zh="数值是写死的。")
def hard_coded_zeros(x):
    return x - x.detach()
