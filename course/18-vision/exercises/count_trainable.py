from math import prod

from d2lab.exercises import RandomInputs, exercise


def shapes_and_depth(draw: RandomInputs):
    count = draw.size(3, 5)
    layers = []
    for _ in range(count):
        kernel = (draw.size(2, 3),) * 2 if draw.choice([True, False]) else ()
        layers.append((draw.size(2, 6), draw.size(2, 6), *kernel))
    return layers, draw.size(1, count - 1)


@exercise(
    "which-layers", order=3, zh="还有多少参数在学", en="How many parameters still learn", arguments=shapes_and_depth
)
def count_trainable(shapes: list[tuple[int, ...]], depth: int) -> int:
    """Count the parameters that learn when the lowest layers are frozen; every layer has a bias for each output.

    冻结最低的几层以后，还有多少参数在学；每层的每个输出都有一个偏置。

    Args:
        shapes: of the weights, from the lowest layer; the first number is that of outputs. 各层权重的形状，从最低层起；
            第一个数是输出的个数。
        depth: how many layers are frozen. 冻结几层。

    >>> count_trainable([(8, 1, 3, 3), (16, 8, 3, 3), (32, 256), (3, 32)], 2)
    8323
    """
    raise NotImplementedError


@count_trainable.solution(
    en="Skip the frozen layers, and add up the product of each shape and its number of outputs.",
    zh="跳过冻结的层，把其余各层的形状相乘，再加上输出的个数，求和。",
)
def count_trainable(shapes, depth):
    return sum(prod(shape) + shape[0] for shape in shapes[depth:])


@count_trainable.mistake(
    en="Off by one: one layer too many is frozen.",
    zh="差了一层：多冻结了一层。",
)
def one_too_many(shapes, depth):
    return sum(prod(shape) + shape[0] for shape in shapes[depth + 1 :])


@count_trainable.mistake(
    en="The biases are missing: they are parameters and learn as well.",
    zh="漏了偏置：它们也是参数，也在学。",
)
def without_biases(shapes, depth):
    return sum(prod(shape) for shape in shapes[depth:])


@count_trainable.mistake(
    en="These are the frozen ones: count the others.",
    zh="这是冻结的那些：要数的是其余的。",
)
def the_frozen_ones(shapes, depth):
    return sum(prod(shape) + shape[0] for shape in shapes[:depth])


@count_trainable.mistake(
    en="The highest layers were frozen: freezing begins at the bottom.",
    zh="冻结了最高的几层：应当从最低层起。",
)
def from_the_top(shapes, depth):
    return sum(prod(shape) + shape[0] for shape in shapes[: len(shapes) - depth])


@count_trainable.mistake(
    en="The numbers of a shape were added: a table of 3 rows and 32 columns has 96 entries.",
    zh="把形状里的数加了起来：3 行 32 列的表有 96 个数。",
)
def sides_added(shapes, depth):
    return sum(sum(shape) + shape[0] for shape in shapes[depth:])


@count_trainable.mistake(
    en="A bias for each input instead of each output: the first number of a shape is that of outputs.",
    zh="按输入给了偏置：形状的第一个数才是输出的个数。",
)
def bias_for_inputs(shapes, depth):
    return sum(prod(shape) + shape[1] for shape in shapes[depth:])
