import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "powers-of-two",
    order=2,
    zh="补齐到倍数",
    en="Pad to a multiple",
    arguments=lambda draw: (draw.normal(draw.size(1, 4), draw.size(1, 9)), draw.choice((2, 3, 4, 8))),
)
def pad_columns(x: Tensor, multiple: int) -> Tensor:
    """Append columns of zeros until the number of columns is a multiple; none where it is one already.

    在右边补零列，直到列数是 multiple 的倍数；已经是倍数就不补。

    Args:
        x: (n, d).
        multiple: 1 or more.

    >>> pad_columns(torch.ones(1, 3), 2)
    tensor([[1., 1., 1., 0.]])
    """
    raise NotImplementedError


@pad_columns.solution(
    en="`-d % multiple` is what is missing, and 0 where nothing is.",
    zh="`-d % multiple` 正好是还差的列数，整除时是 0。",
)
def pad_columns(x, multiple):
    missing = -x.shape[1] % multiple
    return torch.cat([x, torch.zeros(len(x), missing)], dim=1)


def _appended(x, columns, value=0.0):
    return torch.cat([x, torch.full((len(x), columns), value)], 1)


@pad_columns.mistake(en="A whole multiple is appended where nothing is missing.", zh="已经是倍数时，又多补了一整份。")
def always_pads(x, multiple):
    return _appended(x, multiple - x.shape[1] % multiple)


@pad_columns.mistake(
    en="The remainder was appended, not what is missing to the next multiple.",
    zh="补的是余数，应当补到下一个倍数还差的数。",
)
def the_remainder(x, multiple):
    return _appended(x, x.shape[1] % multiple)


@pad_columns.mistake(en="The zeros stand on the left.", zh="零补在了左边。")
def on_the_left(x, multiple):
    missing = -x.shape[1] % multiple
    return torch.cat([torch.zeros(len(x), missing), x], 1)


@pad_columns.mistake(en="The columns were cut down to a multiple: data is lost.", zh="把列截短成了倍数：数据丢了。")
def cut(x, multiple):
    return x[:, : x.shape[1] // multiple * multiple]


@pad_columns.mistake(
    en="Ones were appended: what does a 0 add to a weighted sum, and what a 1?",
    zh="补的是 1：加权和里，0 不起作用，1 会起作用。",
)
def ones(x, multiple):
    return _appended(x, -x.shape[1] % multiple, 1.0)
