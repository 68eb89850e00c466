import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def some_mask(draw: RandomInputs):
    mask = (draw.uniform(draw.size(3, 4), draw.size(4, 5)) < 0.5).long()
    mask[0, 0], mask[1, 0] = draw.size(0, 1), 0  # the first run may be empty
    mask[-1, -1] = draw.size(0, 1)
    return (mask,)


@exercise("segmentation", order=3, zh="游程编码", en="Run lengths", arguments=some_mask)
def run_lengths(mask: Tensor) -> list[int]:
    """Return the lengths of the runs of a mask, read column by column, beginning with a run of zeros.

    一列一列地读掩码，给出各段游程的长度，从 0 的一段开始。

    Args:
        mask: (H, W) of 0 and 1. 由 0 和 1 组成。

    Returns:
        Lengths of runs of 0 and 1 in turn; the first is 0 where the mask begins with 1.
        0 与 1 交替的长度；掩码以 1 开头时，第一段长 0。

    >>> run_lengths(torch.tensor([[0, 1, 1, 0], [0, 1, 0, 0], [1, 1, 0, 0]]))
    [2, 5, 5]
    >>> run_lengths(torch.tensor([[1, 1], [1, 0]]))
    [0, 3, 1]
    """
    raise NotImplementedError


@run_lengths.solution(
    en="Columns in turn are the rows of the transpose. A new run begins where the value changes; starting from the value "
    "0 makes the first run empty where the mask begins with 1.",
    zh="一列一列地读，就是转置以后一行一行地读。值变了就开始新的一段；把“上一个值”设为 0，掩码以 1 开头时第一段就是空的。",
)
def run_lengths(mask):
    return _runs(mask.T.flatten().tolist())


def _runs(line, last=0):
    counts = [0]
    for value in line:
        if value != last:
            counts.append(0)
            last = value
        counts[-1] += 1
    return counts


@run_lengths.mistake(
    en="The mask was read row by row: COCO reads columns.",
    zh="一行一行地读了：COCO 是一列一列地读。",
)
def by_rows(mask):
    return _runs(mask.flatten().tolist())


@run_lengths.mistake(
    en="The empty first run is missing: then nobody knows which runs are ones.",
    zh="缺了开头的空段：这样就不知道哪些段是 1。",
)
def empty_run_left_out(mask):
    line = mask.T.flatten().tolist()
    return _runs(line, line[0])


@run_lengths.mistake(
    en="The last run is missing: the lengths must add up to all pixels.",
    zh="缺了最后一段：各段加起来要等于像素总数。",
)
def last_run_left_out(mask):
    return _runs(mask.T.flatten().tolist())[:-1]


@run_lengths.mistake(
    en="These are the places where runs end, not how long they are.",
    zh="这是各段结束的位置，不是长度。",
)
def ends_returned(mask):
    return torch.tensor(_runs(mask.T.flatten().tolist())).cumsum(0).tolist()


@run_lengths.mistake(
    en="A run was broken off at the end of each column: it goes on in the next one.",
    zh="每一列末尾都断开了：同一段会延续到下一列。",
)
def broken_at_columns(mask):
    return [length for column in mask.T.tolist() for length in _runs(column)]
