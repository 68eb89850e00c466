from d2lab.exercises import RandomInputs, exercise


def two_shapes(draw: RandomInputs):
    sizes = [draw.size(2, 5) for _ in range(draw.size(2, 3))]
    return tuple(1 if draw.boolean() else n for n in sizes), tuple(sizes[draw.size(0, 2) :])


@exercise(
    "arrays-and-tables",
    order=1,
    zh="广播之后的形状",
    en="The shape after broadcasting",
    arguments=two_shapes,
)
def broadcast_shape(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of a + b for arrays of these shapes, which fit.

    两个形状相容的数组相加，结果是什么形状？

    Args:
        one: a shape.
        other: a shape.

    >>> broadcast_shape((3, 1), (4,))
    (3, 4)
    """
    raise NotImplementedError


@broadcast_shape.solution(
    en="Fill with ones from the left and take the larger on each axis.",
    zh="左边补 1 对齐，每个轴取大的。",
)
def broadcast_shape(one, other):
    length = max(len(one), len(other))
    one = (1,) * (length - len(one)) + tuple(one)
    other = (1,) * (length - len(other)) + tuple(other)
    return tuple(max(a, b) for a, b in zip(one, other))


def _padded(one, other, left=True):
    n = max(len(one), len(other))
    ones = [(1,) * (n - len(s)) for s in (one, other)]
    both = [(*o, *s) if left else (*s, *o) for o, s in zip(ones, (one, other))]
    return both[0], both[1]


@broadcast_shape.mistake(
    en="The shapes were aligned from the left; the last axes belong together.",
    zh="从左边对齐了：应当从最后一个轴对齐。",
)
def from_the_left(one, other):
    return tuple(max(a, b) for a, b in zip(*_padded(one, other, left=False)))


@broadcast_shape.mistake(
    en="The longer shape was taken as it stands: its ones may grow.", zh="直接取了较长的形状：里面的 1 也会变大。"
)
def the_longer(one, other):
    return tuple(max(one, other, key=len))


@broadcast_shape.mistake(en="Sizes were added.", zh="把长度相加了。")
def added(one, other):
    return tuple(a + b for a, b in zip(*_padded(one, other)))


@broadcast_shape.mistake(en="Sizes were multiplied.", zh="把长度相乘了。")
def multiplied(one, other):
    return tuple(a * b for a, b in zip(*_padded(one, other)))


@broadcast_shape.mistake(
    en="The smaller size was taken; 1 is repeated, not the other way.", zh="取了较小的：重复的是 1，不是反过来。"
)
def the_smaller(one, other):
    return tuple(min(a, b) for a, b in zip(*_padded(one, other)))
