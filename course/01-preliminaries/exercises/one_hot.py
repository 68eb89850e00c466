import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "csv",
    order=3,
    zh="类别变成列",
    en="Categories as columns",
    arguments=lambda draw: (
        [draw.choice(("a", "b", None, "c")) for _ in range(draw.size(4, 8))],
        ["a", "b", "c"][: draw.size(2, 3)],
    ),
)
def one_hot(values: list, kinds: list[str]) -> Tensor:
    """Return a column of 0 and 1 for each kind, and a last one for what is missing or unknown.

    每个类别一列 0 与 1，最后一列表示缺失或没见过的类别。

    Args:
        values: texts or None.
        kinds: that have columns, in this order.

    >>> one_hot(["b", None], ["a", "b"])
    tensor([[0., 1., 0.],
            [0., 0., 1.]])
    """
    raise NotImplementedError


@one_hot.solution(
    en="The last column asks whether it is none of the kinds.",
    zh="最后一列问的是“不在已知类别里”。",
)
def one_hot(values, kinds):
    return torch.tensor([[float(value == kind) for kind in kinds] + [float(value not in kinds)] for value in values])


def _columns(values, kinds, last):
    return torch.tensor([[float(v == k) for k in kinds] + last(v) for v in values])


@one_hot.mistake(
    en="Only missing values are in the last column; unknown kinds are lost.",
    zh="最后一列只算了缺失：没见过的类别丢了。",
)
def unknown_lost(values, kinds):
    return _columns(values, kinds, lambda v: [float(v is None)])


@one_hot.mistake(en="The last column is missing.", zh="漏了最后一列。")
def no_last(values, kinds):
    return _columns(values, kinds, lambda v: [])


@one_hot.mistake(en="The last column says what is known, not what is missing.", zh="最后一列反了：标的是已知的。")
def reversed_last(values, kinds):
    return _columns(values, kinds, lambda v: [float(v in kinds)])


@one_hot.mistake(
    en="These are numbers of kinds in one column: a model would take them as quantities.",
    zh="给的是类别编号的一列：模型会当成数量。",
)
def numbered(values, kinds):
    return torch.tensor([[float(kinds.index(v)) if v in kinds else float(len(kinds))] for v in values])
