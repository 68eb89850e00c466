import math

from d2lab.exercises import RandomInputs, exercise


def sizes_and_side(draw: RandomInputs):
    side = draw.size(3, 6)
    k, n = (side * draw.size(1, 3) + draw.size(1, side - 1) for _ in range(2))
    return draw.size(2, 9) + 11, k, n, side


@exercise("systolic", order=2, zh="补零之后的利用率", en="Use of the cells with padding", arguments=sizes_and_side)
def padded_use(m: int, k: int, n: int, t: int) -> float:
    """Return the share of all cells in all cycles that compute a product, for an (m, k) by (k, n) product in tiles.

    求 (m, k) 乘 (k, n) 分块计算时，所有单元在所有周期里真正在做乘法的比例。

    The weights (k, n) are cut into tiles of t x t and padded with zeros; one tile after the other takes m + 2t - 2
    cycles. Products with padding do not count as work.
    权重 (k, n) 切成 t × t 的块，不足的补零；每块用 m + 2t − 2 个周期，一块接一块。与补的零相乘不算干活。

    Args:
        m: rows that stream through. 流过的行数。
        k: rows of the weights. 权重的行数。
        n: columns of the weights. 权重的列数。
        t: cells along each side of the array. 阵列的边长。

    >>> padded_use(4, 3, 2, 2)
    0.5
    """
    raise NotImplementedError


@padded_use.solution(
    en="Work is m k n products. There are ceil(k / t) ceil(n / t) tiles, each of m + 2t - 2 cycles in which t * t cells "
    "could compute. In the example that is 24 of 2 * 6 * 4 = 48.",
    zh="要做的乘法是 m k n 次。共有 ⌈k / t⌉⌈n / t⌉ 块，每块 m + 2t − 2 个周期，每个周期有 t × t 个单元可用。例中是 48 = "
    "2 × 6 × 4 里的 24。",
)
def padded_use(m, k, n, t):
    tiles = math.ceil(k / t) * math.ceil(n / t)
    return m * k * n / (tiles * (m + 2 * t - 2) * t * t)


@padded_use.mistake(
    en="Tiles rounded down: what is left over needs a tile of its own.",
    zh="块数向下取整了：剩下的那一点也要占一整块。",
)
def rounded_down(m, k, n, t):
    return m * k * n / ((k // t) * (n // t) * (m + 2 * t - 2) * t * t)


@padded_use.mistake(
    en="Upside down: a share is at most 1.",
    zh="比例倒过来了：它最多是 1。",
)
def upside_down(m, k, n, t):
    return 1 / _right(m, k, n, t)


def _right(m, k, n, t):
    return m * k * n / (math.ceil(k / t) * math.ceil(n / t) * (m + 2 * t - 2) * t * t)


@padded_use.mistake(
    en="The padding counts as work here: products with added zeros are none.",
    zh="把补的零也算成了干活：与补零相乘不算。",
)
def padding_is_work(m, k, n, t):
    return m / (m + 2 * t - 2)


@padded_use.mistake(
    en="Only t cells can compute in a cycle here: there are t * t.",
    zh="每个周期只算了 t 个单元：有 t × t 个。",
)
def one_side_of_cells(m, k, n, t):
    return _right(m, k, n, t) * t


@padded_use.mistake(
    en="Columns of the weights stream through and rows of the left matrix are cut into tiles: it is the other way round.",
    zh="让权重的列流过，把左矩阵的行切了块：正好反了。",
)
def sizes_exchanged(m, k, n, t):
    return _right(n, k, m, t)
