import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def joint_table(draw: RandomInputs):
    table = draw.uniform(draw.size(2, 4), draw.size(2, 4))
    return table / table.sum(), draw.size(0, 1)


@exercise(
    "probability",
    order=2,
    zh="条件分布",
    en="A conditional distribution",
    arguments=joint_table,
)
def conditional(joint: Tensor, row: int) -> Tensor:
    """From a table of joint probabilities give the distribution of the columns, given a row.

    已知联合概率表，求给定某一行时各列的分布。

    Args:
        joint: (rows, columns), adding up to 1.
        row: that is given.

    >>> conditional(torch.tensor([[0.1, 0.3], [0.2, 0.4]]), 0)
    tensor([0.2500, 0.7500])
    """
    raise NotImplementedError


@conditional.solution(
    en="Take the row and divide by its sum.",
    zh="取那一行，除以它的和。",
)
def conditional(joint, row):
    return joint[row] / joint[row].sum()


@conditional.mistake(en="The row does not add up to 1: divide by its sum.", zh="这一行加起来不是 1：要除以它的和。")
def joint_row(joint, row):
    return joint[row]


@conditional.mistake(
    en="This is the marginal of the columns; the row plays no part.", zh="这是列的边缘分布，没有用到给定的行。"
)
def marginal(joint, row):
    return joint.sum(0)


@conditional.mistake(
    en="It was divided by the columns' sums: that is the row given the column.",
    zh="除的是列的和：那是给定列时行的分布。",
)
def other_way(joint, row):
    return joint[row] / joint.sum(0)


@conditional.mistake(en="A column was taken for the row.", zh="取成了列。")
def a_column(joint, row):
    return joint[:, row] / joint[:, row].sum()
