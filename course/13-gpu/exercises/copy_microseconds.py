from d2lab.exercises import exercise


@exercise(
    "gpu",
    order=3,
    zh="搬运的时间",
    en="The time of copies",
    arguments=lambda draw: (draw.size(1, 1000) * 1000, draw.size(1, 500), draw.number(1, 20), draw.number(1, 50)),
)
def copy_microseconds(size: int, pieces: int, call: float, rate: float) -> float:
    """How long does it take to copy `size` bytes in equal pieces, if each call costs `call` microseconds and the link carries
    `rate` bytes a nanosecond (a thousand times as many a microsecond)?

    把 size 字节分成 pieces 块来搬：每次调用花 call 微秒，线路每纳秒搬 rate 字节。一共多少微秒？

    Args:
        size: bytes in all.
        pieces: how many.
        call: microseconds of a call.
        rate: bytes a nanosecond.

    >>> copy_microseconds(10_000, 5, 2.0, 1.0)
    20.0
    """
    raise NotImplementedError


@copy_microseconds.solution(
    en="Calls are paid for each piece, bytes once.",
    zh="调用的开销按块数算，搬运的时间只看总量。",
)
def copy_microseconds(size, pieces, call, rate):
    return pieces * call + size / (rate * 1000)


@copy_microseconds.mistake(en="The calls are free here: each piece has its price.", zh="没有算调用的开销：每块都有。")
def free_calls(size, pieces, call, rate):
    return size / (rate * 1000)


@copy_microseconds.mistake(en="One call was counted: there is one for each piece.", zh="只算了一次调用：每块一次。")
def one_call(size, pieces, call, rate):
    return call + size / (rate * 1000)


@copy_microseconds.mistake(en="Nanoseconds were added to microseconds.", zh="把纳秒加到了微秒上。")
def mixed_units(size, pieces, call, rate):
    return pieces * call + size / rate


@copy_microseconds.mistake(en="Every piece was taken as large as the whole.", zh="每块都当成了全部的大小。")
def whole_each_time(size, pieces, call, rate):
    return pieces * (call + size / (rate * 1000))
