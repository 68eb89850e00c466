from d2lab.exercises import RandomInputs, exercise


def layer_sizes(draw: RandomInputs):
    k = draw.size(1, 5)
    return draw.size(k + 1, 40), k, draw.size(0, 3), draw.size(1, 4)


@exercise("stride", order=1, zh="输出的大小", en="The size of the output", arguments=layer_sizes)
def output_size(size: int, kernel: int, padding: int, stride: int) -> int:
    """Return the side of a convolution's output.

    卷积输出的边长。

    Args:
        size: of the input.
        kernel: its side.
        padding: on each side. 每边的填充。
        stride: step of the kernel. 步幅。

    >>> output_size(28, 5, 2, 1), output_size(7, 3, 0, 2)
    (28, 3)
    """
    raise NotImplementedError


@output_size.solution(
    en="The kernel stands once; each whole step in what is left adds another place.",
    zh="先站在第一个位置，剩下的距离里每走一步再多一个。",
)
def output_size(size, kernel, padding, stride):
    return (size + 2 * padding - kernel) // stride + 1


@output_size.mistake(
    en="The first position is missing: the kernel stands somewhere before it takes a step.",
    zh="少了第一个位置：还没迈步，核就已经站在一处了。",
)
def first_missing(size, kernel, padding, stride):
    return (size + 2 * padding - kernel) // stride


@output_size.mistake(en="Padding counts on both sides.", zh="填充两边都有。")
def padding_once(size, kernel, padding, stride):
    return (size + padding - kernel) // stride + 1


@output_size.mistake(
    en="It rounds up: a step that leads beyond the border is not taken.", zh="向上取整了：迈出边界的一步不算。"
)
def rounded_up(size, kernel, padding, stride):
    return -(-(size + 2 * padding - kernel) // stride) + 1


@output_size.mistake(en="The stride is not used.", zh="没有用到步幅。")
def stride_one(size, kernel, padding, stride):
    return size + 2 * padding - kernel + 1


@output_size.mistake(
    en="The input was divided by the stride: the kernel's own width is missing.",
    zh="只用输入除以步幅：漏了核自己的宽度。",
)
def kernel_missing(size, kernel, padding, stride):
    return (size + 2 * padding) // stride
