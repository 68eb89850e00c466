from d2lab.exercises import RandomInputs, exercise


def sizes(draw: RandomInputs):
    return draw.size(10, 90), draw.size(100, 400), draw.size(2, 6)


@exercise("small-types", order=3, zh="混合精度要多少字节", en="Bytes of mixed precision", arguments=sizes)
def mixed_bytes(parameters: int, activations: int, batch: int) -> int:
    """Count the bytes that training in mixed precision with Adam holds.

    In 16 bits: the weights that the forward pass uses, their gradients, the activations. In 32 bits: the master weights
    and both moments.

    数一数用 Adam 做混合精度训练要占多少字节。16 位的：前向传播用的权重、它们的梯度、激活；32 位的：主权重和两个矩。

    Args:
        parameters: number of weights. 权重的个数。
        activations: numbers kept for one example until the backward pass. 每个样本为反向传播留着的数的个数。
        batch: examples of a batch. 一批的样本数。

    >>> mixed_bytes(10, 100, 2)
    560
    """
    raise NotImplementedError


@mixed_bytes.solution(
    en="2 + 2 + 4 + 4 + 4 = 16 bytes for each weight, as many as in float32. What gets smaller are the activations.",
    zh="每个权重 2 + 2 + 4 + 4 + 4 = 16 字节，与 float32 一样多。变小的是激活。",
)
def mixed_bytes(parameters, activations, batch):
    halves = 2 * parameters + activations * batch
    return 2 * halves + 4 * 3 * parameters


@mixed_bytes.mistake(
    en="Everything was counted in 32 bits: three of the six are kept in 16.",
    zh="全按 32 位算了：六样里有三样是 16 位。",
)
def all_in_32_bits(parameters, activations, batch):
    return 4 * (5 * parameters + activations * batch)


@mixed_bytes.mistake(
    en="Everything was counted in 16 bits: master weights and moments need 32.",
    zh="全按 16 位算了：主权重和矩要 32 位。",
)
def all_in_16_bits(parameters, activations, batch):
    return 2 * (5 * parameters + activations * batch)


@mixed_bytes.mistake(
    en="One of the three in 32 bits is missing: master weights, a mean of gradients, a mean of their squares.",
    zh="三样 32 位的漏了一样：主权重、梯度的平均、梯度平方的平均。",
)
def one_of_three_missing(parameters, activations, batch):
    return 2 * (2 * parameters + activations * batch) + 4 * 2 * parameters


@mixed_bytes.mistake(
    en="The gradients are missing: each weight has one, in 16 bits.",
    zh="漏了梯度：每个权重有一个，16 位。",
)
def without_gradients(parameters, activations, batch):
    return 2 * (parameters + activations * batch) + 4 * 3 * parameters


@mixed_bytes.mistake(
    en="Activations of one example: each example of the batch keeps its own.",
    zh="只算了一个样本的激活：批里的每个样本各留一份。",
)
def of_one_example(parameters, activations, batch):
    return 2 * (2 * parameters + activations) + 4 * 3 * parameters


@mixed_bytes.mistake(
    en="These are numbers, not bytes.",
    zh="这是数的个数，不是字节数。",
)
def numbers_not_bytes(parameters, activations, batch):
    return 5 * parameters + activations * batch


@mixed_bytes.mistake(
    en="Weights and activations changed places: which of the two has a gradient and two moments?",
    zh="权重和激活对调了：有梯度和两个矩的是哪一个？",
)
def changed_places(parameters, activations, batch):
    return 2 * (2 * activations + parameters * batch) + 4 * 3 * activations
