import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "csv",
    order=2,
    zh="用平均值填",
    en="Fill by the mean",
    arguments=lambda draw: (
        torch.where(draw.uniform(n := draw.size(4, 9)) < 0.4, torch.nan, draw.normal(n)).index_fill(
            0, torch.tensor([0, 1]), 1.5
        )
        + torch.arange(n),
        draw.size(2, 3),
    ),
)
def filled(column: Tensor, training: int) -> Tensor:
    """Replace nan by the mean of the numbers among the first `training` rows.

    把 nan 换成前 training 行里有数的那些的平均。

    Args:
        column: (n,), with nan.
        training: rows that may be looked at. 可以看的行数。

    >>> filled(torch.tensor([1.0, 3.0, float("nan"), 100.0]), 2)
    tensor([  1.,   3.,   2., 100.])
    """
    raise NotImplementedError


@filled.solution(
    en="The mean comes from the training rows alone.",
    zh="平均值只从训练的那些行里来。",
)
def filled(column, training):
    mean = column[:training].nanmean()
    return torch.where(column.isnan(), mean, column)


@filled.mistake(en="The mean of all rows was taken: test rows leak.", zh="用了所有行的平均：测试行泄漏了。")
def leaks(column, training):
    return torch.where(column.isnan(), column.nanmean(), column)


@filled.mistake(en="It was filled with 0.", zh="填的是 0。")
def zeros(column, training):
    return column.nan_to_num(0.0)


@filled.mistake(en="nan counts as a row of the mean.", zh="求平均时把 nan 也当成了一行。")
def nan_counted(column, training):
    part = column[:training]
    return torch.where(column.isnan(), part.nan_to_num(0.0).sum() / len(column), column)


@filled.mistake(en="Rows with nan were dropped.", zh="把有 nan 的行删了。")
def dropped(column, training):
    return column[~column.isnan()]
