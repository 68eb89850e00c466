from d2lab.exercises import exercise


@exercise(
    "autograd",
    order=2,
    zh="对偶数",
    en="Dual numbers",
    arguments=lambda draw: ((draw.number(), draw.number()), (draw.number(), draw.number())),
)
def dual_product(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """Multiply two dual numbers: each holds a value and a change.

    两个对偶数相乘：每个是（值，变化）。

    Args:
        one: value and change.
        other: value and change.

    >>> dual_product((2.0, 1.0), (3.0, 0.0))
    (6.0, 3.0)
    """
    raise NotImplementedError


@dual_product.solution(
    en="The product rule.",
    zh="乘法法则。",
)
def dual_product(one, other):
    return one[0] * other[0], one[1] * other[0] + one[0] * other[1]


@dual_product.mistake(
    en="The changes were multiplied: the product rule adds two terms.", zh="把变化相乘了：乘法法则是两项相加。"
)
def changes_multiplied(one, other):
    return one[0] * other[0], one[1] * other[1]


@dual_product.mistake(
    en="The changes were added: each is multiplied by the other value.", zh="把变化直接相加了：要各乘对方的值。"
)
def changes_added(one, other):
    return one[0] * other[0], one[1] + other[1]


@dual_product.mistake(en="Only the first number's change was counted.", zh="只算了第一个数的变化。")
def first_change(one, other):
    return one[0] * other[0], one[1] * other[0]


@dual_product.mistake(
    en="There is a term of second order: changes are so small that their product does not count.",
    zh="多了二阶项：变化的乘积小到可以不计。",
)
def second_order(one, other):
    return one[0] * other[0], one[1] * other[0] + one[0] * other[1] + one[1] * other[1]
