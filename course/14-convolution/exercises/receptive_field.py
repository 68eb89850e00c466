from d2lab.exercises import RandomInputs, exercise


def stack(draw: RandomInputs):
    return ([(draw.size(1, 5), draw.size(1, 3)) for _ in range(draw.size(2, 5))],)


@exercise("receptive-field", order=1, zh="感受野", en="The receptive field", arguments=stack)
def receptive_field(layers: list[tuple[int, int]]) -> int:
    """Return how many input pixels, in one direction, one output pixel of a stack sees.

    一串层之后，一个输出像素在一个方向上看到多少个输入像素？

    Args:
        layers: kernel and stride of each, from the input on. 从输入开始，各层的核与步幅。

    >>> receptive_field([(3, 1), (3, 1)]), receptive_field([(2, 2), (3, 1)])
    (5, 6)
    """
    raise NotImplementedError


@receptive_field.solution(
    en="Each layer adds $k - 1$ steps, each as long as the product of the strides before it.",
    zh="每一层增加 $k - 1$ 步，步长是之前各层步幅的乘积。",
)
def receptive_field(layers):
    seen, step = 1, 1
    for kernel, stride in layers:
        seen += (kernel - 1) * step
        step *= stride
    return seen


def _field(layers, start=1):
    seen, step = start, 1
    for kernel, stride in layers:
        seen, step = seen + (kernel - 1) * step, step * stride
    return seen


@receptive_field.mistake(
    en="Strides are not used: behind a stride of 2 each step covers two input pixels.",
    zh="没有用到步幅：步幅 2 之后，每一步都跨过两个输入像素。",
)
def strides_ignored(layers):
    return 1 + sum(kernel - 1 for kernel, _ in layers)


@receptive_field.mistake(
    en="A layer's own stride was applied to its own kernel: it only spreads the layers behind it.",
    zh="把本层的步幅用到了本层的核上：它只影响后面的层。",
)
def own_stride(layers):
    seen, step = 1, 1
    for kernel, stride in layers:
        step *= stride
        seen += (kernel - 1) * step
    return seen


@receptive_field.mistake(
    en="The kernels were added up: neighboring windows overlap, each adds k - 1.",
    zh="把核的边长直接相加了：相邻窗口有重叠，每层只多 k - 1。",
)
def kernels_added(layers):
    return sum(kernel for kernel, _ in layers)


@receptive_field.mistake(
    en="The output pixel itself was forgotten: even without layers it sees one.",
    zh="漏了起点：没有任何层时，也看得到一个像素。",
)
def starts_at_zero(layers):
    return _field(layers, 0)


@receptive_field.mistake(
    en="The layers were taken from the output to the input: which strides lie before a layer?",
    zh="层的次序反了：一层之前有哪些步幅才算？",
)
def other_way_round(layers):
    return _field(layers[::-1])
