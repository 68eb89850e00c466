from d2lab.exercises import exercise


@exercise(
    "convolution",
    order=1,
    zh="全连接层有多少参数",
    en="Weights of a dense layer on images",
    arguments=lambda draw: (draw.size(4, 32), draw.size(4, 32), draw.size(1, 3), draw.size(1, 64)),
)
def dense_weights(height: int, width: int, channels: int, maps: int) -> int:
    """Count the weights, without biases, of a dense layer from an image to `maps` images of the same size.

    从一幅图到 maps 幅同样大小的图，全连接层要多少权重（不算偏置）？

    Args:
        height: of the images. 图的高。
        width: of the images. 图的宽。
        channels: of the input.
        maps: of the output.

    >>> dense_weights(2, 2, 1, 3)
    48
    """
    raise NotImplementedError


@dense_weights.solution(
    en="Every input value is connected to every output value: the counts multiply.",
    zh="每个输入值都连着每个输出值：个数相乘。",
)
def dense_weights(height, width, channels, maps):
    pixels = height * width
    return (pixels * channels) * (pixels * maps)


@dense_weights.mistake(
    en="The output's pixels are missing: each map has as many outputs as the image has pixels.",
    zh="漏了输出的像素：每幅输出图有多少像素，就有多少个输出。",
)
def one_output_a_map(height, width, channels, maps):
    return height * width * channels * maps


@dense_weights.mistake(en="The channels of the input are missing.", zh="漏了输入的通道数。")
def channels_missing(height, width, channels, maps):
    return (height * width) ** 2 * maps


@dense_weights.mistake(
    en="Inputs and outputs were added: every input is connected to every output.",
    zh="把输入和输出相加了：每个输入都连着每个输出。",
)
def added(height, width, channels, maps):
    return height * width * (channels + maps)


@dense_weights.mistake(
    en="Only the height was squared: pixels are height times width, on both sides.",
    zh="只有高平方了：两边的像素数都是高乘宽。",
)
def height_squared(height, width, channels, maps):
    return height**2 * width * channels * maps
