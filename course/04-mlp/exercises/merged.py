import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "mlp",
    order=3,
    zh="两个线性层合成一个",
    en="Two linear layers are one",
    arguments=lambda draw: (
        draw.normal(h := draw.size(2, 5), draw.size(2, 4)),
        draw.normal(h),
        draw.normal(o := draw.size(1, 3), h),
        draw.normal(o),
    ),
)
def merged(w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> tuple[Tensor, Tensor]:
    """Return the weight and bias of the one linear layer that does what two do, one after the other.

    两个相连的线性层等于一个：求它的权重和偏置。

    Args:
        w1: (h, d), the first layer. 第一层。
        b1: (h,).
        w2: (o, h), the second. 第二层。
        b2: (o,).

    Returns:
        (o, d) and (o,).

    >>> merged(torch.tensor([[2.0]]), torch.tensor([1.0]), torch.tensor([[3.0]]), torch.tensor([0.5]))
    (tensor([[6.]]), tensor([3.5000]))
    """
    raise NotImplementedError


@merged.solution(
    en="Put the first into the second and multiply out.",
    zh="把第一层代入第二层，展开就得到新的权重和偏置。",
)
def merged(w1, b1, w2, b2):
    return w2 @ w1, w2 @ b1 + b2


@merged.mistake(en="The first bias goes through the second layer as well.", zh="第一层的偏置也要经过第二层。")
def bias_not_carried(w1, b1, w2, b2):
    return w2 @ w1, b2


@merged.mistake(
    en="The biases were added as they are: the first is multiplied by the second weight.",
    zh="偏置只是各取总和相加：第一个要先乘第二层的权重。",
)
def biases_added(w1, b1, w2, b2):
    return w2 @ w1, b1.sum() + b2


@merged.mistake(
    en="The order of the product is turned around and transposed: the second layer acts last, so it stands left.",
    zh="乘积的次序反了：第二层最后起作用，所以写在左边。",
)
def other_order(w1, b1, w2, b2):
    return (w2 @ w1).T, w2 @ b1 + b2


@merged.mistake(en="The second bias is missing.", zh="漏了第二层的偏置。")
def second_bias_missing(w1, b1, w2, b2):
    return w2 @ w1, w2 @ b1
