from d2lab.exercises import exercise


@exercise(
    "nan-and-inf",
    order=3,
    zh="半精度里会变成什么",
    en="Numbers in half precision",
    arguments=lambda draw: (10 ** draw.number(-9, 6) * draw.choice((1, -1)),),
)
def half_kind(x: float) -> str:
    """Say what becomes of a number in float16: "inf" beyond 65504, "zero" below half of 2^-24, "subnormal" below 2^-14, else "normal".

    一个数放进 float16：超过 65504 是 "inf"，小于 2^-24 的一半是 "zero"，小于 2^-14 是 "subnormal"，否则 "normal"。

    Args:
        x: any number; its absolute value counts. 看绝对值。

    >>> half_kind(1e5), half_kind(-1e-9), half_kind(1e-6), half_kind(1.0)
    ('inf', 'zero', 'subnormal', 'normal')
    """
    raise NotImplementedError


@half_kind.solution(
    en="Compare the absolute value with the limits.",
    zh="按绝对值从大到小比。",
)
def half_kind(x):
    size = abs(x)
    if size > 65504:
        return "inf"
    if size < 2**-25:
        return "zero"
    return "subnormal" if size < 2**-14 else "normal"


def _kind(x, largest=65504, least=2.0**-25, tiny=2.0**-14):
    return "inf" if x > largest else "zero" if x < least else "subnormal" if x < tiny else "normal"


@half_kind.mistake(
    en="The sign was not taken off: take the absolute value of negative numbers.", zh="没有取绝对值：负数也有大小。"
)
def signed(x):
    return _kind(x)


@half_kind.mistake(
    en="Subnormal numbers were said to be zero: they give up digits one by one.",
    zh="把次正规数当成了零：它们只是逐渐失去精度。",
)
def no_subnormals(x):
    return _kind(abs(x), least=2.0**-14)


@half_kind.mistake(
    en="The limit of bfloat16 or float32 was taken: float16 ends at 65504.",
    zh="用了别的格式的上限：float16 只到 65504。",
)
def wide_range(x):
    return _kind(abs(x), largest=3e38)


@half_kind.mistake(
    en="Nothing is zero here: below half of the smallest number it rounds to 0.",
    zh="没有哪个数变成零：小于最小数的一半就会舍入成 0。",
)
def never_zero(x):
    return _kind(abs(x), least=0.0)
