from d2lab.exercises import RandomInputs, exercise


def widths_of(draw: RandomInputs):
    return ([draw.size(1, 12) for _ in range(draw.size(2, 5))],)


@exercise("mlp", order=2, zh="数一数参数", en="Count the parameters", arguments=widths_of)
def count_parameters(widths: list[int]) -> int:
    """Count the weights and biases of a multilayer perceptron.

    数一个多层感知机的权重和偏置。

    Args:
        widths: of its layers from input to output: [784, 256, 10]. 从输入到输出各层的宽度。

    >>> count_parameters([2, 3, 1])
    13
    """
    raise NotImplementedError


@count_parameters.solution(
    en="A layer has (inputs + 1) times outputs; the one is the bias.",
    zh="每一层是“输入数加一”乘以输出数，那个一就是偏置。",
)
def count_parameters(widths):
    return sum((inputs + 1) * outputs for inputs, outputs in zip(widths, widths[1:]))


@count_parameters.mistake(en="The biases are missing.", zh="漏了偏置。")
def weights_alone(widths):
    return sum(a * b for a, b in zip(widths, widths[1:]))


@count_parameters.mistake(
    en="The input got biases too: only layers that compute have them.", zh="给输入也算了偏置：只有做计算的层才有。"
)
def input_biases(widths):
    return sum(a * b for a, b in zip(widths, widths[1:])) + sum(widths)


@count_parameters.mistake(
    en="One bias a layer: every neuron has its own.", zh="每层只算了一个偏置：每个神经元都有自己的。"
)
def a_bias_a_layer(widths):
    return sum(a * b + 1 for a, b in zip(widths, widths[1:]))


@count_parameters.mistake(
    en="Biases were counted by the inputs of a layer, not by its outputs.", zh="按层的输入数了偏置，应当按输出数。"
)
def biases_of_inputs(widths):
    return sum(a * b + a for a, b in zip(widths, widths[1:]))


@count_parameters.mistake(
    en="These are the neurons; connections are counted, and biases.", zh="这数的是神经元；要数的是连接和偏置。"
)
def neurons(widths):
    return sum(widths)
