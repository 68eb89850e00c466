from d2lab.exercises import exercise


@exercise(
    "channels",
    order=3,
    zh="卷积的乘法次数",
    en="Products of a convolution",
    arguments=lambda draw: (
        draw.size(6, 32),
        draw.size(1, 16),
        draw.size(1, 32),
        draw.choice((1, 3, 5)),
        draw.size(1, 2),
    ),
)
def multiplications(size: int, channels: int, maps: int, kernel: int, groups: int) -> int:
    """Count the multiplications for one square image; no padding, stride 1; channels and maps are split into groups.

    一幅方图要做多少次乘法？不填充，步幅 1；通道分成若干组，组与组互不相连。

    Args:
        size: side of the input.
        channels: of the input, in each group. 每组的输入通道。
        maps: of the output, in each group. 每组的输出通道。
        kernel: its side.
        groups: that do not see each other. 组数。

    >>> multiplications(6, 1, 2, 3, 1)
    288
    """
    raise NotImplementedError


@multiplications.solution(
    en="Every place of the output uses every weight once.",
    zh="输出的每一处都要用到每个权重一次。",
)
def multiplications(size, channels, maps, kernel, groups):
    places = (size - kernel + 1) ** 2
    return places * groups * channels * maps * kernel**2


@multiplications.mistake(
    en="The output's size counts, not the input's: the kernel does not stand at every pixel.",
    zh="应当按输出的大小算：核并不会站在每个输入像素上。",
)
def by_input_size(size, channels, maps, kernel, groups):
    return size**2 * channels * maps * kernel**2 * groups


@multiplications.mistake(
    en="These are the weights: each is used once at every place of the output.",
    zh="这是权重个数：每个权重在输出的每一处都要用一次。",
)
def only_weights(size, channels, maps, kernel, groups):
    return channels * maps * kernel**2 * groups


@multiplications.mistake(
    en="Groups were taken as if all channels saw all maps.", zh="没有按组分开：当成所有通道都连着所有输出图了。"
)
def groups_connected(size, channels, maps, kernel, groups):
    return (size - kernel + 1) ** 2 * channels * groups * maps * groups * kernel**2


@multiplications.mistake(en="The groups are not used.", zh="没有用到组数。")
def one_group(size, channels, maps, kernel, groups):
    return (size - kernel + 1) ** 2 * channels * maps * kernel**2


@multiplications.mistake(en="The kernel is not squared.", zh="核没有平方。")
def kernel_not_squared(size, channels, maps, kernel, groups):
    return (size - kernel + 1) ** 2 * channels * maps * kernel * groups
