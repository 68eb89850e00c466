import math

from d2lab.exercises import exercise


@exercise(
    "initialization",
    order=1,
    zh="Xavier 均匀初始化的界",
    en="The bound of Xavier's uniform initialization",
    arguments=lambda draw: (draw.size(1, 900), draw.size(1, 900)),
    formerly=("xavier_reach",),
)
def xavier_bound(inputs: int, outputs: int) -> float:
    """Return a, so that the uniform distribution on [-a, a] has Xavier's variance 2 / (inputs + outputs).

    求 a，使 −a 到 a 的均匀分布的方差等于 Xavier 的 2 / (inputs + outputs)。

    Args:
        inputs: of the layer.
        outputs: of the layer.

    >>> round(xavier_bound(4, 2), 4)
    1.0
    """
    raise NotImplementedError


@xavier_bound.solution(
    en="The uniform distribution on $[-a, a]$ has variance $a^2 / 3$; set it to $2 / (n_{in} + n_{out})$.",
    zh="$[-a, a]$ 上均匀分布的方差是 $a^2 / 3$，令它等于 $2 / (n_{in} + n_{out})$。",
)
def xavier_bound(inputs, outputs):
    return math.sqrt(6 / (inputs + outputs))


@xavier_bound.mistake(
    en="This is the standard deviation; the uniform distribution on [-a, a] has variance a^2 / 3.",
    zh="这是标准差；[−a, a] 上的均匀分布方差是 a²/3。",
)
def deviation(inputs, outputs):
    return math.sqrt(2 / (inputs + outputs))


@xavier_bound.mistake(en="This is a^2: the root is missing.", zh="这是 a²：没有开平方。")
def squared(inputs, outputs):
    return 6 / (inputs + outputs)


@xavier_bound.mistake(en="Only the inputs were counted.", zh="只算了输入。")
def inputs_only(inputs, outputs):
    return math.sqrt(3 / inputs)


@xavier_bound.mistake(
    en="The variance of the uniform distribution on [-a, a] is a^2 / 3, not a^2 / 12.",
    zh="宽为 2a 的均匀分布方差是 a²/3，不是 a²/12。",
)
def twelve(inputs, outputs):
    return math.sqrt(24 / (inputs + outputs))
