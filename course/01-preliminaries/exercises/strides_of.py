import math

from d2lab.exercises import exercise


@exercise(
    "tensors",
    order=1,
    zh="步长",
    en="Strides",
    arguments=lambda draw: (tuple(draw.size(1, 6) for _ in range(draw.size(1, 4))),),
)
def strides_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the strides, in numbers, of a contiguous tensor of this shape.

    连续张量的步长（以元素个数计）。

    Args:
        shape: of the tensor.

    >>> strides_of((2, 3, 4))
    (12, 4, 1)
    """
    raise NotImplementedError


@strides_of.solution(
    en="The stride of an axis is the product of the sizes behind it.",
    zh="每个轴的步长是后面各轴长度的乘积。",
)
def strides_of(shape):
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


@strides_of.mistake(en="The order is reversed: the last axis has stride 1.", zh="次序反了：最后一个轴的步长是 1。")
def column_first(shape):
    return tuple(math.prod(shape[:i]) for i in range(len(shape)))


@strides_of.mistake(
    en="Each axis was multiplied with its own size: only the axes behind count.", zh="多乘了自己的长度：只算后面的轴。"
)
def own_size_too(shape):
    return tuple(math.prod(shape[i:]) for i in range(len(shape)))


@strides_of.mistake(en="This is the size of the next axis alone.", zh="这只是下一个轴的长度。")
def next_axis(shape):
    return (*shape[1:], 1)


@strides_of.mistake(en="These are bytes of float32, four times as many.", zh="这是 float32 的字节数，大了四倍。")
def in_bytes(shape):
    return tuple(4 * math.prod(shape[i + 1 :]) for i in range(len(shape)))
