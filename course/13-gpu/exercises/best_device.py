from d2lab.exercises import RandomInputs, exercise


def some_devices(draw: RandomInputs):
    names = [name for name in ("cuda", "mps", "xpu") if draw.boolean()]
    return (names[::-1] if draw.boolean() else names,)


@exercise("gpu", order=1, zh="挑最好的设备", en="The best device", arguments=some_devices)
def best_device(present: list[str]) -> str:
    """Choose among the accelerators that are present: cuda before mps before xpu; cpu where there is none.

    在有的加速器里挑：cuda 优先，其次 mps，再次 xpu；都没有就用 cpu。

    Args:
        present: names of the accelerators here.

    >>> best_device(["xpu", "mps"]), best_device([])
    ('mps', 'cpu')
    """
    raise NotImplementedError


@best_device.solution(
    en="Ask in order; the processor ends the list.",
    zh="按次序问，最后总有处理器。",
)
def best_device(present):
    for name in ("cuda", "mps", "xpu"):
        if name in present:
            return name
    return "cpu"


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
