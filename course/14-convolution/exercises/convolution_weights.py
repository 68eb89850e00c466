from d2lab.exercises import exercise


@exercise(
    "convolution",
    order=2,
    zh="卷积层有多少参数",
    en="Weights of a convolution",
    arguments=lambda draw: (draw.size(1, 7), draw.size(1, 64), draw.size(1, 64), draw.boolean()),
)
def convolution_weights(kernel: int, channels: int, maps: int, bias: bool) -> int:
    """Count the parameters of a convolution with square kernels.

    方核卷积层的参数个数。

    Args:
        kernel: its side. 核的边长。
        channels: of the input.
        maps: of the output.
        bias: whether it has biases. 有没有偏置。

    >>> convolution_weights(3, 2, 5, True)
    95
    """
    raise NotImplementedError


@convolution_weights.solution(
    en="""
    A kernel for each pair of input and output channel, a bias for each output map. The size of the image plays no
    part.
    """,
    zh="每一对输入、输出通道有一个核；每幅输出图有一个偏置。图的大小不起作用。",
)
def convolution_weights(kernel, channels, maps, bias):
    return kernel * kernel * channels * maps + (maps if bias else 0)


@convolution_weights.mistake(
    en="One kernel for all input channels: each pair of input and output channel has its own.",
    zh="所有输入通道共用了一个核：每一对输入、输出通道都有自己的核。",
)
def channels_share(kernel, channels, maps, bias):
    return kernel**2 * maps + (maps if bias else 0)


@convolution_weights.mistake(en="The kernel's side is not squared.", zh="核的边长没有平方。")
def side_not_squared(kernel, channels, maps, bias):
    return kernel * channels * maps + (maps if bias else 0)


@convolution_weights.mistake(
    en="A bias for each kernel was counted: there is one for each output map.",
    zh="每个核都算了偏置：其实每幅输出图只有一个。",
)
def bias_a_kernel(kernel, channels, maps, bias):
    return (kernel**2 + bias) * channels * maps


@convolution_weights.mistake(en="`bias` is ignored: there are always biases here.", zh="没有理会 bias：总是算了偏置。")
def always_bias(kernel, channels, maps, bias):
    return kernel**2 * channels * maps + maps


@convolution_weights.mistake(en="`bias` is ignored: there never are biases here.", zh="没有理会 bias：从来没有算偏置。")
def never_bias(kernel, channels, maps, bias):
    return kernel**2 * channels * maps
