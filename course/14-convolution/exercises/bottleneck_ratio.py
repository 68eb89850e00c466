from d2lab.exercises import exercise


@exercise(
    "one-by-one",
    order=2,
    zh="瓶颈省了多少",
    en="What a bottleneck saves",
    arguments=lambda draw: (draw.choice((64, 128, 256)), draw.choice((8, 16, 32))),
)
def bottleneck_ratio(channels: int, narrow: int) -> float:
    """How many times fewer weights has 1x1 down, 3x3, 1x1 up than one 3x3 convolution? No biases.

    先 1×1 收窄、再 3×3、最后 1×1 放宽，比一个 3×3 卷积省多少倍权重？不算偏置。

    Args:
        channels: in and out. 输入和输出的通道。
        narrow: channels in between. 中间的通道。

    >>> round(bottleneck_ratio(64, 16), 3)
    8.471
    """
    raise NotImplementedError


@bottleneck_ratio.solution(
    en="The 3 x 3 is what costs, and it is narrow on both sides now.",
    zh="贵的是 3×3，而它现在两边都窄。",
)
def bottleneck_ratio(channels, narrow):
    return 9 * channels**2 / (2 * channels * narrow + 9 * narrow**2)


@bottleneck_ratio.mistake(
    en="The way back up is missing: there are two 1x1 convolutions.", zh="漏了放宽的那一层：1×1 卷积有两个。"
)
def only_down(channels, narrow):
    return 9 * channels**2 / (channels * narrow + 9 * narrow**2)


@bottleneck_ratio.mistake(en="The ratio is upside down.", zh="比值上下颠倒了。")
def upside_down(channels, narrow):
    return (2 * channels * narrow + 9 * narrow**2) / (9 * channels**2)


@bottleneck_ratio.mistake(
    en="The 3x3 in the middle was taken as wide as the ends: it is narrow on both sides.",
    zh="中间的 3×3 算得太宽了：它两边都是窄的。",
)
def wide_middle(channels, narrow):
    return 9 * channels**2 / (2 * channels * narrow + 9 * narrow * channels)


@bottleneck_ratio.mistake(en="The 1x1 convolutions are not free.", zh="1×1 卷积也有权重。")
def free_ends(channels, narrow):
    return 9 * channels**2 / (9 * narrow**2)
