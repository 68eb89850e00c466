import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "iterators",
    order=1,
    zh="切成小批量",
    en="Cut into batches",
    arguments=lambda draw: (draw.normal(draw.size(1, 17), 2), draw.size(1, 6)),
    measure=lambda candidate, *arguments: [batch for batch in candidate(*arguments)],
)
def in_batches(examples: Tensor, size: int):
    """Yield the examples in their order, `size` at a time; the last batch holds what is left.

    按顺序每次给出 size 个样本；最后一批是剩下的那些。

    Args:
        examples: (n, d).
        size: of a batch, at least 1.

    >>> [len(batch) for batch in in_batches(torch.zeros(7, 2), 3)]
    [3, 3, 1]
    """
    raise NotImplementedError


@in_batches.solution(
    en="A slice that reaches past the end is cut short by itself, so the last batch needs no care.",
    zh="切片越过末尾时自动截短，所以最后一批不用另外处理。",
)
def in_batches(examples, size):
    for start in range(0, len(examples), size):
        yield examples[start : start + size]


@in_batches.mistake(
    en="The examples left over at the end are dropped: 7 examples in threes are three batches, not two.",
    zh="末尾剩下的样本被丢掉了：7 个样本每批 3 个，应当有三批而不是两批。",
)
def drops_the_rest(examples, size):
    for start in range(0, len(examples) - size + 1, size):
        yield examples[start : start + size]


@in_batches.mistake(
    en="Batches overlap: the start moves by 1, and should move by the size of a batch.",
    zh="批与批重叠了：起点每次只移动 1，应当移动一批量大小。",
)
def overlapping(examples, size):
    for start in range(len(examples)):
        yield examples[start : start + size]


@in_batches.mistake(
    en="Only the first batch comes: return ends a function for good, yield goes on where it stopped.",
    zh="只给出了第一批：return 会结束函数，yield 才会从停下的地方继续。",
)
def only_the_first(examples, size):
    return [examples[:size]]


@in_batches.mistake(
    en="An empty batch comes at the end when the size divides the number of examples.",
    zh="样本数正好整除时，最后多给了一个空批。",
)
def an_empty_one(examples, size):
    for number in range(len(examples) // size + 1):
        yield examples[number * size : (number + 1) * size]


@in_batches.mistake(
    en="`size` was taken for the number of batches: it is the number of examples in one.",
    zh="把 size 当成了批的个数：它是每批的样本数。",
)
def size_as_a_count(examples, size):
    yield from examples.chunk(size)
