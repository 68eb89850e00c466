import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "windows",
    order=3,
    zh="输入和目标",
    en="Inputs and targets",
    arguments=lambda draw: (draw.integers(0, 99, draw.size(2, 5), draw.size(3, 7)),),
)
def inputs_and_targets(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Split rows of neighboring tokens into what a language model reads and what it shall say at each place.

    把一行行相邻的词元分成两部分：语言模型读到的，和它在每个位置应当说出的。

    Args:
        rows: (batch, n + 1), runs of a text.

    Returns:
        Inputs and targets, (batch, n) each. 各为 (batch, n)。

    >>> inputs_and_targets(torch.tensor([[1, 2, 3]]))
    (tensor([[1, 2]]), tensor([[2, 3]]))
    """
    raise NotImplementedError


@inputs_and_targets.solution(
    en="Each token is the target of the one before it; so a run of $n + 1$ tokens gives $n$ pairs.",
    zh="每个词元都是前一个词元的目标，所以 $n + 1$ 个词元给出 $n$ 对。",
)
def inputs_and_targets(rows):
    return rows[:, :-1], rows[:, 1:]


@inputs_and_targets.mistake(
    en="The target is one token too far: the model would have to say the word after the next.",
    zh="目标远了一个词元：这是要模型说出下下个词元。",
)
def two_ahead(rows):
    return rows[:, :-2], rows[:, 2:]


@inputs_and_targets.mistake(
    en="Time runs backward: from each token the one before it is to be guessed, which it has just read.",
    zh="时间反了：要猜的是前一个词元，而模型刚刚读过它。",
)
def one_back(rows):
    return rows[:, 1:], rows[:, :-1]


@inputs_and_targets.mistake(
    en="The last target was taken from the beginning of the row: what follows the last token is not known here.",
    zh="最后一个目标取自行首：这一行里并不知道最后那个词元后面是什么。",
)
def in_a_ring(rows):
    return rows, rows.roll(-1, 1)


@inputs_and_targets.mistake(
    en="It was shifted along the batch: the next row is another place of the text.",
    zh="沿着批量的轴移了一位：下一行是文本的另一处。",
)
def along_the_batch(rows):
    return rows[:-1], rows[1:]


@inputs_and_targets.mistake(
    en="The targets are what is being read: copying makes this loss zero, and nothing is predicted.",
    zh="目标就是正在读的词元：照抄就能让损失为零，什么也没有预测。",
)
def copies(rows):
    return rows[:, :-1], rows[:, :-1]
