from d2lab.exercises import exercise


@exercise(
    "lenet",
    order=2,
    zh="参数都在哪里",
    en="Where the parameters are",
    arguments=lambda draw: (
        [(draw.size(1, 20), draw.size(1, 20), draw.choice((1, 3, 5))) for _ in range(draw.size(1, 3))],
        [draw.size(4, 300) for _ in range(draw.size(2, 4))],
    ),
)
def dense_share(convolutions: list[tuple[int, int, int]], widths: list[int]) -> float:
    """Return the share of a model's parameters, biases included, that lie in its dense layers.

    一个网络的全部参数（含偏置）里，全连接层占多大比例？

    Args:
        convolutions: input channels, output channels and side of the square kernel of each. 输入、输出通道和方核的边长。
        widths: of the dense layers, from their input to the output. 全连接部分各层的宽度。

    >>> round(dense_share([(1, 6, 5), (6, 16, 5)], [400, 120, 84, 10]), 3)
    0.958
    """
    raise NotImplementedError


@dense_share.solution(
    en="""
    Count both parts: a layer has (inputs + 1) times outputs, and a convolution's inputs are channels times the area of
    the kernel.
    """,
    zh="分别数两部分：每层都是（输入 + 1）乘输出，卷积的“输入”是通道数乘核的面积。",
)
def dense_share(convolutions, widths):
    dense = sum((inputs + 1) * outputs for inputs, outputs in zip(widths, widths[1:]))
    rest = sum((inputs * side * side + 1) * outputs for inputs, outputs, side in convolutions)
    return dense / (dense + rest)


def _counts(convolutions, widths, bias=1):
    dense = sum((a + bias) * b for a, b in zip(widths, widths[1:]))
    return dense, sum((i * k * k + bias) * o for i, o, k in convolutions)


@dense_share.mistake(
    en="The dense parameters were divided by those of the convolutions, not by all.",
    zh="除以了卷积层的参数，应当除以全部参数。",
)
def ratio(convolutions, widths):
    dense, rest = _counts(convolutions, widths)
    return dense / rest


@dense_share.mistake(en="This is the share of the convolutions.", zh="这是卷积层占的比例。")
def the_rest(convolutions, widths):
    dense, rest = _counts(convolutions, widths)
    return rest / (dense + rest)


@dense_share.mistake(en="Biases are parameters too.", zh="偏置也是参数。")
def without_biases(convolutions, widths):
    dense, rest = _counts(convolutions, widths, 0)
    return dense / (dense + rest)


@dense_share.mistake(en="The kernels are not squared.", zh="核的边长没有平方。")
def kernels_flat(convolutions, widths):
    dense, _ = _counts(convolutions, widths)
    return dense / (dense + sum((i * k + 1) * o for i, o, k in convolutions))


@dense_share.mistake(en="The input channels of the convolutions are missing.", zh="漏了卷积的输入通道数。")
def one_channel_in(convolutions, widths):
    dense, _ = _counts(convolutions, widths)
    return dense / (dense + sum((k * k + 1) * o for _, o, k in convolutions))
