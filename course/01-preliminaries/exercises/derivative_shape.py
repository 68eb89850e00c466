import math

from d2lab.exercises import exercise


@exercise(
    "derivatives",
    order=2,
    zh="雅可比矩阵的形状",
    en="The shape of a derivative",
    arguments=lambda draw: (
        tuple(draw.size(1, 5) for _ in range(draw.size(0, 2))),
        tuple(draw.size(1, 5) for _ in range(draw.size(0, 2))),
    ),
)
def derivative_shape(output: tuple[int, ...], given: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of the derivative of an output by an input, as Jacobians have it: output axes first.

    输出对输入的导数是什么形状？按雅可比矩阵的摆法：先输出的轴，再输入的轴。

    Args:
        output: its shape; () is a number.
        given: shape of the input.

    >>> derivative_shape((3,), (2,)), derivative_shape((), (4,))
    ((3, 2), (4,))
    """
    raise NotImplementedError


@derivative_shape.solution(
    en="Output axes first.",
    zh="输出的轴在前。",
)
def derivative_shape(output, given):
    return tuple(output) + tuple(given)


@derivative_shape.mistake(en="Input axes come first here.", zh="先写了输入的轴。")
def input_first(output, given):
    return given + output


@derivative_shape.mistake(en="The input's axes are missing.", zh="漏了输入的轴。")
def output_only(output, given):
    return output


@derivative_shape.mistake(
    en="The output's axes are missing: only for a number is that right.", zh="漏了输出的轴：输出是一个数时才对。"
)
def input_only(output, given):
    return given


@derivative_shape.mistake(en="This is how many numbers it has.", zh="这是元素个数。")
def number_of_entries(output, given):
    return (math.prod(output) * math.prod(given),)
