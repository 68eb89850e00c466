from d2lab.exercises import exercise


@exercise(
    "batch-size",
    order=3,
    zh="线性缩放学习率",
    en="The rate that goes with a batch",
    arguments=lambda draw: (draw.number(0.01, 1.0), 2 ** draw.size(3, 7), 2 ** draw.size(3, 9)),
)
def scaled_rate(rate: float, size: int, new_size: int) -> float:
    """Scale a learning rate linearly to another batch size, so that an epoch moves about as far.

    批量大小改变时，按线性规则缩放学习率，使一轮走过的路程大致不变。

    Args:
        rate: that suits `size`. 适合 size 的学习率。
        size: of the batch until now.
        new_size: of the batch from now on.

    >>> scaled_rate(0.1, 32, 64)
    0.2
    """
    raise NotImplementedError


@scaled_rate.solution(
    en="""
    So many times larger the batch, so many times fewer the steps of an epoch, so many times longer each must be.
    """,
    zh="批大几倍，一轮的步数就少几倍，每一步也要大几倍。",
)
def scaled_rate(rate, size, new_size):
    return rate * new_size / size


@scaled_rate.mistake(
    en="It is the wrong way round: a larger batch takes fewer steps an epoch, so each must be longer.",
    zh="方向反了：批越大，一轮的步数越少，每一步就得更长。",
)
def inverse(rate, size, new_size):
    return rate * size / new_size


@scaled_rate.mistake(
    en="This is the square-root rule; the linear one is asked for.", zh="这是平方根规则；要的是线性规则。"
)
def square_root(rate, size, new_size):
    return rate * (new_size / size) ** 0.5


@scaled_rate.mistake(en="The rate did not change with the batch.", zh="学习率没有随批量大小改变。")
def unchanged(rate, size, new_size):
    return rate


@scaled_rate.mistake(
    en="The old batch size is missing: what matters is how many times larger the new one is.",
    zh="没有用到原来的批量大小：要看新批是旧批的几倍。",
)
def times_the_new(rate, size, new_size):
    return rate * new_size
