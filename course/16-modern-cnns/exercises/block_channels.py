from d2lab.exercises import exercise


@exercise(
    "vgg",
    order=3,
    zh="通道的增长",
    en="Channels of the blocks",
    arguments=lambda draw: (draw.choice((8, 16, 32, 64)), draw.size(1, 8), draw.choice((128, 256, 512))),
)
def block_channels(first: int, blocks: int, most: int) -> list[int]:
    """Return the channels of each block: doubling from the first, but no more than `most`.

    每个块的通道数：从 first 开始翻倍，但不超过 most。

    Args:
        first: of the first block.
        blocks: how many.
        most: at any.

    >>> block_channels(64, 5, 512)
    [64, 128, 256, 512, 512]
    """
    raise NotImplementedError


@block_channels.solution(
    en="Double, up to the limit.",
    zh="翻倍，取上限。",
)
def block_channels(first, blocks, most):
    return [min(most, first * 2**number) for number in range(blocks)]


@block_channels.mistake(en="They never stop doubling.", zh="一直翻倍，没有上限。")
def unlimited(first, blocks, most):
    return [first * 2**i for i in range(blocks)]


@block_channels.mistake(en="The first block is doubled already.", zh="第一个块就翻倍了。")
def starts_doubled(first, blocks, most):
    return [min(most, first * 2 ** (i + 1)) for i in range(blocks)]


@block_channels.mistake(en="They grow by the same amount, not by a factor.", zh="是等差增长，应当翻倍。")
def added(first, blocks, most):
    return [min(most, first * (i + 1)) for i in range(blocks)]


@block_channels.mistake(en="Blocks beyond the limit were left out.", zh="超过上限的块没有了。")
def left_out(first, blocks, most):
    return [first * 2**i for i in range(blocks) if first * 2**i <= most]
