import math

from d2lab.exercises import exercise


@exercise(
    "probability",
    order=3,
    zh="掷多少次才够",
    en="How many throws are needed",
    arguments=lambda draw: (draw.number(0.05, 0.95), draw.number(0.001, 0.05)),
)
def throws_needed(chance: float, error: float) -> int:
    """How many throws until the standard error of a frequency is at most `error`? Round up.

    掷多少次，频率的标准误差才不超过 error？向上取整。

    Args:
        chance: probability of what is counted.
        error: that is allowed.

    >>> throws_needed(0.5, 0.05)
    100
    """
    raise NotImplementedError


@throws_needed.solution(
    en="The variance $p(1-p)$ over the squared error; slightly less, so that rounding adds no throw.",
    zh="方差 $p(1-p)$ 除以误差的平方；减去一点点，免得舍入多出一次。",
)
def throws_needed(chance, error):
    return math.ceil(chance * (1 - chance) / error**2 - 1e-9)


@throws_needed.mistake(
    en="The error is not squared: ten times as exact takes a hundred times as many.",
    zh="误差没有平方：精确十倍要掷一百倍。",
)
def not_squared(chance, error):
    return math.ceil(chance * (1 - chance) / error - 1e-9)


@throws_needed.mistake(en="The standard deviation was taken for the variance.", zh="把标准差当成了方差。")
def deviation_for_variance(chance, error):
    return math.ceil((chance * (1 - chance)) ** 0.5 / error**2 - 1e-9)


@throws_needed.mistake(
    en="The probability is not used: this is the worst case, one half.", zh="没有用到概率：这是最坏情形（一半）。"
)
def worst_case(chance, error):
    return math.ceil(0.25 / error**2 - 1e-9)


@throws_needed.mistake(en="The factor 1 - p is missing.", zh="漏了 1 − p。")
def without_counter(chance, error):
    return math.ceil(chance / error**2 - 1e-9)
