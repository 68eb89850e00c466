from d2lab.exercises import RandomInputs, exercise


def convolutions(draw: RandomInputs):
    return draw.size(32, 230), [
        (draw.size(3, 11), draw.size(1, 4), draw.size(0, 2)),
        (3, 2, 0),
        (draw.choice((3, 5)), 1, draw.size(0, 2)),
        (3, 2, 0),
    ]


@exercise(
    "alexnet",
    order=1,
    zh="第一个线性层的输入",
    en="The inputs of the first linear layer",
    arguments=lambda draw: (*convolutions(draw), draw.size(16, 256)),
)
def flat_inputs(side: int, layers: list[tuple[int, int, int]], channels: int) -> int:
    """Return how many numbers reach the first linear layer behind a stack of convolutions and pools.

    经过一串卷积和汇聚之后，第一个线性层读到多少个数？

    Args:
        side: of the square image.
        layers: kernel, stride and padding of each. 每层的核、步幅、填充。
        channels: behind the last. 最后的通道数。

    >>> flat_inputs(224, [(11, 4, 1), (3, 2, 0)], 96)
    64896
    """
    raise NotImplementedError


@flat_inputs.solution(
    en="The side, layer by layer; then squared, times the channels.",
    zh="逐层算边长，最后平方再乘通道。",
)
def flat_inputs(side, layers, channels):
    for kernel, stride, padding in layers:
        side = (side + 2 * padding - kernel) // stride + 1
    return side * side * channels


def _side(side, layers, padding=2, ceil=False):
    for k, s, p in layers:
        side = (-(-(side + padding * p - k) // s) if ceil else (side + padding * p - k) // s) + 1
    return side


@flat_inputs.mistake(en="The side is not squared.", zh="边长没有平方。")
def side_once(side, layers, channels):
    return _side(side, layers) * channels


@flat_inputs.mistake(en="The channels are missing.", zh="漏了通道数。")
def without_channels(side, layers, channels):
    return _side(side, layers) ** 2


@flat_inputs.mistake(en="Padding counts on both sides.", zh="填充两边都有。")
def padding_once(side, layers, channels):
    return _side(side, layers, 1) ** 2 * channels


@flat_inputs.mistake(en="It rounds up at strides.", zh="遇到步幅时向上取整了。")
def rounded_up(side, layers, channels):
    return _side(side, layers, ceil=True) ** 2 * channels
