from d2lab.exercises import RandomInputs, exercise


def place_and_shape(draw: RandomInputs):
    rows = draw.size(3, 6)
    columns = rows + draw.choice([2, 3, 4])
    return draw.size(1, rows - 1), draw.size(1, columns - 1), (rows, columns)


@exercise("memory-and-vectors", order=1, zh="元素在内存里的位置", en="Where an element lies", arguments=place_and_shape)
def row_major(i: int, j: int, shape: tuple[int, int]) -> int:
    """Return the byte at which element (i, j) of a row-major float32 array begins, counted from the array's first byte.

    求按行存储的 float32 数组里，元素 (i, j) 从第几个字节开始，从数组的第一个字节数起。

    Indices count from 0, and a number has 4 bytes.
    下标从 0 数起，一个数 4 个字节。

    Args:
        i: row. 行号。
        j: column. 列号。
        shape: rows and columns. 行数和列数。

    >>> row_major(1, 2, (3, 5))
    28
    """
    raise NotImplementedError


@row_major.solution(
    en="Before it lie i whole rows of `columns` numbers, then j numbers of its own row, 4 bytes each: 4 (1 * 5 + 2) = 28.",
    zh="它前面有 i 整行，每行“列数”那么多个数，再加本行的 j 个数，每个 4 字节：4 × (1 × 5 + 2) = 28。",
)
def row_major(i, j, shape):
    return 4 * (i * shape[1] + j)


@row_major.mistake(
    en="This is column-major order, as Fortran has it: columns one after the other. Here rows follow each other.",
    zh="这是按列存储（Fortran 的次序），一列接一列。这里是一行接一行。",
)
def column_major(i, j, shape):
    return 4 * (j * shape[0] + i)


@row_major.mistake(
    en="One number too far: the first element begins at byte 0.",
    zh="多数了一个数：第一个元素从第 0 个字节开始。",
)
def counted_from_one(i, j, shape):
    return 4 * (i * shape[1] + j + 1)


@row_major.mistake(
    en="A row is as long as there are columns, not as there are rows.",
    zh="一行的长度是列数，不是行数。",
)
def rows_for_columns(i, j, shape):
    return 4 * (i * shape[0] + j)


@row_major.mistake(
    en="That counts numbers. A float32 number has 4 bytes.",
    zh="这数的是第几个数。一个 float32 数占 4 个字节。",
)
def numbers_for_bytes(i, j, shape):
    return i * shape[1] + j


@row_major.mistake(
    en="Added before multiplying: only the row number is multiplied by the length of a row.",
    zh="先加后乘了：只有行号要乘一行的长度。",
)
def added_first(i, j, shape):
    return 4 * (i + j) * shape[1]
