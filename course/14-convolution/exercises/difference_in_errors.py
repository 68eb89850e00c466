import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "trembling-curves",
    order=3,
    zh="两次结果差得算不算数",
    en="Is the difference real?",
    arguments=lambda draw: (
        draw.normal(n := draw.size(3, 8), scale=0.5) + draw.number(-1, 1),
        draw.normal(n, scale=0.5),
    ),
    tolerance=1e-3,
)
def difference_in_errors(ours: Tensor, theirs: Tensor) -> float:
    """Return the difference of two means over seeds in units of its standard error (variances with n - 1).

    两组种子的平均之差，是它的标准误差的几倍？方差除以 n − 1。

    Args:
        ours: (n,), one value a seed. 每个种子一个值。
        theirs: (n,), other seeds.

    >>> round(difference_in_errors(torch.tensor([3.0, 5.0]), torch.tensor([1.0, 3.0])), 4)
    1.4142
    """
    raise NotImplementedError


@difference_in_errors.solution(
    en="Both means have errors, and variances of independent errors add up.",
    zh="两个平均各有误差，独立的误差按方差相加。",
)
def difference_in_errors(ours, theirs):
    variance = ours.var() / len(ours) + theirs.var() / len(theirs)
    return ((ours.mean() - theirs.mean()) / variance.sqrt()).item()


def _spread(ours, theirs, correction=1):
    return (ours.var(correction=correction) / len(ours) + theirs.var(correction=correction) / len(theirs)).sqrt()


@difference_in_errors.mistake(
    en="The plain difference: it is not yet compared with its error.", zh="这只是差，还没有和它的误差相比。"
)
def plain_difference(ours, theirs):
    return float(ours.mean() - theirs.mean())


@difference_in_errors.mistake(
    en="Standard deviations of single runs were used: means of n runs vary less.",
    zh="用了单次结果的标准差：n 次的平均波动更小。",
)
def of_single_runs(ours, theirs):
    return float((ours.mean() - theirs.mean()) / (ours.var() + theirs.var()).sqrt())


@difference_in_errors.mistake(
    en="Only one side's error was counted: both means have an error.", zh="只算了一边的误差：两个平均都有误差。"
)
def one_sided(ours, theirs):
    return float((ours.mean() - theirs.mean()) / (ours.var() / len(ours)).sqrt())


@difference_in_errors.mistake(
    en="The errors were added: variances of independent numbers add up, standard deviations do not.",
    zh="把标准误差直接相加了：独立的量，方差才能相加。",
)
def errors_added(ours, theirs):
    return float((ours.mean() - theirs.mean()) / (ours.std() / len(ours) ** 0.5 + theirs.std() / len(theirs) ** 0.5))


@difference_in_errors.mistake(
    en="The variances divide by n: with few seeds they come out too small.", zh="方差除的是 n：种子少的时候会偏小。"
)
def population_variance(ours, theirs):
    return float((ours.mean() - theirs.mean()) / _spread(ours, theirs, 0))
