import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "activations",
    order=3,
    zh="多少 ReLU 不再活动",
    en="How many ReLUs are dead",
    arguments=lambda draw: (draw.normal(draw.size(3, 6), k := draw.size(4, 9)) + 2 * draw.normal(k) - 1,),
)
def dead_share(before: Tensor) -> float:
    """Return the share of units that are 0 behind the ReLU for every example of a batch.

    对一批的每个样本，ReLU 之后都为 0 的单元占多大比例？

    Args:
        before: (n, units), what goes into the ReLU. ReLU 之前的值。

    >>> dead_share(torch.tensor([[-1.0, 2.0], [-3.0, -1.0]]))
    0.5
    """
    raise NotImplementedError


@dead_share.solution(
    en="Ask along the examples whether all are at or below 0, then take the share.",
    zh="先沿样本轴问“是不是全都不大于 0”，再求比例。",
)
def dead_share(before):
    return (before <= 0).all(dim=0).float().mean().item()


@dead_share.mistake(
    en="These are all zeros: a unit counts only if it is 0 for every example.",
    zh="这是所有 0 的比例：对每个样本都为 0 的单元才算。",
)
def all_zeros(before):
    return float((before <= 0).float().mean())


@dead_share.mistake(
    en="Units count here that are 0 for any one example; every one is needed.",
    zh="只要有一个样本为 0 就算了进去；应当是每个样本都为 0。",
)
def any_example(before):
    return float((before <= 0).any(0).float().mean())


@dead_share.mistake(
    en="Examples are counted, not units: the batch is the first axis.", zh="数的是样本，不是单元：第一个轴是样本。"
)
def of_examples(before):
    return float((before <= 0).all(1).float().mean())


@dead_share.mistake(en="This is the share of living units.", zh="这是还在活动的单元的比例。")
def living(before):
    return float((before > 0).any(0).float().mean())


@dead_share.mistake(en="This is a number of units: divide by how many there are.", zh="这是个数：还要除以单元总数。")
def a_number(before):
    return float((before <= 0).all(0).sum())
