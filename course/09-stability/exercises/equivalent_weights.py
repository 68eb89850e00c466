import math

from d2lab.exercises import exercise


@exercise(
    "symmetry",
    order=2,
    zh="多少组等价的权重",
    en="Weights that compute the same",
    arguments=lambda draw: ([draw.size(1, 6) for _ in range(draw.size(1, 3))], draw.boolean()),
    formerly=("twins",),
)
def equivalent_weights(hidden: list[int], odd: bool) -> int:
    """Count the sets of weights that compute the same function, reached by permuting units within hidden layers; with an odd activation
    (tanh) the signs of each unit may be flipped too.

    只靠交换隐藏单元，有多少组权重算同一个函数？激活函数是奇函数（如 tanh）时，每个单元的符号也可以翻转。

    Args:
        hidden: widths of the hidden layers. 各隐藏层的宽度。
        odd: whether the activation is odd.

    >>> equivalent_weights([3], False), equivalent_weights([2], True)
    (6, 8)
    """
    raise NotImplementedError


@equivalent_weights.solution(
    en="$h!$ orders a layer; with an odd function twice as many for each unit.",
    zh="每层 $h!$ 种次序；奇函数时每个单元再乘 2。",
)
def equivalent_weights(hidden, odd):
    return math.prod(math.factorial(width) * (2**width if odd else 1) for width in hidden)


@equivalent_weights.mistake(
    en="Layers were added: their orders are chosen independently, so they multiply.",
    zh="把各层相加了：各层独立地选次序，应当相乘。",
)
def added(hidden, odd):
    return sum(math.factorial(h) * (2**h if odd else 1) for h in hidden)


@equivalent_weights.mistake(en="`odd` is ignored: signs may be flipped too.", zh="没有理会 odd：符号也可以翻转。")
def no_signs(hidden, odd):
    return math.prod(math.factorial(h) for h in hidden)


@equivalent_weights.mistake(
    en="One sign for each layer was flipped: each unit has its own.", zh="每层只翻了一次符号：每个单元都可以各自翻。"
)
def a_sign_a_layer(hidden, odd):
    return math.prod(math.factorial(h) * (2 if odd else 1) for h in hidden)


@equivalent_weights.mistake(
    en="Units of different layers were exchanged: they stay within their layer.",
    zh="不同层的单元也换了：只能在同一层里换。",
)
def across_layers(hidden, odd):
    return math.factorial(sum(hidden)) * (2 ** sum(hidden) if odd else 1)
