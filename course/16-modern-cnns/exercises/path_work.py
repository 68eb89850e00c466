from d2lab.exercises import exercise


@exercise(
    "googlenet",
    order=2,
    zh="先收窄的计算量",
    en="The cost of a narrowed path",
    arguments=lambda draw: (
        draw.size(4, 28),
        draw.size(8, 64),
        draw.size(2, 16),
        draw.size(4, 32),
        draw.choice((3, 5)),
    ),
)
def path_work(side: int, channels: int, narrow: int, maps: int, kernel: int) -> int:
    """Count the multiplications of 1 x 1 to `narrow`, then kernel x kernel to `maps`; padding keeps the side.

    先 1×1 收窄，再 k×k 卷积（填充使边长不变），要做多少次乘法？

    Args:
        side: of the maps.
        channels: in.
        narrow: between.
        maps: out.
        kernel: of the second.

    >>> path_work(2, 3, 1, 2, 3)
    84
    """
    raise NotImplementedError


@path_work.solution(
    en="The weights of both, at every pixel.",
    zh="两个卷积的权重，各乘像素数。",
)
def path_work(side, channels, narrow, maps, kernel):
    return side * side * (channels * narrow + narrow * maps * kernel * kernel)


@path_work.mistake(en="The 1 x 1 is missing.", zh="漏了 1×1。")
def second_only(side, channels, narrow, maps, kernel):
    return side**2 * narrow * maps * kernel**2


@path_work.mistake(en="Nothing was narrowed: this is the direct convolution.", zh="没有收窄：这是直接卷积。")
def direct(side, channels, narrow, maps, kernel):
    return side**2 * channels * maps * kernel**2


@path_work.mistake(en="These are weights: each works at every pixel.", zh="这是权重个数：每个权重在每个像素都要用。")
def weights(side, channels, narrow, maps, kernel):
    return channels * narrow + narrow * maps * kernel**2


@path_work.mistake(en="The kernel is not squared.", zh="核没有平方。")
def kernel_once(side, channels, narrow, maps, kernel):
    return side**2 * (channels * narrow + narrow * maps * kernel)
