import math

from d2lab.exercises import exercise


@exercise(
    "vc-dimension",
    order=1,
    zh="直线能给出多少种标记",
    en="Cover's counting function",
    arguments=lambda draw: (draw.size(1, 12), draw.size(1, 5)),
)
def cover_count(points: int, dimensions: int) -> int:
    """Count the labelings that a perceptron with bias gives to points in general position: 2 times the sum of C(n - 1, i), i = 0 ... d.

    一般位置的 n 个点，带偏置的感知机能给出多少种标记？公式是 2 Σ C(n − 1, i)，i 从 0 到 d。

    Args:
        points: n.
        dimensions: d.

    >>> cover_count(3, 2), cover_count(4, 2)
    (8, 14)
    """
    raise NotImplementedError


@cover_count.solution(
    en="The formula as it stands; `comb` is 0 where $i > n - 1$.",
    zh="照公式写，`comb` 在 $i > n - 1$ 时是 0。",
)
def cover_count(points, dimensions):
    return 2 * sum(math.comb(points - 1, i) for i in range(dimensions + 1))


@cover_count.mistake(
    en="The factor 2 is missing: every boundary has two sides to be positive.",
    zh="漏了因子 2：每条决策边界两侧都可以为正。",
)
def without_two(points, dimensions):
    return sum(math.comb(points - 1, i) for i in range(dimensions + 1))


@cover_count.mistake(en="The sum stops one too early: it includes d.", zh="少加了一项：要加到 d。")
def one_term_less(points, dimensions):
    return 2 * sum(math.comb(points - 1, i) for i in range(dimensions))


@cover_count.mistake(en="It takes n, not n - 1.", zh="用了 n，应当是 n − 1。")
def n_for_n_minus_one(points, dimensions):
    return 2 * sum(math.comb(points, i) for i in range(dimensions + 1))


@cover_count.mistake(
    en="These are all labelings: a line can't do all of them beyond d + 1 points.",
    zh="这是所有的标记：超过 d + 1 个点，直线就做不到了。",
)
def all_of_them(points, dimensions):
    return 2**points
