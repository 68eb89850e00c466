from d2lab.exercises import exercise


@exercise(
    "stride",
    order=3,
    zh="一串层之后的大小",
    en="Sizes through a stack",
    arguments=lambda draw: (
        draw.size(24, 64),
        [(draw.size(1, 5), draw.size(0, 2), draw.size(1, 2)) for _ in range(draw.size(2, 4))],
    ),
)
def sizes_through(size: int, layers: list[tuple[int, int, int]]) -> list[int]:
    """Return the side of the image behind each layer of a stack.

    图经过一串层，每层之后的边长各是多少？

    Args:
        size: of the input.
        layers: kernel, padding and stride of each. 每层的核、填充和步幅。

    >>> sizes_through(28, [(5, 2, 1), (2, 0, 2)])
    [28, 14]
    """
    raise NotImplementedError


@sizes_through.solution(
    en="The same formula, layer after layer.",
    zh="同一个公式，一层接一层。",
)
def sizes_through(size, layers):
    sizes = []
    for kernel, padding, stride in layers:
        size = (size + 2 * padding - kernel) // stride + 1
        sizes.append(size)
    return sizes


def _sizes(size, layers, padding=2):
    found = []
    for k, p, s in layers:
        size = (size + padding * p - k) // s + 1
        found.append(size)
    return found


@sizes_through.mistake(en="Only the last size came back.", zh="只返回了最后的边长。")
def only_last(size, layers):
    return _sizes(size, layers)[-1]


@sizes_through.mistake(
    en="Every layer was given the input's size: each takes what the one before it left.",
    zh="每层都用了最初的大小：每层应当接着上一层的输出。",
)
def from_the_input(size, layers):
    return [_sizes(size, [layer])[0] for layer in layers]


@sizes_through.mistake(en="The input's own size stands first in the list.", zh="列表开头多了输入自己的大小。")
def with_input(size, layers):
    return [size, *_sizes(size, layers)]


@sizes_through.mistake(en="Padding counts on both sides.", zh="填充两边都有。")
def padded_once(size, layers):
    return _sizes(size, layers, 1)
