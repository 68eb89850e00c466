import math

from d2lab.exercises import exercise


@exercise(
    "initialization",
    order=2,
    zh="leaky ReLU 的增益",
    en="The gain of a leaky ReLU",
    arguments=lambda draw: (draw.number(0.0, 0.9), draw.size(1, 500)),
)
def leaky_deviation(negative_slope: float, inputs: int) -> float:
    """Return the standard deviation of weights that keeps the mean square of a signal through a linear layer and a leaky ReLU.

    权重的标准差取多大，才能让信号经过线性层和 leaky ReLU 之后均方不变？

    Args:
        negative_slope: of the leaky ReLU; 0 is ReLU. 负侧斜率，0 就是 ReLU。
        inputs: of the layer.

    >>> leaky_deviation(0.0, 8)
    0.5
    """
    raise NotImplementedError


@leaky_deviation.solution(
    en="Half of the signal stays, half is multiplied by $a$: the mean square becomes $(1 + a^2) / 2$.",
    zh="一半信号在正侧，一半乘 $a$：均方变成 $(1 + a^2) / 2$。",
)
def leaky_deviation(negative_slope, inputs):
    return math.sqrt(2 / ((1 + negative_slope**2) * inputs))


@leaky_deviation.mistake(
    en="The slope is not used: the left side lets a part through.", zh="没有用到斜率：负侧也漏过去一部分。"
)
def as_relu(negative_slope, inputs):
    return math.sqrt(2 / inputs)


@leaky_deviation.mistake(en="The slope is not squared: mean squares count.", zh="斜率没有平方：算的是均方。")
def slope_not_squared(negative_slope, inputs):
    return math.sqrt(2 / ((1 + negative_slope) * inputs))


@leaky_deviation.mistake(en="This is the variance.", zh="这是方差。")
def variance(negative_slope, inputs):
    return 2 / ((1 + negative_slope**2) * inputs)


@leaky_deviation.mistake(
    en="The factor 2 is missing: a half of the signal is on the left.", zh="漏了因子 2：有一半信号在负侧。"
)
def without_two(negative_slope, inputs):
    return math.sqrt(1 / ((1 + negative_slope**2) * inputs))
