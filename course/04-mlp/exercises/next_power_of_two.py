import math

from d2lab.exercises import exercise


@exercise(
    "powers-of-two",
    order=1,
    zh="补到 2 的幂",
    en="Up to the next power of two",
    arguments=lambda draw: (draw.size(1, 3000),),
)
def next_power_of_two(n: int) -> int:
    """Return the smallest power of two that is not below n.

    不小于 n 的最小的 2 的幂。

    Args:
        n: 1 or more.

    >>> next_power_of_two(5), next_power_of_two(8), next_power_of_two(1)
    (8, 8, 1)
    """
    raise NotImplementedError


@next_power_of_two.solution(
    en="The bits of an integer know no rounding.",
    zh="整数的位数不受浮点误差影响。",
)
def next_power_of_two(n):
    return 1 << (n - 1).bit_length()


@next_power_of_two.mistake(en="It rounds down: the power lies below n.", zh="向下取了：结果比 n 小。")
def rounds_down(n):
    return 2 ** int(math.log2(n))


@next_power_of_two.mistake(en="It goes one power too far everywhere.", zh="处处多走了一个幂。")
def one_too_far(n):
    return 2 ** (math.ceil(math.log2(n)) + 1)


@next_power_of_two.mistake(en="This is twice n, which is no power of two.", zh="这是 n 的两倍，并不是 2 的幂。")
def twice(n):
    return 2 * n


@next_power_of_two.mistake(en="This is the exponent; the power is asked for.", zh="这是指数；要的是幂。")
def exponent(n):
    return math.ceil(math.log2(n))
