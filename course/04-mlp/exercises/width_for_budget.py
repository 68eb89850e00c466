from d2lab.exercises import exercise


@exercise(
    "approximation",
    order=3,
    zh="同样参数，深还是宽",
    en="As many weights, deep or wide",
    arguments=lambda draw: (draw.size(1, 20), draw.size(2, 6), draw.size(10, 80)),
)
def width_for_budget(inputs: int, depth: int, hidden: int) -> int:
    """Return the largest width of `depth` equal hidden layers with no more parameters than one hidden layer of `hidden` units.

    一个宽 hidden 的隐藏层有多少参数？改成 depth 个等宽的隐藏层，参数不超过它，最宽能有多宽？

    Args:
        inputs: of the network, which has one output; every layer has biases. 输出为 1，各层都有偏置。
        depth: hidden layers.
        hidden: units of the single layer.

    >>> width_for_budget(1, 2, 8)
    3
    """
    raise NotImplementedError


@width_for_budget.solution(
    en="The count rises with the width; try widths until one exceeds the budget.",
    zh="参数个数是宽度的递增函数，从小到大试到超出限额为止。",
)
def width_for_budget(inputs, depth, hidden):
    def parameters(width, layers):
        return (inputs + 1) * width + (layers - 1) * (width + 1) * width + width + 1

    width = 0
    while parameters(width + 1, depth) <= parameters(hidden, 1):
        width += 1
    return width


def _budgeted(count, limit):
    width = 0
    while count(width + 1) <= limit:
        width += 1
    return width


@width_for_budget.mistake(en="The biases are missing on both sides.", zh="两边都漏了偏置。")
def no_biases(inputs, depth, hidden):
    return _budgeted(lambda w: inputs * w + (depth - 1) * w * w + w, inputs * hidden + hidden)


@width_for_budget.mistake(
    en="The network found is one unit too wide: it has more parameters than it may.",
    zh="宽了一个单元：参数超过了限额。",
)
def one_too_wide(inputs, depth, hidden):
    return _budgeted(lambda w: inputs * w + w + (depth - 1) * (w * w + w) + w + 1, inputs * hidden + 2 * hidden + 1) + 1


@width_for_budget.mistake(
    en="`depth` hidden layers have depth - 1 square matrices between them, not depth.",
    zh="depth 个隐藏层之间只有 depth - 1 个方阵。",
)
def a_matrix_too_many(inputs, depth, hidden):
    return _budgeted(lambda w: inputs * w + w + depth * (w * w + w) + w + 1, inputs * hidden + 2 * hidden + 1)


@width_for_budget.mistake(
    en="The units were shared out: parameters between layers grow with the square of the width.",
    zh="平分的是单元数：层与层之间的参数是按宽度的平方增长的。",
)
def units_shared(inputs, depth, hidden):
    return hidden // depth
