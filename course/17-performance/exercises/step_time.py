from d2lab.exercises import RandomInputs, exercise


def times_and_overlap(draw: RandomInputs):
    compute, exchange = draw.number(1, 9), draw.number(1, 9)
    return compute, exchange, draw.boolean()


@exercise("parallel", order=2, zh="一步要多久", en="The time of a step", arguments=times_and_overlap)
def step_time(compute: float, exchange: float, overlap: bool) -> float:
    """Return the time of a step of data parallelism, with or without overlap of computation and exchange.

    求数据并行一步的时间；计算与同步可以重叠，也可以不重叠。

    Args:
        compute: of one device on its part. 一个设备算它那份的时间。
        exchange: of the gradients. 同步梯度的时间。
        overlap: whether both go on at the same time. 两者是否同时进行。

    >>> step_time(12.0, 15.0, False)
    27.0
    >>> step_time(12.0, 15.0, True)
    15.0
    """
    raise NotImplementedError


@step_time.solution(
    en="One after the other they add up; at the same time the longer one decides.",
    zh="先后进行就相加；同时进行，由较长的决定。",
)
def step_time(compute, exchange, overlap):
    return max(compute, exchange) if overlap else compute + exchange


@step_time.mistake(
    en="At the same time the longer one decides, not the shorter.",
    zh="同时进行时，由较长的决定，不是较短的。",
)
def the_shorter_one(compute, exchange, overlap):
    return min(compute, exchange) if overlap else compute + exchange


@step_time.mistake(
    en="The overlap was not read: this is always one after the other.",
    zh="没有看是否重叠：这里总是先后进行。",
)
def always_a_sum(compute, exchange, overlap):
    return compute + exchange


@step_time.mistake(
    en="The overlap was not read: this is always at the same time.",
    zh="没有看是否重叠：这里总是同时进行。",
)
def always_overlapped(compute, exchange, overlap):
    return max(compute, exchange)


@step_time.mistake(
    en="The two cases changed places: overlap makes the step shorter.",
    zh="两种情形弄反了：重叠应当更快。",
)
def flag_upside_down(compute, exchange, overlap):
    return compute + exchange if overlap else max(compute, exchange)


@step_time.mistake(
    en="With overlap the exchange is not free: where it is longer, the step waits for it.",
    zh="重叠时同步并不免费：它更长时，一步就要等它。",
)
def exchange_left_out(compute, exchange, overlap):
    return compute if overlap else compute + exchange
