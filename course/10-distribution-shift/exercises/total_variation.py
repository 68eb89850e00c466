import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def two_tables_of_counts(draw: RandomInputs):
    shape = (draw.size(1, 3), draw.size(2, 6))
    one, other = draw.integers(0, 9, *shape), draw.integers(0, 30, *shape)
    one[0, 0] += 1
    other[-1, -1] += 5
    return one.float(), other.float()


@exercise("kinds-of-shift", order=3, zh="总变差距离", en="The total variation distance", arguments=two_tables_of_counts)
def total_variation(p: Tensor, q: Tensor) -> Tensor:
    """Return the total variation distance of two samples, given as counts of the same cells.

    由两份样本在同样的格子里的计数，求它们的总变差距离。

    Args:
        p: counts of the first sample, none negative. 第一份样本的计数。
        q: counts of the second, of the same shape; the samples may differ in size. 第二份的计数；两份的总数可以不同。

    Returns:
        A number from 0 to 1. 0 到 1 之间的一个数。

    >>> total_variation(torch.tensor([6.0, 4.0]), torch.tensor([12.0, 13.0]))
    tensor(0.1200)
    """
    raise NotImplementedError


@total_variation.solution(
    en="Counts over their sum are shares. Where one sample has more, the other has less elsewhere, so the sum of all "
    "distances counts everything twice.",
    zh="计数除以总数是份额。一份在这里多，在别处就少，所以各格差的绝对值之和，把每一份都算了两次。",
)
def total_variation(p, q):
    apart = p / p.sum() - q / q.sum()
    return apart.abs().sum() / 2


@total_variation.mistake(
    en="Twice too large: what is too much in one cell is missing in others, and both were counted.",
    zh="大了一倍：这一格多的，就是别的格少的，两边都算进去了。",
)
def twice(p, q):
    return (p / p.sum() - q / q.sum()).abs().sum()


@total_variation.mistake(
    en="Differences cancel each other: take them without their signs, cell by cell.",
    zh="正负抵消了：每一格的差要去掉符号再加。",
)
def signs_cancel(p, q):
    return (p / p.sum() - q / q.sum()).sum() / 2


@total_variation.mistake(
    en="That is half of the Euclidean distance: add the differences, not the root of their squares.",
    zh="这是欧氏距离的一半：把差加起来，而不是平方和开方。",
)
def euclidean(p, q):
    return (p / p.sum() - q / q.sum()).square().sum().sqrt() / 2


@total_variation.mistake(
    en="The largest difference of one cell is too small: the best event joins all cells where one sample has more.",
    zh="只取了差得最多的一格：应当把所有多出来的格合在一起。",
)
def largest_cell(p, q):
    return (p / p.sum() - q / q.sum()).abs().max()


@total_variation.mistake(
    en="The samples differ in size: turn counts into shares before you compare them.",
    zh="两份样本大小不同：先化成份额再比较。",
)
def not_normalized(p, q):
    return (p - q).abs().sum() / 2


@total_variation.mistake(
    en="A mean over cells: it would get smaller with empty cells; take the sum.",
    zh="对格子取了平均：多几个空格它就变小了；应当求和。",
)
def mean_over_cells(p, q):
    return (p / p.sum() - q / q.sum()).abs().mean() / 2
