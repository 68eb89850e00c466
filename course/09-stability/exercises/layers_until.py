import math

from d2lab.exercises import exercise


@exercise(
    "vanishing-and-exploding",
    order=1,
    zh="几层之后梯度消失",
    en="Vanishing after how many layers",
    arguments=lambda draw: (draw.number(0.1, 0.95), draw.choice((1e-3, 1e-6, 1e-12))),
)
def layers_until(factor: float, smallest: float) -> int:
    """If each layer multiplies the gradient by a factor below 1, after how many layers does it first lie below `smallest`?

    每层把梯度乘以小于 1 的 factor，几层之后第一次小于 smallest？

    Args:
        factor: between 0 and 1.
        smallest: between 0 and 1.

    >>> layers_until(0.25, 0.01)
    4
    """
    raise NotImplementedError


@layers_until.solution(
    en="Solve $f^n < s$ and take the first integer that does.",
    zh="解 $f^n < s$，取第一个满足的整数。",
)
def layers_until(factor, smallest):
    layers = 0
    gradient = 1.0
    while gradient >= smallest:
        gradient *= factor
        layers += 1
    return layers


def _exact(factor, smallest):
    return math.log(smallest) / math.log(factor)


@layers_until.mistake(en="One layer too few: it still lies above.", zh="少了一层：还没有小于它。")
def rounded_down(factor, smallest):
    return int(_exact(factor, smallest))


@layers_until.mistake(
    en="One layer too many: the one before lies below already.", zh="多了一层：前一层就已经小于它了。"
)
def one_too_many(factor, smallest):
    return math.ceil(_exact(factor, smallest)) + 1


@layers_until.mistake(en="Layers were taken to subtract: they multiply.", zh="当成每层减去一些了：应当是相乘。")
def subtracted(factor, smallest):
    return math.ceil((1 - smallest) / (1 - factor))


@layers_until.mistake(en="A fraction of a layer came back.", zh="返回了小数层。")
def a_fraction(factor, smallest):
    return _exact(factor, smallest)
