from d2lab.exercises import exercise


@exercise(
    "autograd",
    order=1,
    zh="一条计算图的反向",
    en="Backward through a small graph",
    arguments=lambda draw: (draw.number(), draw.number(), draw.number()),
    formerly=("graph_slopes",),
)
def graph_gradients(x: float, y: float, z: float) -> tuple[float, float, float]:
    """For a = x * y and L = a * z + a, return the derivatives of L with respect to x, y and z.

    a = x·y，L = a·z + a：求 L 对 x、y、z 的导数。

    Args:
        x: a number.
        y: a number.
        z: a number.

    >>> graph_gradients(1.0, 2.0, 3.0)
    (8.0, 4.0, 2.0)
    """
    raise NotImplementedError


@graph_gradients.solution(
    en="a receives two derivatives, z and 1; they add up.",
    zh="a 收到两份导数，z 和 1，相加。",
)
def graph_gradients(x, y, z):
    grad_a = z + 1
    return grad_a * y, grad_a * x, x * y


@graph_gradients.mistake(en="a is used twice; only its use in a * z was counted.", zh="a 用了两次：只算了 a·z 那一次。")
def product_use_only(x, y, z):
    return (y * z, x * z, x * y)


@graph_gradients.mistake(en="a is used twice; only the second use was counted.", zh="a 用了两次：只算了后一次。")
def second_use_only(x, y, z):
    return (y, x, x * y)


@graph_gradients.mistake(en="The derivatives with respect to x and y are exchanged.", zh="对 x 和 y 的导数弄反了。")
def exchanged(x, y, z):
    return (x * (z + 1), y * (z + 1), x * y)


@graph_gradients.mistake(
    en="The derivative with respect to z is L's other factor, a, without the + a.",
    zh="对 z 的导数是 a，不用加上后面的。",
)
def z_too_large(x, y, z):
    return (y * (z + 1), x * (z + 1), x * y + x * y)
