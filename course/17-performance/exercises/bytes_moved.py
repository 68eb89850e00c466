from d2lab.exercises import RandomInputs, exercise


def array_and_line(draw: RandomInputs):
    shape = draw.size(3, 6), draw.size(3, 6)
    stride = draw.choice([(9, 1), (1, 9), (20, 2), (3, 12), (26, 4)])
    return shape, stride, draw.choice([32, 64])


@exercise("memory-and-vectors", order=2, zh="搬了多少字节", en="Bytes moved", arguments=array_and_line)
def bytes_moved(shape: tuple[int, int], stride: tuple[int, int], line: int) -> int:
    """Return the bytes that come from memory when a float64 array is read row by row.

    求一行一行地读一个 float64 数组时，从内存搬来多少字节。

    Element (i, j) lies i * stride[0] + j * stride[1] numbers of 8 bytes after the first, which lies at byte 0. Memory
    sends whole lines: line k has the bytes from k * line up to (k + 1) * line. Only the last line is remembered; a
    number in any other costs a whole line.
    元素 (i, j) 在第一个元素之后 i * stride[0] + j * stride[1] 个数处，每个数 8 字节，第一个元素在第 0 个字节。内存按行送
    数据：第 k 个缓存行是从 k * line 到 (k + 1) * line 之前的字节。只记得最近的一个缓存行；数在别的行里，就要搬一整行。

    Args:
        shape: rows and columns. 行数和列数。
        stride: numbers from row to row and from column to column. 相邻两行、相邻两列各隔几个数。
        line: bytes of a cache line. 一个缓存行的字节数。

    >>> bytes_moved((2, 8), (8, 1), 64), bytes_moved((2, 8), (1, 8), 64)
    (128, 1024)
    """
    raise NotImplementedError


def _moved(addresses, line, first=1):
    lines = [address // line for address in addresses]
    return line * (first + sum(a != b for a, b in zip(lines, lines[1:], strict=False)))


def _addresses(shape, stride, size=8):
    return [size * (i * stride[0] + j * stride[1]) for i in range(shape[0]) for j in range(shape[1])]


@bytes_moved.solution(
    en="The line of a byte is its address over the bytes of a line, rounded down. Whenever it differs from the last one, "
    "a whole line comes. By rows 2 lines are enough; by columns each of the 16 numbers is in another line.",
    zh="一个字节在哪个缓存行：地址除以缓存行的大小，向下取整。与上一个不同，就搬来一整行。按行读，2 行就够；按列读，16 "
    "个数每个都在另一行。",
)
def bytes_moved(shape, stride, line):
    last, moved = None, 0
    for i in range(shape[0]):
        for j in range(shape[1]):
            now = 8 * (i * stride[0] + j * stride[1]) // line
            if now != last:
                last, moved = now, moved + line
    return moved


@bytes_moved.mistake(
    en="Lines rounded up: byte 8 is in line 0 still, with bytes 0 to line - 1.",
    zh="缓存行的编号向上取整了：第 8 个字节仍在第 0 行，它含第 0 到 line − 1 个字节。",
)
def rounded_up(shape, stride, line):
    return _moved([address + line - 1 for address in _addresses(shape, stride)], line)


@bytes_moved.mistake(
    en="One line too few: the first has to come, too.",
    zh="少了一行：第一个缓存行也要搬来。",
)
def first_line_forgotten(shape, stride, line):
    return _moved(_addresses(shape, stride), line, first=0)


@bytes_moved.mistake(
    en="Strides taken for bytes: they count numbers, of 8 bytes each.",
    zh="把步幅当成了字节数：它数的是数，每个 8 字节。",
)
def strides_as_bytes(shape, stride, line):
    return _moved(_addresses(shape, stride, size=1), line)


@bytes_moved.mistake(
    en="These are the bytes that were asked for. Memory sends whole lines.",
    zh="这是要用的字节数。内存送来的是整个缓存行。",
)
def only_what_was_asked(shape, stride, line):
    return 8 * shape[0] * shape[1]


@bytes_moved.mistake(
    en="Read column by column: the last index has to run fastest.",
    zh="一列一列地读了：应当让最后一个下标变得最快。",
)
def by_columns(shape, stride, line):
    return _moved(_addresses(shape[::-1], stride[::-1]), line)
