from d2lab.exercises import exercise


@exercise(
    "lenet",
    order=1,
    zh="LeNet 第一个全连接层的输入数",
    en="The inputs of LeNet's first dense layer",
    arguments=lambda draw: (draw.size(16, 64), draw.size(4, 32)),
)
def flat_size(side: int, maps: int) -> int:
    """How many numbers go into LeNet's first dense layer, for square images of another size?

    换一种边长的方图，LeNet 的第一个全连接层有多少个输入？

    Convolution 5x5 with padding 2, pool 2x2 of stride 2, convolution 5x5 without padding, the same pool.
    卷积 5×5（填充 2）、汇聚 2×2（步幅 2）、卷积 5×5（不填充）、同样的汇聚。

    Args:
        side: of the image, at least 16. 图的边长。
        maps: of the second convolution. 第二个卷积的输出通道。

    >>> flat_size(28, 16)
    400
    """
    raise NotImplementedError


@flat_size.solution(
    en="The padded convolution keeps the side, a pool halves it, and 5 x 5 without padding takes 4 pixels.",
    zh="有填充的卷积不改变边长；汇聚减半；没有填充的 5×5 少 4 个像素。",
)
def flat_size(side, maps):
    side = side // 2  # padded convolution, pool
    side = (side - 4) // 2  # convolution, pool
    return side * side * maps


@flat_size.mistake(en="The maps are missing: each has as many pixels.", zh="漏了输出通道数：每幅图都有这么多像素。")
def one_map(side, maps):
    return ((side // 2 - 4) // 2) ** 2


@flat_size.mistake(en="The side is not squared.", zh="边长没有平方。")
def not_squared(side, maps):
    return (side // 2 - 4) // 2 * maps


@flat_size.mistake(en="The first convolution keeps the size: it has padding.", zh="第一个卷积有填充，大小不变。")
def first_shrinks(side, maps):
    return (((side - 4) // 2 - 4) // 2) ** 2 * maps


@flat_size.mistake(
    en="The second convolution has no padding: it takes 4 pixels away.", zh="第二个卷积没有填充，要少 4 个像素。"
)
def second_keeps(side, maps):
    return (side // 4) ** 2 * maps


@flat_size.mistake(en="The last pool is missing.", zh="漏了最后的汇聚。")
def last_pool_missing(side, maps):
    return (side // 2 - 4) ** 2 * maps
