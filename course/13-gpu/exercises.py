"""Exercises of chapter 13: devices, memory, copies."""

from d2lab.exercises import Draw, exercise


def some_devices(draw: Draw):
    names = [name for name in ("cuda", "mps", "xpu") if draw.flip()]
    return (names[::-1] if draw.flip() else names,)


@exercise("gpu", zh="挑最好的设备", en="The best device", arguments=some_devices)
def best_device(present: list[str]) -> str:
    """Choose among the accelerators that are present: cuda before mps before xpu; cpu where there is none.

    在有的加速器里挑：cuda 优先，其次 mps，再次 xpu；都没有就用 cpu。

    Args:
        present: names of the accelerators here.

    >>> best_device(["xpu", "mps"]), best_device([])
    ('mps', 'cpu')
    """
    raise NotImplementedError


@best_device.mistake(en="Without an accelerator there is still the processor.", zh="没有加速器时，还有处理器。")
def no_fallback(present):
    return next((n for n in ("cuda", "mps", "xpu") if n in present), "none")


@best_device.mistake(
    en="The last of the list was taken, whatever it is: the order of preference decides.",
    zh="总取了列表的最后一个，没有按优先次序。",
)
def last_listed(present):
    return present[-1] if present else "cpu"


@best_device.mistake(en="Only cuda was looked for: there are others.", zh="只找了 cuda：还有别的加速器。")
def cuda_only(present):
    return "cuda" if "cuda" in present else "cpu"


@best_device.mistake(
    en="The preference is reversed: cuda comes before mps, mps before xpu.",
    zh="优先次序反了：cuda 在 mps 之前，mps 在 xpu 之前。",
)
def reversed_order(present):
    return next((n for n in ("xpu", "mps", "cuda") if n in present), "cpu")


@exercise(
    "gpu",
    zh="最大的批",
    en="The largest batch",
    arguments=lambda d: (d.size(100, 2000), d.size(10, 100), d.size(1, 30)),
)
def largest_batch(memory: int, fixed: int, each: int) -> int:
    """Return the largest power of two that fits as a batch: fixed + batch * each must not exceed the memory; 0 if not even 1 does.

    显存放得下的最大批（取 2 的幂）：fixed + batch × each 不超过 memory；连 1 都放不下就是 0。

    Args:
        memory: of the card.
        fixed: weights, gradients and states.
        each: what one example takes.

    >>> largest_batch(100, 20, 10), largest_batch(10, 20, 1)
    (8, 0)
    """
    raise NotImplementedError


@largest_batch.mistake(en="This is no power of two.", zh="这不是 2 的幂。")
def any_number(memory, fixed, each):
    return max(0, (memory - fixed) // each)


@largest_batch.mistake(en="What is always there (weights and so on) was not taken off.", zh="没有减去固定的部分。")
def fixed_forgotten(memory, fixed, each):
    return 1 << ((memory // each).bit_length() - 1) if memory >= each else 0


@largest_batch.mistake(en="It is one power too large: it no longer fits.", zh="大了一倍：放不下了。")
def one_too_large(memory, fixed, each):
    n = (memory - fixed) // each
    return 1 << n.bit_length() if n > 0 else 0


@largest_batch.mistake(en="It is one power too small: twice as much would fit.", zh="小了一半：还能再大一倍。")
def one_too_small(memory, fixed, each):
    n = (memory - fixed) // each
    return 1 << max(0, n.bit_length() - 2) if n > 0 else 0


@exercise(
    "gpu",
    zh="搬运的时间",
    en="The time of copies",
    arguments=lambda d: (d.size(1, 1000) * 1000, d.size(1, 500), d.number(1, 20), d.number(1, 50)),
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
