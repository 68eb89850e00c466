from d2lab.exercises import RandomInputs, exercise


def intensity_and_limits(draw: RandomInputs):
    peak, bandwidth = draw.number(20, 90), draw.number(3, 15)
    share = draw.choice([0.1, 0.4, 2.5, 6.0]) * draw.number(0.8, 1.2)
    return share * peak / bandwidth, peak, bandwidth


@exercise("roofline", order=2, zh="屋顶的高度", en="Height of the roof", arguments=intensity_and_limits)
def attainable(i: float, p: float, b: float) -> float:
    """Return the most operations a second that an operation of intensity i can reach on a machine.

    求计算强度为 i 的操作，在一台机器上每秒最多能做多少次运算。

    Args:
        i: operations for each byte moved. 每搬一个字节做多少次运算。
        p: peak, operations a second, in units of 1e9. 峰值，每秒运算次数，单位 1e9。
        b: bandwidth, bytes a second, in units of 1e9. 带宽，每秒字节数，单位 1e9。

    >>> attainable(2.0, 50.0, 10.0), attainable(8.0, 50.0, 10.0)
    (20.0, 50.0)
    """
    raise NotImplementedError


@attainable.solution(
    en="Memory feeds b bytes a second, enough for i b operations; arithmetic does p at most. The lower one counts.",
    zh="内存每秒供 b 个字节，够做 i b 次运算；运算单元最多做 p 次。取小的那个。",
)
def attainable(i, p, b):
    return min(p, i * b)


@attainable.mistake(
    en="The higher of the two: whichever is reached first is the limit.",
    zh="取成了大的：先到的那个才是限制。",
)
def higher(i, p, b):
    return max(p, i * b)


@attainable.mistake(
    en="Bandwidth over intensity: many operations for each byte make it faster, not slower.",
    zh="用带宽除以强度了：每个字节的运算越多，越不受内存限制。",
)
def divided(i, p, b):
    return min(p, b / i)


@attainable.mistake(
    en="An eighth too low: bandwidth and intensity both count bytes here, not bits.",
    zh="少了八倍：带宽和强度都按字节算，不是按位。",
)
def bits(i, p, b):
    return min(p, i * b / 8)


@attainable.mistake(
    en="Nothing is faster than the peak: the roof is flat on the right.",
    zh="不会有超过峰值的：屋顶的右边是平的。",
)
def no_peak(i, p, b):
    return i * b


@attainable.mistake(
    en="Multiply by the bandwidth before comparing with the peak: the two are then in the same unit.",
    zh="先乘带宽，再与峰值比较：那时单位才相同。",
)
def compared_first(i, p, b):
    return min(p, i) * b
