from d2lab.exercises import exercise


@exercise(
    "densenet",
    order=1,
    zh="稠密块的通道",
    en="Channels of a dense block",
    arguments=lambda draw: (draw.size(4, 64), draw.size(2, 32), draw.size(1, 12)),
)
def dense_reads(inputs: int, growth: int, layers: int) -> list[int]:
    """Return how many channels each layer of a dense block reads.

    稠密块里每一层各读多少个通道？

    Args:
        inputs: of the block.
        growth: maps that a layer adds.
        layers: how many.

    >>> dense_reads(16, 8, 3)
    [16, 24, 32]
    """
    raise NotImplementedError


@dense_reads.solution(
    en="Layer i reads the input and what i layers added.",
    zh="第 i 层读到输入和前 i 层加的图。",
)
def dense_reads(inputs, growth, layers):
    return [inputs + growth * number for number in range(layers)]


@dense_reads.mistake(
    en="These are the channels behind each layer; what it reads lies before.", zh="这是每层之后的通道，应当是之前的。"
)
def behind(inputs, growth, layers):
    return [inputs + growth * (i + 1) for i in range(layers)]


@dense_reads.mistake(
    en="Every layer reads only the growth of the one before: that is a chain.",
    zh="每层只读前一层新加的：那是普通的链。",
)
def as_chain(inputs, growth, layers):
    return [inputs] + [growth] * (layers - 1)


@dense_reads.mistake(
    en="The input of the block is not joined: later layers read it too.", zh="没有接上块的输入：后面的层也读它。"
)
def input_lost(inputs, growth, layers):
    return [inputs] + [growth * i for i in range(1, layers)]


@dense_reads.mistake(en="Channels double at every layer; each adds `growth`.", zh="通道每层翻倍了；应当每层加 growth。")
def doubling(inputs, growth, layers):
    return [inputs * 2**i for i in range(layers)]
