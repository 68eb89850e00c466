from d2lab.exercises import exercise


@exercise(
    "nin",
    order=3,
    zh="全局平均汇聚省多少",
    en="What global average pooling saves",
    arguments=lambda draw: (draw.size(2, 12), draw.size(8, 300), draw.size(16, 4096), draw.size(2, 100)),
)
def saved_parameters(side: int, channels: int, hidden: int, classes: int) -> int:
    """Parameters of linear layers (flat maps -> hidden -> classes) minus those of a 1 x 1 convolution to `classes` maps with a global mean.

    线性层（摊平 → hidden → classes）的参数，减去 1×1 卷积到 classes 幅图再全局平均的参数；都有偏置。

    Args:
        side: of the maps.
        channels: of the maps.
        hidden: units.
        classes: how many.

    >>> saved_parameters(2, 3, 4, 5)
    57
    """
    raise NotImplementedError


@saved_parameters.solution(
    en="One count minus the other.",
    zh="两本账相减。",
)
def saved_parameters(side, channels, hidden, classes):
    linear = (side * side * channels + 1) * hidden + (hidden + 1) * classes
    return linear - (channels + 1) * classes


@saved_parameters.mistake(en="Biases are missing on both sides.", zh="两边都漏了偏置。")
def no_biases(side, channels, hidden, classes):
    return side**2 * channels * hidden + hidden * classes - channels * classes


@saved_parameters.mistake(en="The side is not squared.", zh="边长没有平方。")
def side_not_squared(side, channels, hidden, classes):
    return (side * channels + 1) * hidden + (hidden + 1) * classes - (channels + 1) * classes


@saved_parameters.mistake(en="The 1 x 1 convolution is not free.", zh="1×1 卷积也有参数。")
def free_convolution(side, channels, hidden, classes):
    return (side**2 * channels + 1) * hidden + (hidden + 1) * classes


@saved_parameters.mistake(en="The second linear layer is missing.", zh="漏了第二个线性层。")
def one_linear(side, channels, hidden, classes):
    return (side**2 * channels + 1) * hidden - (channels + 1) * classes
