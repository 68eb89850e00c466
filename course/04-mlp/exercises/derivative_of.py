import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "activations",
    order=1,
    zh="四个激活函数的导数",
    en="Derivatives of four activation functions",
    arguments=lambda draw: (draw.normal(draw.size(3, 8), scale=2), draw.choice(("relu", "sigmoid", "tanh", "leaky"))),
    formerly=("slope_of",),
)
def derivative_of(x: Tensor, name: str) -> Tensor:
    """Return the derivative of an activation at each x: relu, sigmoid, tanh, or leaky (0.01 below 0); without autograd.

    求激活函数在各点的导数：relu、sigmoid、tanh、leaky（负侧斜率 0.01）；不用自动求导。

    Args:
        x: (n,).
        name: of the activation.

    >>> derivative_of(torch.tensor([-1.0, 2.0]), "relu"), derivative_of(torch.zeros(1), "sigmoid")
    (tensor([0., 1.]), tensor([0.2500]))
    """
    raise NotImplementedError


@derivative_of.solution(
    en="The derivatives of sigmoid and tanh follow from their values.",
    zh="sigmoid 和 tanh 的导数都能用函数值表示。",
)
def derivative_of(x, name):
    if name == "relu":
        return (x > 0).float()
    if name == "leaky":
        return torch.where(x > 0, 1.0, 0.01)
    if name == "sigmoid":
        return x.sigmoid() * (1 - x.sigmoid())
    return 1 - x.tanh() ** 2


def _derivatives(x, name):
    s, t = x.sigmoid(), x.tanh()
    return {"relu": (x > 0).float(), "sigmoid": s * (1 - s), "tanh": 1 - t**2, "leaky": torch.where(x > 0, 1.0, 0.01)}[
        name
    ]


@derivative_of.mistake(en="These are the functions themselves, not their derivatives.", zh="这是函数本身，不是导数。")
def values(x, name):
    return {"relu": x.relu(), "sigmoid": x.sigmoid(), "tanh": x.tanh(), "leaky": torch.nn.functional.leaky_relu(x)}[
        name
    ]


@derivative_of.mistake(
    en="The derivative of the sigmoid is off: s(1 - s) with s the value, not x.",
    zh="sigmoid 的导数不对：s(1 - s) 里的 s 是函数值，不是 x。",
)
def x_for_s(x, name):
    return x * (1 - x) if name == "sigmoid" else _derivatives(x, name)


@derivative_of.mistake(en="The derivative of tanh is off: the square is missing.", zh="tanh 的导数不对：少了平方。")
def tanh_unsquared(x, name):
    return 1 - x.tanh() if name == "tanh" else _derivatives(x, name)


@derivative_of.mistake(
    en="The derivative of leaky is 0 on the left: what does it leak?", zh="leaky 在左侧的导数成了 0：那它漏了什么？"
)
def not_leaky(x, name):
    return (x > 0).float() if name == "leaky" else _derivatives(x, name)


@derivative_of.mistake(
    en="The derivative of tanh was taken for that of the sigmoid: tanh is steeper, its derivative at 0 is 1.",
    zh="tanh 用了 sigmoid 的导数：tanh 更陡，在 0 处导数是 1。",
)
def tanh_as_sigmoid(x, name):
    return _derivatives(x, "sigmoid" if name == "tanh" else name)
