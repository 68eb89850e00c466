from d2lab.exercises import RandomInputs, exercise


def sizes_and_bytes(draw: RandomInputs):
    m, k, n = draw.size(2, 5), draw.size(6, 9), draw.size(10, 14)
    return m, k, n, draw.choice([2, 4, 8])


@exercise("roofline", order=1, zh="计算强度", en="Arithmetic intensity", arguments=sizes_and_bytes)
def intensity(m: int, k: int, n: int, size: int) -> float:
    """Return the floating-point operations for each byte moved of a product (m, k) by (k, n).

    求 (m, k) 乘 (k, n) 的矩阵乘法，每搬一个字节做多少次浮点运算。

    A multiplication and an addition are two operations. Each matrix crosses memory once: two are read, one is written.
    一次乘法和一次加法算两次运算。每个矩阵在内存里进出一次：读两个，写一个。

    Args:
        m: rows of the left matrix. 左矩阵的行数。
        k: its columns. 左矩阵的列数。
        n: columns of the right matrix. 右矩阵的列数。
        size: bytes of a number. 一个数的字节数。

    >>> intensity(3, 3, 3, 4)
    0.5
    """
    raise NotImplementedError


@intensity.solution(
    en="2 m k n operations over size (m k + k n + m n) bytes; for squares of side n that is 2n / (3 size), 6 / 12 here.",
    zh="2 m k n 次运算，除以 size × (m k + k n + m n) 个字节；边长 n 的方阵是 2n / (3 × size)，例中是 6 / 12。",
)
def intensity(m, k, n, size):
    return 2 * m * k * n / (size * (m * k + k * n + m * n))


@intensity.mistake(
    en="A factor of 2 is missing: each product is multiplied and added.",
    zh="少了因子 2：每个乘积要乘一次、加一次。",
)
def multiplications_only(m, k, n, size):
    return m * k * n / (size * (m * k + k * n + m * n))


@intensity.mistake(
    en="The result is missing: it has to be written, m n numbers.",
    zh="漏了结果：它也要写回内存，m n 个数。",
)
def nothing_written(m, k, n, size):
    return 2 * m * k * n / (size * (m * k + k * n))


@intensity.mistake(
    en="Upside down: operations for each byte, not bytes for each operation.",
    zh="倒过来了：是每个字节多少次运算，不是每次运算多少字节。",
)
def upside_down(m, k, n, size):
    return size * (m * k + k * n + m * n) / (2 * m * k * n)


@intensity.mistake(
    en="The result was given the shape of the left matrix: it is (m, n).",
    zh="把结果当成了左矩阵的形状：它是 (m, n)。",
)
def shape_of_the_left(m, k, n, size):
    return 2 * m * k * n / (size * (m * k + k * n + m * k))


@intensity.mistake(
    en="Sides in place of areas: a matrix (m, k) has m times k numbers.",
    zh="把边长当成了面积：(m, k) 的矩阵有 m 乘 k 个数。",
)
def sides_for_areas(m, k, n, size):
    return 2 * m * k * n / (size * (m + k + n))
