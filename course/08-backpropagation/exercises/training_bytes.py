from d2lab.exercises import exercise


@exercise(
    "graphs-and-memory",
    order=2,
    zh="训练要多少内存",
    en="The memory of training",
    arguments=lambda draw: (
        draw.size(1, 10) * 1000,
        draw.size(1, 9) * 100,
        draw.size(1, 64),
        draw.choice(("sgd", "momentum", "adam")),
    ),
)
def training_bytes(parameters: int, activations: int, batch: int, optimizer: str) -> int:
    """Count the bytes of float32 that training keeps: weights, gradients, the optimizer's states, activations of the batch.

    训练时 float32 要占多少字节：权重、梯度、优化器的状态、一批的激活。

    Args:
        parameters: numbers in the weights.
        activations: numbers kept for one example. 每个样本要留的数。
        batch: examples.
        optimizer: sgd (no state), momentum (one for each weight) or adam (two). 状态份数：0、1、2。

    >>> training_bytes(100, 10, 2, "adam")
    1680
    """
    raise NotImplementedError


@training_bytes.solution(
    en="Each parameter has a weight, a gradient and its states; activations are for every example.",
    zh="每个参数有权重、梯度和若干份状态；激活乘以批量大小。",
)
def training_bytes(parameters, activations, batch, optimizer):
    states = {"sgd": 0, "momentum": 1, "adam": 2}[optimizer]
    return 4 * (parameters * (2 + states) + activations * batch)


STATES = {"sgd": 0, "momentum": 1, "adam": 2}


@training_bytes.mistake(en="These are numbers; a float32 has four bytes.", zh="这是个数；float32 每个占四个字节。")
def numbers(parameters, activations, batch, optimizer):
    return parameters * (2 + STATES[optimizer]) + activations * batch


@training_bytes.mistake(en="The gradients are missing.", zh="漏了梯度。")
def no_gradients(parameters, activations, batch, optimizer):
    return 4 * (parameters * (1 + STATES[optimizer]) + activations * batch)


@training_bytes.mistake(
    en="The activations of one example were counted; the batch has more.", zh="只算了一个样本的激活。"
)
def one_example(parameters, activations, batch, optimizer):
    return 4 * (parameters * (2 + STATES[optimizer]) + activations)


@training_bytes.mistake(en="The optimizer's states are missing.", zh="漏了优化器的状态。")
def no_states(parameters, activations, batch, optimizer):
    return 4 * (parameters * 2 + activations * batch)


@training_bytes.mistake(
    en="Weights were counted for each example: they are shared.", zh="每个样本都算了一遍权重：权重是共用的。"
)
def weights_each(parameters, activations, batch, optimizer):
    return 4 * (parameters * (2 + STATES[optimizer]) + activations) * batch
