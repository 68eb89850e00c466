from d2lab.exercises import exercise


@exercise(
    "receptive-field",
    order=3,
    zh="哪些输入像素影响它",
    en="Which input pixels an output depends on",
    arguments=lambda draw: (draw.size(0, 5), [(draw.size(1, 4), draw.size(1, 3)) for _ in range(draw.size(1, 3))]),
)
def seen_range(place: int, layers: list[tuple[int, int]]) -> tuple[int, int]:
    """Return the first and last input pixel that output pixel `place` sees, in one dimension, without padding.

    一维、不填充：输出像素 place 看到的第一个和最后一个输入像素。

    Args:
        place: of the output pixel, from 0.
        layers: kernel and stride of each, from the input on.

    >>> seen_range(1, [(3, 1), (2, 2)])
    (2, 5)
    """
    raise NotImplementedError


@seen_range.solution(
    en="""
    Walk back from the output: each layer multiplies both ends by its stride and adds $k - 1$ to the last.
    """,
    zh="从输出往回走：每一层把区间的两端乘以步幅，末端再加 $k - 1$。",
)
def seen_range(place, layers):
    first = last = place
    for kernel, stride in reversed(layers):
        first, last = first * stride, last * stride + kernel - 1
    return first, last


def _range(place, layers):
    first = last = place
    for kernel, stride in layers[::-1]:
        first, last = first * stride, last * stride + kernel - 1
    return first, last


@seen_range.mistake(
    en="The last pixel is one too far: a kernel of k spans k - 1 steps.", zh="最后一个多了一：k 个点的核只跨 k - 1 步。"
)
def end_outside(place, layers):
    first = last = place
    for kernel, stride in layers[::-1]:
        first, last = first * stride, last * stride + kernel
    return first, last


@seen_range.mistake(
    en="The walk went from input to output: start at the output and go back layer by layer.",
    zh="从输入走向输出了：应当从输出出发，一层层往回走。",
)
def forwards(place, layers):
    return _range(place, layers[::-1])


@seen_range.mistake(en="Strides are not used.", zh="没有用到步幅。")
def no_strides(place, layers):
    return _range(place, [(kernel, 1) for kernel, _ in layers])


@seen_range.mistake(
    en="The range is right for place 0 and was merely shifted: a step of the output is many pixels of the input.",
    zh="只对 place = 0 成立，之后只是平移：输出走一步，输入要走好几个像素。",
)
def merely_shifted(place, layers):
    first, last = _range(0, layers)
    return first + place, last + place


@seen_range.mistake(
    en="The length of the field came back in place of the last pixel.", zh="第二个数给成了长度，应当是最后一个像素。"
)
def a_length(place, layers):
    first, last = _range(place, layers)
    return first, last - first + 1
