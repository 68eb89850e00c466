from d2lab.exercises import RandomInputs, exercise


def length_and_block(draw: RandomInputs):
    size = draw.size(2, 5)
    return size * draw.size(2, 4) + draw.size(1, size - 1), size


@exercise("memory-and-vectors", order=3, zh="分块", en="Blocks", arguments=length_and_block)
def blocks(n: int, b: int) -> list[tuple[int, int]]:
    """Return where blocks of b rows begin and end, the end not included; the last one is shorter where n is no multiple.

    把 n 行切成每块 b 行，求各块从哪里开始、到哪里结束（不含结束的那一行）；除不尽时最后一块短一些。

    Args:
        n: rows. 行数。
        b: rows of a block. 每块的行数。

    >>> blocks(7, 3)
    [(0, 3), (3, 6), (6, 7)]
    """
    raise NotImplementedError


@blocks.solution(
    en="Blocks begin at 0, b, 2b and so on below n, and end b rows later, or at n if that is earlier.",
    zh="各块从 0、b、2b……开始，都小于 n；再过 b 行结束，超过 n 就到 n 为止。",
)
def blocks(n, b):
    return [(begin, min(begin + b, n)) for begin in range(0, n, b)]


@blocks.mistake(
    en="The number of blocks was rounded down: the rows that are left over need a block, too.",
    zh="块数向下取整了：剩下的几行也要有一块。",
)
def rest_dropped(n, b):
    return [(k * b, k * b + b) for k in range(n // b)]


@blocks.mistake(
    en="The end is the first row that no longer belongs to the block, as in range; here it is the last that does.",
    zh="结束的是第一个不属于这块的行，与 range 一样；这里给的是最后一个属于它的行。",
)
def end_included(n, b):
    return [(begin, min(begin + b, n) - 1) for begin in range(0, n, b)]


@blocks.mistake(
    en="The last block runs past the end: there are only n rows.",
    zh="最后一块越过了末尾：一共只有 n 行。",
)
def past_the_end(n, b):
    return [(begin, begin + b) for begin in range(0, n, b)]


@blocks.mistake(
    en="Blocks overlap: the next one begins where the last one ended, not one row further.",
    zh="块与块重叠了：下一块从上一块结束的地方开始，不是只往后一行。",
)
def overlapping(n, b):
    return [(begin, min(begin + b, n)) for begin in range(n)]


@blocks.mistake(
    en="The first block is missing: rows count from 0.",
    zh="漏了第一块：行号从 0 数起。",
)
def first_missing(n, b):
    return [(begin, min(begin + b, n)) for begin in range(b, n, b)]
