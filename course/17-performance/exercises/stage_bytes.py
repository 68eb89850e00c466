from d2lab.exercises import RandomInputs, exercise


def widths_and_cut(draw: RandomInputs):
    widths = [10 * k + draw.size(2, 9) for k in range(draw.size(4, 6))]
    return widths, draw.size(1, len(widths) - 3)


@exercise("parallel", order=3, zh="每段占多少字节", en="Bytes of two stages", arguments=widths_and_cut)
def stage_bytes(widths: list[int], cut: int) -> list[int]:
    """Return the bytes of the parameters of two stages of a perceptron, in float32.

    求多层感知机切成两段后，各段参数的字节数（float32）。

    Layer i is linear, from widths[i] to widths[i + 1], with a bias. The first stage has the first `cut` layers.
    第 i 层是带偏置的线性层，从 widths[i] 到 widths[i + 1]。第一段是前 cut 层。

    Args:
        widths: of the inputs, of each layer. 输入的宽度，以及每层的宽度。
        cut: layers of the first stage. 第一段的层数。

    >>> stage_bytes([3, 4, 2], 1)
    [64, 40]
    """
    raise NotImplementedError


@stage_bytes.solution(
    en="A layer has a weight for each pair of input and output and a bias for each output, at 4 bytes.",
    zh="一层的权重是输入数乘输出数，偏置是输出数，每个 4 字节。",
)
def stage_bytes(widths, cut):
    counts = [(a + 1) * b for a, b in zip(widths, widths[1:])]
    return [4 * sum(counts[:cut]), 4 * sum(counts[cut:])]


@stage_bytes.mistake(
    en="Cut one layer too late: the first stage has `cut` layers.",
    zh="多切了一层：第一段只有 cut 层。",
)
def cut_one_late(widths, cut):
    counts = [(a + 1) * b for a, b in zip(widths, widths[1:])]
    return [4 * sum(counts[: cut + 1]), 4 * sum(counts[cut + 1 :])]


@stage_bytes.mistake(
    en="Numbers, not bytes: a float32 has 4.",
    zh="这是个数，不是字节数：一个 float32 是 4 字节。",
)
def numbers_for_bytes(widths, cut):
    counts = [(a + 1) * b for a, b in zip(widths, widths[1:])]
    return [sum(counts[:cut]), sum(counts[cut:])]


@stage_bytes.mistake(
    en="The biases are missing: one for each output.",
    zh="漏了偏置：每个输出一个。",
)
def biases_missing(widths, cut):
    counts = [a * b for a, b in zip(widths, widths[1:])]
    return [4 * sum(counts[:cut]), 4 * sum(counts[cut:])]


@stage_bytes.mistake(
    en="A bias belongs to an output, not to an input.",
    zh="偏置属于输出，不属于输入。",
)
def a_bias_for_each_input(widths, cut):
    counts = [a * (b + 1) for a, b in zip(widths, widths[1:])]
    return [4 * sum(counts[:cut]), 4 * sum(counts[cut:])]


@stage_bytes.mistake(
    en="Each stage got the whole model: that is data parallelism.",
    zh="每段都放了整个模型：那是数据并行。",
)
def everything_twice(widths, cut):
    total = 4 * sum((a + 1) * b for a, b in zip(widths, widths[1:]))
    return [total, total]
