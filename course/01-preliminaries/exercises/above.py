import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "tensors",
    order=3,
    zh="布尔选取",
    en="Choose by a mask",
    arguments=lambda draw: (draw.normal(draw.size(4, 9)), draw.normal(1)[0] * 0.3),
)
def above(x: Tensor, limit: Tensor) -> Tensor:
    """Return the entries above a limit, in their order.

    按原来的次序给出大于 limit 的元素。

    Args:
        x: (n,).
        limit: a number.

    >>> above(torch.tensor([1.0, 5.0, 3.0]), torch.tensor(2.0))
    tensor([5., 3.])
    """
    raise NotImplementedError


@above.solution(
    en="A tensor of truths as index.",
    zh="用布尔张量当下标。",
)
def above(x, limit):
    return x[x > limit]


@above.mistake(en="This is the mask; the entries are asked for.", zh="这是掩码，要的是元素。")
def the_mask(x, limit):
    return x > limit


@above.mistake(en="These are the places; the entries are asked for.", zh="这是位置，要的是元素。")
def the_places(x, limit):
    return (x > limit).nonzero().flatten()


@above.mistake(en="The others became 0 in place of being left out.", zh="其余的变成了 0，应当去掉。")
def zeroed(x, limit):
    return torch.where(x > limit, x, 0.0)


@above.mistake(en="Entries below came back.", zh="返回的是小于的。")
def below(x, limit):
    return x[x < limit]


@above.mistake(en="They were sorted: the order should stay.", zh="排了序：应当保持原来的次序。")
def in_order(x, limit):
    return x[x > limit].sort(descending=True).values
