from d2lab.exercises import RandomInputs, exercise


def sizes(draw: RandomInputs):
    stride = draw.size(2, 4)
    kernel = draw.size(3, 7)
    return draw.size(3, 12), kernel, stride, draw.size(1, (kernel - 1) // 2), draw.size(1, stride - 1)


@exercise(
    "transposed-convolution",
    order=1,
    zh="转置卷积的输出边长",
    en="The side of a transposed convolution's output",
    arguments=sizes,
)
def enlarged_side(side: int, kernel: int, stride: int, padding: int, output_padding: int) -> int:
    """Compute the side of the output of a transposed convolution.

    求转置卷积输出的边长。

    Args:
        side: of the input, pixels. 输入的边长，像素。
        kernel: side of the kernel. 核的边长。
        stride: of the convolution that is transposed. 所转置的卷积的步幅。
        padding: of that convolution, on each side. 那个卷积每边的填充。
        output_padding: added below and at the right. 加在右边和下边的输出填充。

    >>> enlarged_side(3, 3, 2, 1, 0), enlarged_side(3, 3, 2, 1, 1)
    (5, 6)
    """
    raise NotImplementedError


@enlarged_side.solution(
    en="The last kernel begins at (side - 1) * stride and is `kernel` long. Padding is taken off both ends, output padding "
    "is added at one.",
    zh="最后一个核从 (side - 1) * stride 处开始，长 kernel。填充从两头去掉，输出填充只加在一头。",
)
def enlarged_side(side, kernel, stride, padding, output_padding):
    return (side - 1) * stride + kernel - 2 * padding + output_padding


@enlarged_side.mistake(
    en="Between n places there are n - 1 steps: the last kernel begins at (side - 1) * stride.",
    zh="n 个位置之间只有 n - 1 步：最后一个核从 (side - 1) * stride 开始。",
)
def one_step_too_many(side, kernel, stride, padding, output_padding):
    return side * stride + kernel - 2 * padding + output_padding


@enlarged_side.mistake(
    en="Padding was added: of a transposed convolution it is taken off the output.",
    zh="把填充加了上去：转置卷积的填充是从输出上去掉的。",
)
def padding_added(side, kernel, stride, padding, output_padding):
    return (side - 1) * stride + kernel + 2 * padding + output_padding


@enlarged_side.mistake(
    en="Padding was taken off one end only.",
    zh="填充只从一头去掉了。",
)
def padding_at_one_end(side, kernel, stride, padding, output_padding):
    return (side - 1) * stride + kernel - padding + output_padding


@enlarged_side.mistake(
    en="The output padding was left out.",
    zh="漏了输出填充。",
)
def output_padding_missing(side, kernel, stride, padding, output_padding):
    return (side - 1) * stride + kernel - 2 * padding


@enlarged_side.mistake(
    en="This is the side of the convolution itself, which makes images smaller.",
    zh="这是卷积本身的边长公式，它把图像变小。",
)
def side_of_the_convolution(side, kernel, stride, padding, output_padding):
    return (side + 2 * padding - kernel) // stride + 1
