from d2lab.exercises import RandomInputs, exercise


def rows_and_side(draw: RandomInputs):
    side = draw.size(2, 6)
    return side + draw.choice([-1, 1, 2, 5]), side


@exercise("systolic", order=1, zh="脉动阵列的周期数", en="Cycles of a systolic array", arguments=rows_and_side)
def cycles(m: int, n: int) -> int:
    """Return the clock cycles from the first product to the last, when m rows stream through n x n cells.

    求 m 行数据流过 n × n 个单元时，从第一次乘法到最后一次乘法共多少个时钟周期。

    The weights lie in the cells already. Row i of the cells gets its numbers i cycles late, and a number moves one
    cell to the right in each cycle.
    权重已经在单元里。第 i 行单元的数据晚 i 个周期进来，每个周期右移一格。

    Args:
        m: rows of the left matrix, (m, n). 左矩阵的行数，(m, n)。
        n: cells along each side. 阵列的边长。

    >>> cycles(2, 2)
    4
    """
    raise NotImplementedError


@cycles.solution(
    en="The last row enters at cycle m. The last row of cells gets it n - 1 cycles later, and it takes n - 1 cycles more "
    "to reach the last column: m + 2(n - 1).",
    zh="最后一行在第 m 个周期进来，最下一行单元晚 n − 1 个周期收到它，再过 n − 1 个周期到达最后一列：m + 2(n − 1)。",
)
def cycles(m, n):
    return m + 2 * (n - 1)


@cycles.mistake(
    en="Off by one on each side: from the first cell to the last there are n - 1 moves, not n.",
    zh="每一边都差了一步：从第一格到最后一格要走 n − 1 步，不是 n 步。",
)
def fence_posts(m, n):
    return m + 2 * n


@cycles.mistake(
    en="One way only: numbers are late by rows, and they also have to cross the columns.",
    zh="只算了一个方向：各行有延迟，数据还要穿过各列。",
)
def one_way(m, n):
    return m + n - 1


@cycles.mistake(
    en="Only the delay of the array is left: the m rows that stream through it are missing.",
    zh="只剩下阵列的延迟：漏了流过去的 m 行。",
)
def rows_missing(m, n):
    return 2 * (n - 1)


@cycles.mistake(
    en="Rows and side changed places: the array is crossed twice, the rows stream once.",
    zh="行数和边长换了位置：要穿过两次的是阵列，流过一次的是行。",
)
def changed_places(m, n):
    return n + 2 * (m - 1)


@cycles.mistake(
    en="As if a row entered only when the last one has left: rows follow each other cycle by cycle.",
    zh="像是前一行走完了才进下一行：其实一行接一行，每个周期进一行。",
)
def one_after_the_other(m, n):
    return m * (2 * n - 1)
