from d2lab.exercises import RandomInputs, exercise


def count_size_and_drop(draw: RandomInputs):
    size = draw.size(3, 6)
    count = size * draw.size(1, 3) + draw.choice([0, draw.size(1, size - 1)])
    return count, size, draw.boolean()


@exercise("kaggle-pictures", order=2, zh="批次的长短", en="Lengths of batches", arguments=count_size_and_drop)
def batch_lengths(count: int, size: int, drop_last: bool) -> list[int]:
    """List how many examples each batch of an epoch has.

    列出一轮里每个批次各有几个样本。

    Args:
        count: of examples. 样本数。
        size: of a batch. 批量大小。
        drop_last: leave out a last batch that is not full. 丢掉不满的最后一批。

    >>> batch_lengths(10, 4, False)
    [4, 4, 2]
    >>> batch_lengths(10, 4, True)
    [4, 4]
    """
    raise NotImplementedError


@batch_lengths.solution(
    en="The division says it all: count // size full batches and a rest of count % size. Only a rest above 0 is a batch, "
    "and only a rest can be dropped.",
    zh="一次除法就够：count // size 个满的批次，余下 count % size 个。余数大于 0 才算一批，能丢的也只有它。",
)
def batch_lengths(count, size, drop_last):
    rest = count % size
    return [size] * (count // size) + ([rest] if rest and not drop_last else [])


@batch_lengths.mistake(
    en="The short last batch is there although it should be dropped.",
    zh="最后不满的一批该丢却没丢。",
)
def never_dropped(count, size, drop_last):
    rest = count % size
    return [size] * (count // size) + ([rest] if rest else [])


@batch_lengths.mistake(
    en="The rest is missing although nothing should be dropped.",
    zh="没有要求丢弃，余下的样本却不见了。",
)
def always_dropped(count, size, drop_last):
    return [size] * (count // size)


@batch_lengths.mistake(
    en="There is a batch of 0 examples: where the size divides the count nothing is left over.",
    zh="出现了 0 个样本的批次：整除时没有余下的。",
)
def empty_batch(count, size, drop_last):
    return [size] * (count // size) + ([] if drop_last else [count % size])


@batch_lengths.mistake(
    en="The last batch was dropped though it is full: only a short one goes.",
    zh="最后一批是满的，也被丢掉了：只丢不满的。",
)
def full_one_dropped(count, size, drop_last):
    rest = count % size
    lengths = [size] * (count // size) + ([rest] if rest else [])
    return lengths[:-1] if drop_last else lengths


@batch_lengths.mistake(
    en="The last batch was filled up: its length is what is left.",
    zh="最后一批被凑满了：它的长度是余下的个数。",
)
def filled_up(count, size, drop_last):
    return [size] * (count // size if drop_last else -(-count // size))


@batch_lengths.mistake(
    en="The meaning of drop_last is turned around.",
    zh="drop_last 的意思反了。",
)
def turned_around(count, size, drop_last):
    rest = count % size
    return [size] * (count // size) + ([rest] if rest and drop_last else [])
