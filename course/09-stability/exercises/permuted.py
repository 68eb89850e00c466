import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "symmetry",
    order=1,
    zh="交换隐藏单元",
    en="Permute hidden units",
    arguments=lambda draw: (
        draw.normal(h := draw.size(3, 6), 2),
        draw.normal(h),
        draw.normal(3, h),
        draw.uniform(h).argsort(),
    ),
)
def permuted(w1: Tensor, b1: Tensor, w2: Tensor, order: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Put the hidden units into another order without changing what the model computes.

    把隐藏单元换一个次序，网络算的函数不变。

    Args:
        w1: (h, d).
        b1: (h,).
        w2: (o, h).
        order: (h,); unit order[i] goes to place i. 第 i 个位置放 order[i] 号单元。

    >>> permuted(torch.tensor([[1.0], [2.0]]), torch.tensor([3.0, 4.0]), torch.tensor([[5.0, 6.0]]), torch.tensor([1, 0]))
    (tensor([[2.],
            [1.]]), tensor([4., 3.]), tensor([[6., 5.]]))
    """
    raise NotImplementedError


@permuted.solution(
    en="Rows of the first layer, columns of the second; biases go with their units.",
    zh="第一层换行，第二层换列，偏置跟着单元走。",
)
def permuted(w1, b1, w2, order):
    return w1[order], b1[order], w2[:, order]


@permuted.mistake(
    en="The second layer was left alone: its columns belong to the units.", zh="第二层没有动：它的列属于各个单元。"
)
def second_left(w1, b1, w2, order):
    return w1[order], b1[order], w2


@permuted.mistake(en="The biases were left alone.", zh="偏置没有动。")
def biases_left(w1, b1, w2, order):
    return w1[order], b1, w2[:, order]


@permuted.mistake(en="The inverse order was used.", zh="次序用反了。")
def inverse(w1, b1, w2, order):
    o = order.argsort()
    return w1[o], b1[o], w2[:, o]


@permuted.mistake(en="Only the second layer moved.", zh="只动了第二层。")
def only_second(w1, b1, w2, order):
    return w1, b1, w2[:, order]
