from d2lab.exercises import exercise


@exercise(
    "densenet",
    order=2,
    zh="整个 DenseNet 的通道",
    en="Channels of the whole network",
    arguments=lambda draw: (draw.size(8, 64), draw.size(4, 32), [draw.size(1, 8) for _ in range(draw.size(2, 4))]),
)
def final_channels(stem: int, growth: int, blocks: list[int]) -> int:
    """Return the channels behind the last dense block; between blocks a transition halves them (rounding down).

    最后一个稠密块之后的通道数；块与块之间的过渡层把通道减半（向下取整）。

    Args:
        stem: before the first block.
        growth: of a layer.
        blocks: layers of each.

    >>> final_channels(64, 32, [4, 4, 4, 4])
    248
    """
    raise NotImplementedError


@final_channels.solution(
    en="Blocks grow, transitions halve, and behind the last there is none.",
    zh="每块增长，块间减半，最后一块之后不减。",
)
def final_channels(stem, growth, blocks):
    channels = stem
    for number, layers in enumerate(blocks):
        channels += growth * layers
        if number < len(blocks) - 1:
            channels //= 2
    return channels


def _channels(stem, growth, blocks, halve_last=False, halve=True):
    for i, n in enumerate(blocks):
        stem += growth * n
        if halve and (halve_last or i < len(blocks) - 1):
            stem //= 2
    return stem


@final_channels.mistake(en="Behind the last block there is no transition.", zh="最后一个块之后没有过渡层。")
def halved_last(stem, growth, blocks):
    return _channels(stem, growth, blocks, halve_last=True)


@final_channels.mistake(en="The transitions are missing.", zh="漏了过渡层。")
def never_halved(stem, growth, blocks):
    return _channels(stem, growth, blocks, halve=False)


@final_channels.mistake(en="Layers were not counted: each adds `growth`.", zh="没有算层数：每层都加 growth。")
def a_growth_a_block(stem, growth, blocks):
    return _channels(stem, growth, [1] * len(blocks))


@final_channels.mistake(en="The stem was forgotten.", zh="漏了最前面的通道。")
def without_stem(stem, growth, blocks):
    return _channels(0, growth, blocks)
