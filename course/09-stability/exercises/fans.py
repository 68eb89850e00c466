from d2lab.exercises import exercise


@exercise(
    "initialization",
    order=3,
    zh="卷积的扇入扇出",
    en="Fan-in and fan-out of a convolution",
    arguments=lambda draw: (draw.size(1, 64), draw.size(1, 64), draw.size(1, 7)),
)
def fans(channels: int, maps: int, kernel: int) -> tuple[int, int]:
    """Return how many inputs one output of a convolution sums, and how many outputs one input feeds.

    卷积的一个输出由多少个输入求和？一个输入又影响多少个输出？

    Args:
        channels: of the input.
        maps: of the output.
        kernel: its side.

    >>> fans(3, 16, 5)
    (75, 400)
    """
    raise NotImplementedError


@fans.solution(
    en="Both are multiplied by the area of the kernel.",
    zh="都要乘核的面积。",
)
def fans(channels, maps, kernel):
    return channels * kernel**2, maps * kernel**2


@fans.mistake(en="The kernel's area is missing.", zh="漏了核的面积。")
def no_area(channels, maps, kernel):
    return channels, maps


@fans.mistake(en="The kernel's side is not squared.", zh="核的边长没有平方。")
def side_only(channels, maps, kernel):
    return channels * kernel, maps * kernel


@fans.mistake(en="Both are exchanged.", zh="两者弄反了。")
def exchanged(channels, maps, kernel):
    return maps * kernel**2, channels * kernel**2


@fans.mistake(en="All weights of the layer were counted.", zh="数成了整层的权重。")
def all_weights(channels, maps, kernel):
    return channels * maps * kernel**2, channels * maps * kernel**2
