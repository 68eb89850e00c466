from d2lab.exercises import exercise


@exercise(
    "densenet",
    order=3,
    zh="直接拼接复制了多少",
    en="What concatenation copies",
    arguments=lambda draw: (draw.size(4, 64), draw.size(2, 32), draw.size(1, 12)),
)
def copied_channels(inputs: int, growth: int, layers: int) -> int:
    """Each layer joins what it read and what it adds into a new tensor: how many channels are hard-coded all?

    每层把读到的和新加的接成一个新张量：一共写了多少个通道？

    Args:
        inputs: of the block.
        growth: of a layer.
        layers: how many.

    >>> copied_channels(16, 8, 2)
    56
    """
    raise NotImplementedError


@copied_channels.solution(
    en="Each layer writes a tensor of `growth` channels more than the one before.",
    zh="每层写出的张量比前一层多 growth 个通道。",
)
def copied_channels(inputs, growth, layers):
    return sum(inputs + growth * number for number in range(1, layers + 1))


@copied_channels.mistake(
    en="Only the new channels were counted: the old ones are copied too.", zh="只算了新的：旧的也被复制了。"
)
def new_only(inputs, growth, layers):
    return growth * layers


@copied_channels.mistake(
    en="This is what is there in the end; each layer wrote a whole tensor.",
    zh="这是最后的通道数：每层都写了一整个张量。",
)
def the_end(inputs, growth, layers):
    return inputs + growth * layers


@copied_channels.mistake(en="What is read was counted, not what is written.", zh="算的是读的，不是写的。")
def read_channels(inputs, growth, layers):
    return sum(inputs + growth * i for i in range(layers))


@copied_channels.mistake(en="Every layer was taken to write as much as the last.", zh="每层都按最后一层算了。")
def as_the_last(inputs, growth, layers):
    return layers * (inputs + growth * layers)
