from d2lab.exercises import RandomInputs, exercise


def three_times_and_a_count(draw: RandomInputs):
    t1, t2 = draw.choice([(2, 7), (3, 8), (7, 2), (9, 4), (5, 6), (8, 3)])
    return t1, t2, draw.size(1, 5), draw.size(3, 9)


@exercise("queues-and-copies", order=1, zh="排了队的总时间", en="Time of a queue", arguments=three_times_and_a_count)
def queued(t1: int, t2: int, t3: int, n: int) -> int:
    """Return the total time of n equal operations that are queued, when only the last result is read.

    求 n 次相同的运算排队执行的总时间，只在最后取一次结果。

    The processor issues one operation after the other without waiting. The device executes them in order, one at a
    time. When the last one is done, the processor reads its result.
    CPU 一个接一个下发，不等待；设备按次序执行，一次一个。最后一个做完，CPU 取它的结果。

    Args:
        t1: time to issue an operation. 下发一次的时间。
        t2: time to execute it. 执行一次的时间。
        t3: time to read a result. 取一次结果的时间。
        n: operations, at least 1. 运算的次数，至少 1。

    >>> queued(1, 2, 1, 10)
    22
    """
    raise NotImplementedError


@queued.solution(
    en="The first operation has to be issued and the last result read. In between the slower lane sets the pace, n - 1 "
    "times: t1 + t2 + t3 + (n - 1) max(t1, t2).",
    zh="第一次要下发，最后一次要取结果；中间由慢的一边定节奏，共 n − 1 次：t1 + t2 + t3 + (n − 1) max(t1, t2)。",
)
def queued(t1, t2, t3, n):
    return t1 + t2 + t3 + (n - 1) * max(t1, t2)


@queued.mistake(
    en="Everything one after the other: while the device works, the processor issues the next operation.",
    zh="全都一个接一个地加起来了：设备在执行时，CPU 已经在下发下一个。",
)
def in_turn(t1, t2, t3, n):
    return n * (t1 + t2 + t3)


@queued.mistake(
    en="Off by one: the first operation is in t1 + t2 already, n - 1 more follow.",
    zh="多算了一次：第一次已经在 t1 + t2 里，后面还有 n − 1 次。",
)
def one_too_many(t1, t2, t3, n):
    return t1 + t2 + t3 + n * max(t1, t2)


@queued.mistake(
    en="The faster lane cannot set the pace: each operation passes both lanes.",
    zh="快的一边定不了节奏：每个运算两边都要经过。",
)
def faster_lane(t1, t2, t3, n):
    return t1 + t2 + t3 + (n - 1) * min(t1, t2)


@queued.mistake(
    en="The first issue and the last read are left out: the device cannot begin before it has an order.",
    zh="漏了第一次下发和最后一次取结果：没收到任务，设备不能开始。",
)
def lanes_without_ends(t1, t2, t3, n):
    return t2 + (n - 1) * max(t1, t2)


@queued.mistake(
    en="All operations are issued first and executed afterwards here: the device begins as soon as it has the first.",
    zh="像是全部下发完才开始执行：其实收到第一个就开始了。",
)
def issue_all_first(t1, t2, t3, n):
    return n * t1 + n * t2 + t3
