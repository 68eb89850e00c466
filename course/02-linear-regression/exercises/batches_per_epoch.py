import math

from d2lab.exercises import exercise


@exercise(
    "iterators",
    order=2,
    zh="一轮有几批",
    en="Batches of an epoch",
    arguments=lambda draw: (draw.size(1, 60), draw.size(1, 12), draw.boolean()),
)
def batches_per_epoch(examples: int, size: int, drop_last: bool) -> int:
    """Count the batches of one epoch.

    数一轮有多少批。

    Args:
        examples: how many there are.
        size: of a batch.
        drop_last: whether an incomplete last batch is left out. 不满的最后一批是否丢掉。

    >>> batches_per_epoch(10, 3, False), batches_per_epoch(10, 3, True)
    (4, 3)
    """
    raise NotImplementedError


@batches_per_epoch.solution(
    en="Dropping the incomplete batch rounds down, keeping it rounds up.",
    zh="丢掉不满的一批就是向下取整，保留就是向上取整。",
)
def batches_per_epoch(examples, size, drop_last):
    return examples // size if drop_last else math.ceil(examples / size)


@batches_per_epoch.mistake(
    en="drop_last is ignored: an incomplete batch is always counted.", zh="没有理会 drop_last：不满的一批总是算了进去。"
)
def always_keeps(examples, size, drop_last):
    return -(-examples // size)


@batches_per_epoch.mistake(
    en="drop_last is ignored: an incomplete batch is never counted.", zh="没有理会 drop_last：不满的一批从来没有算。"
)
def always_drops(examples, size, drop_last):
    return examples // size


@batches_per_epoch.mistake(en="drop_last is the wrong way round.", zh="drop_last 用反了。")
def wrong_way_round(examples, size, drop_last):
    return examples // size if not drop_last else -(-examples // size)


@batches_per_epoch.mistake(
    en="One too many where the size divides the number of examples: there is no incomplete batch then.",
    zh="正好整除时多算了一批：这时并没有不满的批。",
)
def one_too_many(examples, size, drop_last):
    return examples // size + (not drop_last)


@batches_per_epoch.mistake(en="A fraction came back: there are no half batches.", zh="返回了小数：没有半批。")
def a_fraction(examples, size, drop_last):
    return examples / size
