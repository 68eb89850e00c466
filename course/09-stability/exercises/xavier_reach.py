import math

from d2lab.exercises import exercise


@exercise(
    "initialization",
    order=1,
    zh="Xavier 的均匀范围",
    en="Xavier's reach",
    arguments=lambda draw: (draw.size(1, 900), draw.size(1, 900)),
)
def xavier_reach(inputs: int, outputs: int) -> float:
    """Return a, so that weights drawn evenly from -a to a have Xavier's variance 2 / (inputs + outputs).

    求 a，使 −a 到 a 的均匀分布的方差等于 Xavier 的 2 / (inputs + outputs)。

    Args:
        inputs: of the layer.
        outputs: of the layer.

    >>> round(xavier_reach(4, 2), 4)
    1.0
    """
    raise NotImplementedError


@xavier_reach.solution(
    en="An even law has the variance $a^2 / 3$; set it to $2 / (n_{in} + n_{out})$.",
    zh="均匀分布的方差是 $a^2 / 3$，令它等于 $2 / (n_{in} + n_{out})$。",
)
def xavier_reach(inputs, outputs):
    return math.sqrt(6 / (inputs + outputs))


@xavier_reach.mistake(
    en="This is the deviation; an even law of reach a has the variance a^2 / 3.",
    zh="这是标准差；范围 a 的均匀分布方差是 a²/3。",
)
def deviation(inputs, outputs):
    return math.sqrt(2 / (inputs + outputs))


@xavier_reach.mistake(en="This is a^2: the root is missing.", zh="这是 a²：没有开平方。")
def squared(inputs, outputs):
    return 6 / (inputs + outputs)


@xavier_reach.mistake(en="Only the inputs were counted.", zh="只算了输入。")
def inputs_only(inputs, outputs):
    return math.sqrt(3 / inputs)


@xavier_reach.mistake(
    en="The variance of an even law of width 2a is a^2 / 3, not a^2 / 12.",
    zh="宽为 2a 的均匀分布方差是 a²/3，不是 a²/12。",
)
def twelve(inputs, outputs):
    return math.sqrt(24 / (inputs + outputs))
