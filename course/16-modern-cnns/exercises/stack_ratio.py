from d2lab.exercises import exercise


@exercise(
    "vgg",
    order=2,
    zh="小核省多少",
    en="What small kernels save",
    arguments=lambda draw: (draw.size(1, 6) * 2 + 1, draw.size(1, 64)),
)
def stack_ratio(kernel: int, channels: int) -> float:
    """Weights of a stack of 3 x 3 that sees as much as one kernel, over the weights of that kernel; no biases, equal channels.

    一叠 3×3 与看得一样大的一个大核，权重之比（无偏置，通道都一样）。

    Args:
        kernel: side of the large one, odd.
        channels: everywhere.

    >>> stack_ratio(5, 64)
    0.72
    """
    raise NotImplementedError


@stack_ratio.solution(
    en="$(k-1)/2$ layers of 9 weights; channels cancel.",
    zh="要 $(k-1)/2$ 层，每层 9 个权重，通道约掉。",
)
def stack_ratio(kernel, channels):
    return 9 * ((kernel - 1) // 2) / kernel**2


@stack_ratio.mistake(en="The ratio is upside down.", zh="比值颠倒了。")
def upside_down_ratio(kernel, channels):
    return kernel**2 / (9 * ((kernel - 1) // 2))


@stack_ratio.mistake(
    en="One layer of 3 x 3 does not see as much: count how many are needed.", zh="一层 3×3 看不到那么大：要数需要几层。"
)
def one_layer(kernel, channels):
    return 9 / kernel**2


@stack_ratio.mistake(
    en="Channels don't cancel here, but they do: both have channels squared.", zh="通道没有约掉：两边都是通道的平方。"
)
def with_channels(kernel, channels):
    return 9 * ((kernel - 1) // 2) * channels / kernel**2


@stack_ratio.mistake(en="Too many layers: each adds two pixels to the side.", zh="层数多了：每层让边长多两个像素。")
def too_many_layers(kernel, channels):
    return 9 * (kernel - 1) / kernel**2
