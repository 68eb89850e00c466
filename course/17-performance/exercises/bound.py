import math

from d2lab.exercises import RandomInputs, exercise


def operation_and_limits(draw: RandomInputs):
    times = [draw.number(1, 2), draw.number(3, 5), draw.number(8, 12)]
    longest = draw.size(0, 2)
    compute, memory, overhead = times[longest:] + times[:longest]
    if draw.boolean():
        memory, overhead = overhead, memory
    peak, bandwidth = draw.number(4, 9), draw.number(0.3, 0.8)
    return compute * peak, memory * bandwidth, peak, bandwidth, overhead


@exercise("roofline", order=3, zh="受什么限制", en="What limits an operation", arguments=operation_and_limits)
def bound(flops: float, moved: float, p: float, b: float, overhead: float) -> str:
    """Return what limits an operation: "compute", "bandwidth" or "overhead", whichever takes longest.

    求一个操作受什么限制："compute"（运算）、"bandwidth"（带宽）还是 "overhead"（固定开销），哪个用的时间最长就是哪个。

    Args:
        flops: floating-point operations. 浮点运算次数。
        moved: bytes moved. 搬的字节数。
        p: peak, operations a second. 峰值，每秒运算次数。
        b: bandwidth, bytes a second. 带宽，每秒字节数。
        overhead: seconds of every call, however small. 每次调用的固定开销，秒。

    >>> bound(100.0, 10.0, 50.0, 10.0, 0.5)
    'compute'
    """
    raise NotImplementedError


def _longest(compute, bandwidth, overhead, choose=max):
    times = {"compute": compute, "bandwidth": bandwidth, "overhead": overhead}
    return choose(times, key=lambda name: times[name])


@bound.solution(
    en="Three times: operations over peak, bytes over bandwidth, and the overhead. Here 2, 1 and 0.5 seconds.",
    zh="三个时间：运算除以峰值，字节除以带宽，固定开销。例中是 2、1 和 0.5 秒。",
)
def bound(flops, moved, p, b, overhead):
    times = {"compute": flops / p, "bandwidth": moved / b, "overhead": overhead}
    return max(times, key=lambda name: times[name])


@bound.mistake(
    en="The shortest time limits nothing: look for the longest.",
    zh="用时最短的不是限制：要找最长的。",
)
def shortest(flops, moved, p, b, overhead):
    return _longest(flops / p, moved / b, overhead, min)


@bound.mistake(
    en="Overhead wins here as soon as it is longer than one of the others: it has to be longer than both.",
    zh="固定开销只比其中一个长，就算它了：要比两个都长才行。",
)
def longer_than_one(flops, moved, p, b, overhead):
    if overhead > min(flops / p, moved / b):
        return "overhead"
    return _longest(flops / p, moved / b, 0)


@bound.mistake(
    en="The overhead is missing: small operations are bound by neither arithmetic nor memory.",
    zh="漏了固定开销：小的操作既不受运算限制，也不受内存限制。",
)
def no_overhead(flops, moved, p, b, overhead):
    return _longest(flops / p, moved / b, -math.inf)


@bound.mistake(
    en="Peak and bandwidth changed places: operations are divided by the peak, bytes by the bandwidth.",
    zh="峰值和带宽换了位置：运算除以峰值，字节除以带宽。",
)
def changed_places(flops, moved, p, b, overhead):
    return _longest(flops / b, moved / p, overhead)


@bound.mistake(
    en="Memory is left out: bytes over bandwidth is a time, too.",
    zh="漏了内存：字节除以带宽也是一个时间。",
)
def no_memory(flops, moved, p, b, overhead):
    return _longest(flops / p, -math.inf, overhead)
