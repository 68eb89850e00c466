"""Exercises of chapter 15: LeNet, and what happens inside it."""

import torch
from torch import Tensor
from torch.nn import functional as F

from d2lab.exercises import exercise

# lenet


@exercise(
    "lenet", zh="LeNet 拼接处的宽度", en="Where LeNet goes flat", arguments=lambda d: (d.size(16, 64), d.size(4, 32))
)
def flat_size(side: int, maps: int) -> int:
    """How many numbers go into LeNet's first dense layer, for square pictures of another size?

    换一种边长的方图，LeNet 的第一个全连接层有多少个输入？

    Convolution 5x5 with padding 2, pool 2x2 of stride 2, convolution 5x5 without padding, the same pool.
    卷积 5×5（填充 2）、汇聚 2×2（步幅 2）、卷积 5×5（不填充）、同样的汇聚。

    Args:
        side: of the picture, at least 16. 图的边长。
        maps: of the second convolution. 第二个卷积的输出通道。

    >>> flat_size(28, 16)
    400
    """
    raise NotImplementedError


@flat_size.mistake(en="The maps are missing: each has as many pixels.", zh="漏了输出通道数：每幅图都有这么多像素。")
def one_map(side, maps):
    return ((side // 2 - 4) // 2) ** 2


@flat_size.mistake(en="The side is not squared.", zh="边长没有平方。")
def not_squared(side, maps):
    return (side // 2 - 4) // 2 * maps


@flat_size.mistake(en="The first convolution keeps the size: it has padding.", zh="第一个卷积有填充，大小不变。")
def first_shrinks(side, maps):
    return (((side - 4) // 2 - 4) // 2) ** 2 * maps


@flat_size.mistake(
    en="The second convolution has no padding: it takes 4 pixels away.", zh="第二个卷积没有填充，要少 4 个像素。"
)
def second_keeps(side, maps):
    return (side // 4) ** 2 * maps


@flat_size.mistake(en="The last pool is missing.", zh="漏了最后的汇聚。")
def last_pool_missing(side, maps):
    return (side // 2 - 4) ** 2 * maps


@exercise(
    "lenet",
    zh="参数都在哪里",
    en="Where the parameters are",
    arguments=lambda d: (
        [(d.size(1, 20), d.size(1, 20), d.choice((1, 3, 5))) for _ in range(d.size(1, 3))],
        [d.size(4, 300) for _ in range(d.size(2, 4))],
    ),
)
def dense_share(convolutions: list[tuple[int, int, int]], widths: list[int]) -> float:
    """Return the share of a net's parameters, biases included, that lie in its dense layers.

    一个网络的全部参数（含偏置）里，全连接层占多大比例？

    Args:
        convolutions: input channels, output channels and side of the square kernel of each. 输入、输出通道和方核的边长。
        widths: of the dense layers, from their input to the output. 全连接部分各层的宽度。

    >>> round(dense_share([(1, 6, 5), (6, 16, 5)], [400, 120, 84, 10]), 3)
    0.958
    """
    raise NotImplementedError


def _counts(convolutions, widths, bias=1):
    dense = sum((a + bias) * b for a, b in zip(widths, widths[1:]))
    return dense, sum((i * k * k + bias) * o for i, o, k in convolutions)


@dense_share.mistake(
    en="The dense parameters were divided by those of the convolutions, not by all.",
    zh="除以了卷积层的参数，应当除以全部参数。",
)
def ratio(convolutions, widths):
    dense, rest = _counts(convolutions, widths)
    return dense / rest


@dense_share.mistake(en="This is the share of the convolutions.", zh="这是卷积层占的比例。")
def the_rest(convolutions, widths):
    dense, rest = _counts(convolutions, widths)
    return rest / (dense + rest)


@dense_share.mistake(en="Biases are parameters too.", zh="偏置也是参数。")
def without_biases(convolutions, widths):
    dense, rest = _counts(convolutions, widths, 0)
    return dense / (dense + rest)


@dense_share.mistake(en="The kernels are not squared.", zh="核的边长没有平方。")
def kernels_flat(convolutions, widths):
    dense, _ = _counts(convolutions, widths)
    return dense / (dense + sum((i * k + 1) * o for i, o, k in convolutions))


@dense_share.mistake(en="The input channels of the convolutions are missing.", zh="漏了卷积的输入通道数。")
def one_channel_in(convolutions, widths):
    dense, _ = _counts(convolutions, widths)
    return dense / (dense + sum((k * k + 1) * o for _, o, k in convolutions))


@exercise(
    "lenet", zh="从得分到前三名", en="The first three", arguments=lambda d: (d.normal(d.size(2, 6), d.size(4, 8)), 3)
)
def top_classes(logits: Tensor, k: int) -> Tensor:
    """Return the k classes with the highest scores for each example, the best first; those far behind need no order.

    每个样本得分最高的 k 个类别，最好的排在前面。

    Args:
        logits: (n, classes).
        k: how many.

    Returns:
        (n, k) numbers of classes. 类别的编号。

    >>> top_classes(torch.tensor([[0.1, 3.0, 2.0]]), 2)
    tensor([[1, 2]])
    """
    raise NotImplementedError


@top_classes.mistake(
    en="These are the scores; the numbers of their classes are asked for.", zh="这是得分，要的是类别的编号。"
)
def the_scores(logits, k):
    return logits.topk(k).values


@top_classes.mistake(en="The worst stands first.", zh="最差的排在了前面。")
def worst_first(logits, k):
    return logits.topk(k).indices.flip(1)


@top_classes.mistake(en="These are the lowest scores.", zh="这是得分最低的几个。")
def lowest(logits, k):
    return logits.argsort(1)[:, :k]


@top_classes.mistake(en="Only the best came out: k are asked for.", zh="只给出了最好的一个，要的是 k 个。")
def only_the_best(logits, k):
    return logits.argmax(1)


# inside-lenet


@exercise(
    "inside-lenet",
    zh="归一成可以看的图",
    en="Make a map visible",
    arguments=lambda d: (
        d.normal(d.size(1, 4), 3, 4) * d.number(0.5, 5)
        if d.flip()
        else torch.cat([torch.full((1, 3, 4), d.number()), d.normal(1, 3, 4)]),
    ),
)
def visible(maps: Tensor) -> Tensor:
    """Scale each map to 0 ... 1 by its own smallest and largest value; a map of equal values becomes 0.

    每幅图按自己的最小值和最大值缩放到 0 到 1；处处相等的图变成 0。

    Args:
        maps: (n, h, w).

    Returns:
        (n, h, w).

    >>> visible(torch.tensor([[[1.0, 3.0]], [[5.0, 5.0]]]))
    tensor([[[0., 1.]],
    <BLANKLINE>
            [[0., 0.]]])
    """
    raise NotImplementedError


def _ends(maps):
    return maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)


@visible.mistake(en="A map of equal values became nan: 0 was divided by 0.", zh="处处相等的图变成了 nan：0 除以了 0。")
def nan_for_flat(maps):
    low, high = _ends(maps)
    return (maps - low) / (high - low)


@visible.mistake(
    en="All maps share one scale: a faint one stays dark.", zh="所有图共用了一个尺度：暗淡的图还是看不见。"
)
def one_scale(maps):
    return (maps - maps.min()) / (maps.max() - maps.min())


@visible.mistake(
    en="Negative values were cut off; the smallest value should become 0.", zh="负数被截掉了；应当是最小值变成 0。"
)
def cut_at_zero(maps):
    high = maps.amax((1, 2), keepdim=True)
    return maps.clamp_min(0) / high.clamp_min(1e-12)


@visible.mistake(
    en="It was divided by the largest value, not by the width of the range.",
    zh="除以了最大值，应当除以最大与最小之差。",
)
def by_largest(maps):
    low, high = _ends(maps)
    return (maps - low) / high


@exercise(
    "inside-lenet",
    zh="一个输出像素是怎么来的",
    en="One output pixel, step by step",
    arguments=lambda d: (
        d.normal(c := d.size(1, 3), 7, 7),
        d.normal(c, 3, 3),
        d.number(),
        d.size(0, 6),
        d.size(0, 6),
        1,
    ),
)
def one_pixel(picture: Tensor, kernel: Tensor, bias: float, row: int, column: int, padding: int) -> float:
    """Compute a single output of a convolution of stride 1, from the window that it sees.

    只算卷积（步幅 1）的一个输出值：取出它看到的窗口，相乘、求和、加偏置。

    Args:
        picture: (channels, h, w).
        kernel: (channels, a, b).
        bias: a number.
        row: of the output.
        column: of the output.
        padding: zeros on each side. 每边补的零。

    >>> one_pixel(torch.ones(1, 3, 3), torch.ones(1, 3, 3), 0.5, 0, 0, 1)
    4.5
    """
    raise NotImplementedError


def _window(picture, kernel, row, column, padding):
    larger = F.pad(picture, (padding,) * 4)
    return larger[:, row : row + kernel.shape[1], column : column + kernel.shape[2]]


@one_pixel.mistake(en="The bias is missing.", zh="漏了偏置。")
def no_bias(picture, kernel, bias, row, column, padding):
    return float((_window(picture, kernel, row, column, padding) * kernel).sum())


@one_pixel.mistake(en="The bias was added once for each channel.", zh="每个通道都加了一次偏置。")
def bias_a_channel(picture, kernel, bias, row, column, padding):
    return float((_window(picture, kernel, row, column, padding) * kernel).sum() + bias * len(kernel))


@one_pixel.mistake(en="Row and column are exchanged.", zh="行和列弄反了。")
def exchanged_places(picture, kernel, bias, row, column, padding):
    return float((_window(picture, kernel, column, row, padding) * kernel).sum() + bias)


@one_pixel.mistake(en="Only the first channel was used.", zh="只用了第一个通道。")
def first_channel(picture, kernel, bias, row, column, padding):
    return float((_window(picture, kernel, row, column, padding) * kernel)[0].sum() + bias)


@one_pixel.mistake(en="The kernel was turned around.", zh="核被翻转了。")
def turned(picture, kernel, bias, row, column, padding):
    return float((_window(picture, kernel, row, column, padding) * kernel.flip(1, 2)).sum() + bias)


@exercise(
    "inside-lenet",
    zh="遮住一块看看",
    en="Cover a patch",
    arguments=lambda d: (d.uniform(d.size(4, 6), d.size(4, 6)), d.size(1, 3), d.number(0, 1)),
)
def occlusions(picture: Tensor, side: int, gray: float) -> Tensor:
    """Return all pictures in which one square patch is covered by a gray; row by row from the upper left.

    用一块灰色方块遮住图的每个位置，按行从左上角开始，给出所有遮过的图。

    Args:
        picture: (h, w).
        side: of the patch; it always lies inside the picture. 方块的边长，总在图内。
        gray: its value.

    Returns:
        ((h - side + 1) * (w - side + 1), h, w).

    >>> occlusions(torch.tensor([[1.0, 2.0]]), 1, 0.0)
    tensor([[[0., 2.]],
    <BLANKLINE>
            [[1., 0.]]])
    """
    raise NotImplementedError


def _covered(picture, side, gray, rows, columns):
    out = []
    for row in rows:
        for column in columns:
            one = picture.clone()
            one[row : row + side, column : column + side] = gray
            out.append(one)
    return torch.stack(out)


@occlusions.mistake(
    en="The patches stay: each picture should have only one. Copy it before you cover it.",
    zh="遮块留下来了：每幅图只该有一块。遮之前先复制。",
)
def patches_stay(picture, side, gray):
    out, one = [], picture.clone()
    for row in range(picture.shape[0] - side + 1):
        for column in range(picture.shape[1] - side + 1):
            one[row : row + side, column : column + side] = gray
            out.append(one.clone())
    return torch.stack(out)


@occlusions.mistake(
    en="All pictures are the same, covered everywhere: one tensor was put into the list again and again.",
    zh="所有图都一样，处处被遮：同一个张量被反复放进了列表。",
)
def one_tensor(picture, side, gray):
    places = (picture.shape[0] - side + 1) * (picture.shape[1] - side + 1)
    return torch.full_like(picture, gray)[None].repeat(places, 1, 1)


@occlusions.mistake(en="Places go column by column; row by row is asked for.", zh="次序是一列一列的，应当一行一行。")
def column_by_column(picture, side, gray):
    return _covered(picture.T, side, gray, range(picture.shape[1] - side + 1), range(picture.shape[0] - side + 1)).mT


@occlusions.mistake(en="The patch was hung over the border: it should lie inside.", zh="方块伸出了边界，应当总在图内。")
def over_the_border(picture, side, gray):
    return _covered(picture, side, gray, range(picture.shape[0]), range(picture.shape[1]))


@occlusions.mistake(en="The gray is not used: the patch is black.", zh="没有用到灰度：方块是黑的。")
def black(picture, side, gray):
    return _covered(picture, side, 0.0, range(picture.shape[0] - side + 1), range(picture.shape[1] - side + 1))
