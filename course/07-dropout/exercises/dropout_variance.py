from d2lab.exercises import exercise


@exercise(
    "dropout",
    order=2,
    zh="暂退法（dropout）带来的方差",
    en="The variance of dropout",
    arguments=lambda draw: (draw.number(-3, 3), draw.number(0.05, 0.9)),
)
def dropout_variance(x: float, p: float) -> float:
    """Return the variance of a value after dropout, where a kept value is divided by 1 - p.

    一个数经过暂退法（留下时放大）之后的方差。

    Args:
        x: the value.
        p: dropout probability. 暂退概率。

    >>> dropout_variance(2.0, 0.5)
    4.0
    """
    raise NotImplementedError


@dropout_variance.solution(
    en="The value is $x / (1 - p)$ with probability $1 - p$ and 0 otherwise: mean square minus $x^2$.",
    zh="值以概率 $1 - p$ 取 $x / (1 - p)$，否则取 0：平方的平均减去 $x^2$。",
)
def dropout_variance(x, p):
    return x**2 * p / (1 - p)


@dropout_variance.mistake(
    en="The scaling is missing: kept values are x / (1 - p).", zh="没有算放大：留下的值是 x / (1 − p)。"
)
def unscaled(x, p):
    return x**2 * p * (1 - p)


@dropout_variance.mistake(en="This is the standard deviation, the root of the variance.", zh="这是标准差，不是方差。")
def deviation(x, p):
    return abs(x) * (p / (1 - p)) ** 0.5


@dropout_variance.mistake(en="p and 1 - p are exchanged.", zh="p 与 1 − p 弄反了。")
def exchanged(x, p):
    return x**2 * (1 - p) / p


@dropout_variance.mistake(
    en="This is the mean square; the square of the mean has to be taken off.", zh="这是平方的平均，还要减去平均的平方。"
)
def mean_square(x, p):
    return x**2 / (1 - p)
