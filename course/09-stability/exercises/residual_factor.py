from d2lab.exercises import exercise


@exercise(
    "vanishing-and-exploding",
    order=3,
    zh="残差的倍数",
    en="The factor of a residual chain",
    arguments=lambda draw: (draw.number(-0.5, 0.5), draw.size(1, 30)),
)
def residual_factor(derivative: float, layers: int) -> float:
    """Each layer is x + f(x), where f has this derivative: by how much is a gradient multiplied through all layers?

    每层是 x + f(x)，f 的导数已知：穿过所有层，梯度一共乘了多少？

    Args:
        derivative: of f.
        layers: how many.

    >>> residual_factor(0.5, 2)
    2.25
    """
    raise NotImplementedError


@residual_factor.solution(
    en="Every layer multiplies by $1 + f'$.",
    zh="每层乘 $1 + f'$。",
)
def residual_factor(derivative, layers):
    return (1 + derivative) ** layers


@residual_factor.mistake(en="This is the plain chain: the shortcut's 1 is missing.", zh="这是普通的链：漏了捷径的 1。")
def plain(derivative, layers):
    return derivative**layers


@residual_factor.mistake(en="Only the first terms were taken: layers multiply.", zh="只取了前两项：各层是相乘的。")
def first_terms(derivative, layers):
    return 1 + layers * derivative


@residual_factor.mistake(
    en="The shortcut was counted once for the whole chain: every layer has one.", zh="整条链只算了一次捷径：每层都有。"
)
def one_shortcut(derivative, layers):
    return 1 + derivative**layers


@residual_factor.mistake(en="One layer too many was counted.", zh="多算了一层。")
def a_layer_more(derivative, layers):
    return (1 + derivative) ** (layers + 1)
