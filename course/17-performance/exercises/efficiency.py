from d2lab.exercises import RandomInputs, exercise


def seconds_bytes_bandwidth(draw: RandomInputs):
    compute, bandwidth = draw.number(0.5, 2), draw.number(1, 9)
    exchange = compute * draw.choice([0.05, 0.3, 0.7, 1.5, 4.0])
    return compute, exchange * bandwidth, bandwidth


@exercise("all-reduce", order=3, zh="网络够不够快", en="Does the network keep up?", arguments=seconds_bytes_bandwidth)
def efficiency(compute: float, size: float, bandwidth: float) -> float:
    """Return the share of a step in which a device computes, where computation and exchange overlap.

    计算与同步重叠时，求一步里设备在计算的时间占多少。

    Args:
        compute: seconds of a device's own work. 设备自己计算的秒数。
        size: bytes that it sends. 它要发送的字节数。
        bandwidth: bytes a second. 每秒字节数。

    >>> efficiency(12.0, 150.0, 10.0)
    0.8
    """
    raise NotImplementedError


@efficiency.solution(
    en="The exchange takes size / bandwidth seconds, the step as long as the longer of the two.",
    zh="同步要 size / bandwidth 秒，一步由两者中较长的决定。",
)
def efficiency(compute, size, bandwidth):
    return compute / max(compute, size / bandwidth)


@efficiency.mistake(
    en="Bandwidth over bytes is no time: seconds are bytes over bytes a second.",
    zh="带宽除以字节数不是时间：秒数等于字节数除以每秒字节数。",
)
def upside_down(compute, size, bandwidth):
    return compute / max(compute, bandwidth / size)


@efficiency.mistake(
    en="A sum, as if nothing overlapped.",
    zh="相加了，像是没有重叠。",
)
def a_sum(compute, size, bandwidth):
    return compute / (compute + size / bandwidth)


@efficiency.mistake(
    en="The shorter of the two does not decide: a share can't exceed 1.",
    zh="不是由较短的决定：份额不会超过 1。",
)
def the_shorter_one(compute, size, bandwidth):
    return compute / min(compute, size / bandwidth)


@efficiency.mistake(
    en="This is the share of the exchange, not that of computation.",
    zh="这是同步所占的份额，不是计算的。",
)
def share_of_the_exchange(compute, size, bandwidth):
    return size / bandwidth / max(compute, size / bandwidth)


@efficiency.mistake(
    en="Bytes were made bits: both are bytes already. (Mind that networks are sold by bits.)",
    zh="把字节换成了比特：两个量都已经是字节。（注意网络的速度常用比特来标。）",
)
def bits_for_bytes(compute, size, bandwidth):
    return compute / max(compute, 8 * size / bandwidth)
