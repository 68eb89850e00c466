"""Exercises of chapter 14: convolutions, their sizes and costs, pooling, receptive fields, curves, search."""

import torch
from torch import Tensor
from torch.nn import functional as F

from d2lab.exercises import Draw, exercise


def picture_and_kernel(draw: Draw):
    return draw.normal(draw.size(4, 7), draw.size(4, 7)), draw.normal(draw.size(1, 3), draw.size(2, 3))


def square_picture_and_kernel(draw: Draw):
    return draw.normal(draw.size(5, 8), draw.size(5, 8)), draw.normal(3, 3)


def picture_kernel_and_target(draw: Draw):
    picture, kernel = square_picture_and_kernel(draw)
    return picture, kernel, draw.normal(picture.shape[0] - 2, picture.shape[1] - 2)


def layer_sizes(draw: Draw):
    k = draw.size(1, 5)
    return draw.size(k + 1, 40), k, draw.size(0, 3), draw.size(1, 4)


def stack(draw: Draw):
    return ([(draw.size(1, 5), draw.size(1, 3)) for _ in range(draw.size(2, 5))],)


def correlate(picture, kernel):
    return F.conv2d(picture[None, None], kernel[None, None])[0, 0]


# convolution


@exercise(
    "convolution",
    zh="全连接层有多少参数",
    en="Weights of a dense layer on pictures",
    arguments=lambda d: (d.size(4, 32), d.size(4, 32), d.size(1, 3), d.size(1, 64)),
)
def dense_weights(height: int, width: int, channels: int, maps: int) -> int:
    """Count the weights, without biases, of a dense layer from a picture to `maps` pictures of the same size.

    从一幅图到 maps 幅同样大小的图，全连接层要多少权重（不算偏置）？

    Args:
        height: of the pictures. 图的高。
        width: of the pictures. 图的宽。
        channels: of the input.
        maps: of the output.

    >>> dense_weights(2, 2, 1, 3)
    48
    """
    raise NotImplementedError


@dense_weights.mistake(
    en="The output's pixels are missing: each map has as many outputs as the picture has pixels.",
    zh="漏了输出的像素：每幅输出图有多少像素，就有多少个输出。",
)
def one_output_a_map(height, width, channels, maps):
    return height * width * channels * maps


@dense_weights.mistake(en="The channels of the input are missing.", zh="漏了输入的通道数。")
def channels_missing(height, width, channels, maps):
    return (height * width) ** 2 * maps


@dense_weights.mistake(
    en="Inputs and outputs were added: every input is connected to every output.",
    zh="把输入和输出相加了：每个输入都连着每个输出。",
)
def added(height, width, channels, maps):
    return height * width * (channels + maps)


@dense_weights.mistake(
    en="Only the height was squared: pixels are height times width, on both sides.",
    zh="只有高平方了：两边的像素数都是高乘宽。",
)
def height_squared(height, width, channels, maps):
    return height**2 * width * channels * maps


@exercise(
    "convolution",
    zh="卷积层有多少参数",
    en="Weights of a convolution",
    arguments=lambda d: (d.size(1, 7), d.size(1, 64), d.size(1, 64), d.flip()),
)
def convolution_weights(kernel: int, channels: int, maps: int, bias: bool) -> int:
    """Count the parameters of a convolution with square kernels.

    方核卷积层的参数个数。

    Args:
        kernel: its side. 核的边长。
        channels: of the input.
        maps: of the output.
        bias: whether it has biases. 有没有偏置。

    >>> convolution_weights(3, 2, 5, True)
    95
    """
    raise NotImplementedError


@convolution_weights.mistake(
    en="One kernel for all input channels: each pair of input and output channel has its own.",
    zh="所有输入通道共用了一个核：每一对输入、输出通道都有自己的核。",
)
def channels_share(kernel, channels, maps, bias):
    return kernel**2 * maps + (maps if bias else 0)


@convolution_weights.mistake(en="The kernel's side is not squared.", zh="核的边长没有平方。")
def side_not_squared(kernel, channels, maps, bias):
    return kernel * channels * maps + (maps if bias else 0)


@convolution_weights.mistake(
    en="A bias for each kernel was counted: there is one for each output map.",
    zh="每个核都算了偏置：其实每幅输出图只有一个。",
)
def bias_a_kernel(kernel, channels, maps, bias):
    return (kernel**2 + bias) * channels * maps


@convolution_weights.mistake(en="`bias` is ignored: there are always biases here.", zh="没有理会 bias：总是算了偏置。")
def always_bias(kernel, channels, maps, bias):
    return kernel**2 * channels * maps + maps


@convolution_weights.mistake(en="`bias` is ignored: there never are biases here.", zh="没有理会 bias：从来没有算偏置。")
def never_bias(kernel, channels, maps, bias):
    return kernel**2 * channels * maps


@exercise(
    "convolution",
    zh="卷积写成矩阵",
    en="A convolution as a matrix",
    arguments=lambda d: (d.normal(k := d.size(1, 3)), d.size(k + 1, 7)),
)
def as_matrix(kernel: Tensor, length: int) -> Tensor:
    """Return the matrix that slides a kernel over a row of numbers: matrix @ x is the cross-correlation of x.

    求一个矩阵，使 matrix @ x 就是核在 x 上滑动的互相关。

    Args:
        kernel: (k,).
        length: of x.

    Returns:
        (length - k + 1, length).

    >>> as_matrix(torch.tensor([1.0, 2.0]), 3)
    tensor([[1., 2., 0.],
            [0., 1., 2.]])
    """
    raise NotImplementedError


def _rows(kernel, length):
    matrix = torch.zeros(length - len(kernel) + 1, length)
    for i in range(len(matrix)):
        matrix[i, i : i + len(kernel)] = kernel
    return matrix


@as_matrix.mistake(
    en="The kernel is turned around: that is the convolution of mathematics, not cross-correlation.",
    zh="核被翻转了：那是数学里的卷积，不是互相关。",
)
def flipped(kernel, length):
    return _rows(kernel.flip(0), length)


@as_matrix.mistake(en="Rows and columns are exchanged: one row gives one output.", zh="行和列换了：一行对应一个输出。")
def transposed(kernel, length):
    return _rows(kernel, length).T


@as_matrix.mistake(
    en="The last position is missing: a kernel of k numbers fits length - k + 1 times.",
    zh="少了最后一个位置：k 个数的核能放 length - k + 1 次。",
)
def one_row_less(kernel, length):
    return _rows(kernel, length)[:-1]


@as_matrix.mistake(
    en="The kernel does not move: every row has it at the beginning.", zh="核没有移动：每一行都放在了开头。"
)
def never_moves(kernel, length):
    return _rows(kernel, length)[:1].repeat(length - len(kernel) + 1, 1)


# cross-correlation


@exercise("cross-correlation", zh="互相关", en="Cross-correlation", arguments=picture_and_kernel)
def correlate_2d(picture: Tensor, kernel: Tensor) -> Tensor:
    """Slide a kernel over a picture and sum the products; loops over the kernel are fine, torch.nn is not.

    把核在图上滑动，逐处求乘积之和；可以对核循环，不要用 torch.nn。

    Args:
        picture: (h, w).
        kernel: (a, b).

    Returns:
        (h - a + 1, w - b + 1).

    >>> correlate_2d(torch.tensor([[0.0, 1.0, 2.0]]), torch.tensor([[-1.0, 1.0]]))
    tensor([[1., 1.]])
    """
    raise NotImplementedError


@correlate_2d.mistake(
    en="The kernel is turned around: this is convolution in the mathematical sense.",
    zh="核被翻转了：这是数学意义上的卷积。",
)
def truly_convolved(picture, kernel):
    return correlate(picture, kernel.flip(0, 1))


@correlate_2d.mistake(
    en="The output is as large as the input: no padding is meant here.", zh="输出和输入一样大：这里没有要求填充。"
)
def padded(picture, kernel):
    a, b = kernel.shape
    return correlate(F.pad(picture, (0, b - 1, 0, a - 1)), kernel)


@correlate_2d.mistake(
    en="The last row and column are missing: range stops before its end.", zh="少了最后一行和一列：range 不包含终点。"
)
def last_missing(picture, kernel):
    return correlate(picture, kernel)[:-1, :-1]


@correlate_2d.mistake(en="This is the mean of the products; the sum is asked for.", zh="这是乘积的平均，要的是和。")
def averaged(picture, kernel):
    return correlate(picture, kernel) / kernel.numel()


@correlate_2d.mistake(en="Rows and columns of the kernel are exchanged.", zh="核的行和列换了位置。")
def kernel_transposed(picture, kernel):
    return correlate(picture, kernel.T)


@exercise(
    "cross-correlation",
    zh="检测竖直边缘的核",
    en="A kernel for vertical edges",
    arguments=lambda d: (d.normal(d.size(2, 5), d.size(3, 7)),),
)
def vertical_edges(picture: Tensor) -> Tensor:
    """Return what the kernel (-1, 1) sees: each pixel's right neighbor minus the pixel.

    核 (-1, 1) 看到的：每个像素右边的邻居减去它自己。

    Args:
        picture: (h, w).

    Returns:
        (h, w - 1).

    >>> vertical_edges(torch.tensor([[1.0, 1.0, 0.0]]))
    tensor([[ 0., -1.]])
    """
    raise NotImplementedError


@vertical_edges.mistake(
    en="The sign is reversed: the left neighbor was not subtracted, the right one was.",
    zh="符号反了：应当减去左边的，而不是右边的。",
)
def reversed_sign(picture):
    return picture[:, :-1] - picture[:, 1:]


@vertical_edges.mistake(
    en="These are differences between rows: they see horizontal edges.", zh="这是上下两行之差，看到的是水平边缘。"
)
def horizontal(picture):
    return picture[1:] - picture[:-1]


@vertical_edges.mistake(en="The sign is lost: a step down should be negative.", zh="丢了符号：由亮变暗应当为负。")
def absolute(picture):
    return (picture[:, 1:] - picture[:, :-1]).abs()


@vertical_edges.mistake(en="The neighbor is two pixels away.", zh="隔了两个像素才相减。")
def two_apart(picture):
    return picture[:, 2:] - picture[:, :-2]


@exercise(
    "cross-correlation",
    zh="学习一个核：梯度",
    en="The slope of a kernel",
    arguments=picture_kernel_and_target,
)
def kernel_slope(picture: Tensor, kernel: Tensor, target: Tensor) -> Tensor:
    """Return the gradient of sum((correlate(picture, kernel) - target)**2) with respect to the kernel; without autograd.

    求 sum((互相关 - target)**2) 对核的梯度；不用自动求导。

    Args:
        picture: (h, w).
        kernel: (3, 3).
        target: (h - 2, w - 2).

    Returns:
        (3, 3).

    >>> kernel_slope(torch.eye(3), torch.zeros(3, 3), torch.tensor([[1.0]]))
    tensor([[-2.,  0.,  0.],
            [ 0., -2.,  0.],
            [ 0.,  0., -2.]])
    """
    raise NotImplementedError


@kernel_slope.mistake(en="The 2 of the square's derivative is missing.", zh="漏了平方求导带来的 2。")
def without_two(picture, kernel, target):
    return correlate(picture, correlate(picture, kernel) - target)


@kernel_slope.mistake(en="The sign is reversed.", zh="符号反了。")
def downhill(picture, kernel, target):
    return -2 * correlate(picture, correlate(picture, kernel) - target)


@kernel_slope.mistake(
    en="The slope is turned around: error and picture are correlated, the error is not flipped.",
    zh="结果被翻转了：误差和图做互相关，误差不用翻转。",
)
def turned_around(picture, kernel, target):
    return 2 * correlate(picture, (correlate(picture, kernel) - target).flip(0, 1))


@kernel_slope.mistake(
    en="It was divided by the number of outputs: the loss is a sum.", zh="除以了输出的个数：损失是和，不是平均。"
)
def mean_for_sum(picture, kernel, target):
    return 2 * correlate(picture, correlate(picture, kernel) - target) / target.numel()


@kernel_slope.mistake(
    en="The target is not used: the error is the output minus the target.", zh="没有用到目标：误差是输出减去目标。"
)
def without_target(picture, kernel, target):
    return 2 * correlate(picture, correlate(picture, kernel))


# padding


@exercise(
    "padding",
    zh="四周补零",
    en="Zeros all around",
    arguments=lambda d: (d.normal(d.size(1, 4), d.size(1, 4)), d.size(0, 3), d.size(0, 3)),
)
def zero_pad(picture: Tensor, rows: int, columns: int) -> Tensor:
    """Put rows of zeros above and below, and columns left and right; without torch's pad.

    在上下各补几行零，左右各补几列零；不用 torch 的 pad。

    Args:
        picture: (h, w).
        rows: on each of the two sides. 上下各几行。
        columns: on each of the two sides. 左右各几列。

    >>> zero_pad(torch.tensor([[5.0]]), 0, 1)
    tensor([[0., 5., 0.]])
    """
    raise NotImplementedError


@zero_pad.mistake(en="Rows and columns are exchanged.", zh="行和列弄反了。")
def exchanged(picture, rows, columns):
    return F.pad(picture, (rows, rows, columns, columns))


@zero_pad.mistake(en="Only above and left: both sides need zeros.", zh="只补了上边和左边：两边都要补。")
def one_side(picture, rows, columns):
    return F.pad(picture, (columns, 0, rows, 0))


@zero_pad.mistake(en="Only below and right: both sides need zeros.", zh="只补了下边和右边：两边都要补。")
def other_side(picture, rows, columns):
    return F.pad(picture, (0, columns, 0, rows))


@zero_pad.mistake(en="The border was repeated; zeros are asked for.", zh="补的是边缘像素的重复，要的是零。")
def repeated(picture, rows, columns):
    return F.pad(picture[None, None], (columns, columns, rows, rows), mode="replicate")[0, 0]


@zero_pad.mistake(en="`rows` was used on all four sides.", zh="四边都用了 rows。")
def rows_everywhere(picture, rows, columns):
    return F.pad(picture, (rows, rows, rows, rows))


@exercise(
    "padding",
    zh="保持大小的填充",
    en="The padding that keeps the size",
    arguments=lambda d: (d.size(0, 5) * 2 + 1, d.size(1, 4)),
)
def same_padding(kernel: int, dilation: int) -> int:
    """Return the padding on each side with which a convolution of stride 1 keeps height and width.

    步幅为 1 时，每边填充多少才能保持高和宽？

    Args:
        kernel: its side, odd. 核的边长，奇数。
        dilation: steps between the kernel's points, 1 for none. 空洞，1 表示没有。

    >>> same_padding(3, 1), same_padding(3, 2)
    (1, 2)
    """
    raise NotImplementedError


@same_padding.mistake(en="This is the padding of both sides together.", zh="这是两边加起来的填充。")
def both_sides(kernel, dilation):
    return dilation * (kernel - 1)


@same_padding.mistake(en="Dilation is not used: it makes the kernel wider.", zh="没有用到空洞：它会让核变宽。")
def no_dilation(kernel, dilation):
    return (kernel - 1) // 2


@same_padding.mistake(
    en="A kernel of 1 needs no padding: the center's own place costs nothing.",
    zh="边长为 1 的核不需要填充：中心自己不占边。",
)
def half_up(kernel, dilation):
    return dilation * (kernel + 1) // 2


@same_padding.mistake(
    en="The dilated kernel spans dilation * (k - 1) + 1, not dilation * k.",
    zh="有空洞的核跨度是 dilation * (k - 1) + 1，不是 dilation * k。",
)
def span_times(kernel, dilation):
    return dilation * kernel // 2


@exercise(
    "padding",
    zh="边缘像素被看到几次",
    en="How often a pixel is seen",
    arguments=lambda d: (d.size(3, 8), d.choice((1, 3)), d.size(0, 1)),
)
def times_seen(length: int, kernel: int, padding: int) -> Tensor:
    """In one dimension, count for each pixel how many positions of the kernel cover it; stride 1.

    一维、步幅 1：每个像素被多少个核的位置盖住？

    Args:
        length: of the row. 这一行的长度。
        kernel: its length.
        padding: zeros on each side. 每边补几个零。

    Returns:
        (length,) whole numbers.

    >>> times_seen(4, 3, 0).tolist(), times_seen(4, 3, 1).tolist()
    ([1.0, 2.0, 2.0, 1.0], [2.0, 3.0, 3.0, 2.0])
    """
    raise NotImplementedError


def _seen(length, kernel, padding):
    seen = torch.zeros(length + 2 * padding)
    for start in range(length + 2 * padding - kernel + 1):
        seen[start : start + kernel] += 1
    return seen


@times_seen.mistake(
    en="The zeros were counted too: the row has only `length` pixels.",
    zh="把补的零也数进去了：这一行只有 length 个像素。",
)
def with_zeros(length, kernel, padding):
    return _seen(length, kernel, padding)


@times_seen.mistake(en="Padding is not used.", zh="没有用到填充。")
def without_padding(length, kernel, padding):
    return _seen(length, kernel, 0)


@times_seen.mistake(
    en="All pixels count alike here: those near the border are covered less often.",
    zh="所有像素都一样：靠边的其实盖得少。",
)
def all_alike(length, kernel, padding):
    return torch.full((length,), kernel)


@times_seen.mistake(en="One position of the kernel is missing at the end.", zh="末尾少算了核的一个位置。")
def one_position_less(length, kernel, padding):
    seen = torch.zeros(length + 2 * padding)
    for start in range(length + 2 * padding - kernel):
        seen[start : start + kernel] += 1
    return seen[padding : padding + length]


# stride


@exercise("stride", zh="输出的大小", en="The size of the output", arguments=layer_sizes)
def output_size(size: int, kernel: int, padding: int, stride: int) -> int:
    """Return the side of a convolution's output.

    卷积输出的边长。

    Args:
        size: of the input.
        kernel: its side.
        padding: on each side. 每边的填充。
        stride: step of the kernel. 步幅。

    >>> output_size(28, 5, 2, 1), output_size(7, 3, 0, 2)
    (28, 3)
    """
    raise NotImplementedError


@output_size.mistake(
    en="The first position is missing: the kernel stands somewhere before it takes a step.",
    zh="少了第一个位置：还没迈步，核就已经站在一处了。",
)
def first_missing(size, kernel, padding, stride):
    return (size + 2 * padding - kernel) // stride


@output_size.mistake(en="Padding counts on both sides.", zh="填充两边都有。")
def padding_once(size, kernel, padding, stride):
    return (size + padding - kernel) // stride + 1


@output_size.mistake(
    en="It rounds up: a step that leads beyond the border is not taken.", zh="向上取整了：迈出边界的一步不算。"
)
def rounded_up(size, kernel, padding, stride):
    return -(-(size + 2 * padding - kernel) // stride) + 1


@output_size.mistake(en="The stride is not used.", zh="没有用到步幅。")
def stride_one(size, kernel, padding, stride):
    return size + 2 * padding - kernel + 1


@output_size.mistake(
    en="The input was divided by the stride: the kernel's own width is missing.",
    zh="只用输入除以步幅：漏了核自己的宽度。",
)
def kernel_missing(size, kernel, padding, stride):
    return (size + 2 * padding) // stride


@exercise(
    "stride",
    zh="步幅就是隔着取",
    en="A stride skips",
    arguments=lambda d: (*square_picture_and_kernel(d), d.size(1, 3)),
)
def strided(picture: Tensor, kernel: Tensor, stride: int) -> Tensor:
    """Return the cross-correlation with a stride in both directions, without padding.

    两个方向都带步幅的互相关，不填充。

    Args:
        picture: (h, w).
        kernel: (3, 3).
        stride: 1 or more.

    >>> strided(torch.arange(25.0).reshape(5, 5), torch.ones(3, 3), 2)
    tensor([[ 54.,  72.],
            [144., 162.]])
    """
    raise NotImplementedError


@strided.mistake(
    en="The picture was thinned out before: the kernel then sees pixels that are no neighbors.",
    zh="先把图抽稀了：核看到的就不再是相邻的像素。",
)
def thinned_before(picture, kernel, stride):
    small = picture[::stride, ::stride]
    return correlate(F.pad(small, (0, max(0, 3 - small.shape[1]), 0, max(0, 3 - small.shape[0]))), kernel)


@strided.mistake(en="The stride is not used.", zh="没有用到步幅。")
def at_every_place(picture, kernel, stride):
    return correlate(picture, kernel)


@strided.mistake(en="Only rows are skipped; columns are too.", zh="只有行隔着取了，列也要。")
def only_rows(picture, kernel, stride):
    return correlate(picture, kernel)[::stride]


@strided.mistake(
    en="Skipping begins at the second place: the first one is at the corner.",
    zh="从第二个位置才开始取：第一个位置在角上。",
)
def begins_late(picture, kernel, stride):
    return correlate(picture, kernel)[1::stride, 1::stride]


@exercise(
    "stride",
    zh="一串层之后的大小",
    en="Sizes through a stack",
    arguments=lambda d: (d.size(24, 64), [(d.size(1, 5), d.size(0, 2), d.size(1, 2)) for _ in range(d.size(2, 4))]),
)
def sizes_through(size: int, layers: list[tuple[int, int, int]]) -> list[int]:
    """Return the side of the picture behind each layer of a stack.

    图经过一串层，每层之后的边长各是多少？

    Args:
        size: of the input.
        layers: kernel, padding and stride of each. 每层的核、填充和步幅。

    >>> sizes_through(28, [(5, 2, 1), (2, 0, 2)])
    [28, 14]
    """
    raise NotImplementedError


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


# channels


@exercise(
    "channels",
    zh="多个输入通道",
    en="Several input channels",
    arguments=lambda d: (d.normal(c := d.size(2, 4), 4, 5), d.normal(c, 2, 2)),
)
def correlate_channels(picture: Tensor, kernel: Tensor) -> Tensor:
    """Correlate each channel with its own kernel and add up: one map comes out.

    每个通道用自己的核做互相关，再相加，得到一幅图。

    Args:
        picture: (channels, h, w).
        kernel: (channels, a, b).

    Returns:
        (h - a + 1, w - b + 1).

    >>> correlate_channels(torch.ones(3, 2, 2), torch.ones(3, 2, 2))
    tensor([[12.]])
    """
    raise NotImplementedError


@correlate_channels.mistake(
    en="The channels are not added up: one map is asked for.", zh="各通道没有相加：要的是一幅图。"
)
def not_added(picture, kernel):
    return F.conv2d(picture[None], kernel[:, None], groups=len(kernel))[0]


@correlate_channels.mistake(en="The channels were averaged; they are added.", zh="各通道取了平均，应当相加。")
def mean_of_channels(picture, kernel):
    return F.conv2d(picture[None], kernel[None])[0, 0] / len(kernel)


@correlate_channels.mistake(en="Every channel got the first kernel.", zh="每个通道都用了第一个核。")
def first_kernel(picture, kernel):
    return F.conv2d(picture[None], kernel[:1].expand_as(kernel)[None])[0, 0]


@correlate_channels.mistake(en="Only the first channel was used.", zh="只用了第一个通道。")
def first_channel(picture, kernel):
    return correlate(picture[0], kernel[0])


@correlate_channels.mistake(
    en="Channels were added before they were weighted: all share one kernel then.",
    zh="先把通道相加再去卷积：这样所有通道就共用了一个核。",
)
def added_before(picture, kernel):
    return correlate(picture.sum(0), kernel.sum(0))


@exercise(
    "channels",
    zh="多个输出通道",
    en="Several output channels",
    arguments=lambda d: (d.normal(c := d.size(2, 3), 4, 4), d.normal(d.size(2, 4), c, 3, 3)),
)
def correlate_many(picture: Tensor, kernels: Tensor) -> Tensor:
    """Return one map for each set of kernels.

    每组核给出一幅输出图。

    Args:
        picture: (channels, h, w).
        kernels: (maps, channels, a, b).

    Returns:
        (maps, h - a + 1, w - b + 1). torch.nn.functional is allowed. 可以用 torch.nn.functional。

    >>> correlate_many(torch.ones(1, 2, 2), torch.tensor([[[[1.0]]], [[[2.0]]]])).sum((1, 2))
    tensor([4., 8.])
    """
    raise NotImplementedError


@correlate_many.mistake(
    en="The axis of the batch is still there: one picture came in, its maps should come out.",
    zh="批的轴还在：输入是一幅图，输出应当是它的各幅图。",
)
def batch_axis(picture, kernels):
    return F.conv2d(picture[None], kernels)


@correlate_many.mistake(
    en="Maps and channels of the kernels are exchanged, or the maps were added up.",
    zh="各输出图被加在了一起：每组核有自己的图。",
)
def maps_added(picture, kernels):
    return F.conv2d(picture[None], kernels)[0].sum(0)


@correlate_many.mistake(
    en="The maps stand last: torch has them before height and width.", zh="输出通道放在了最后：torch 里它在高和宽之前。"
)
def maps_last(picture, kernels):
    return F.conv2d(picture[None], kernels)[0].movedim(0, -1)


@correlate_many.mistake(en="Only the first map came out.", zh="只给出了第一幅输出图。")
def only_first_map(picture, kernels):
    return F.conv2d(picture[None], kernels[:1])[0]


@exercise(
    "channels",
    zh="卷积的乘法次数",
    en="Products of a convolution",
    arguments=lambda d: (d.size(6, 32), d.size(1, 16), d.size(1, 32), d.choice((1, 3, 5)), d.size(1, 2)),
)
def multiplications(size: int, channels: int, maps: int, kernel: int, groups: int) -> int:
    """Count the multiplications for one square picture; no padding, stride 1; channels and maps are split into groups.

    一幅方图要做多少次乘法？不填充，步幅 1；通道分成若干组，组与组互不相连。

    Args:
        size: side of the input.
        channels: of the input, in each group. 每组的输入通道。
        maps: of the output, in each group. 每组的输出通道。
        kernel: its side.
        groups: that do not see each other. 组数。

    >>> multiplications(6, 1, 2, 3, 1)
    288
    """
    raise NotImplementedError


@multiplications.mistake(
    en="The output's size counts, not the input's: the kernel does not stand at every pixel.",
    zh="应当按输出的大小算：核并不会站在每个输入像素上。",
)
def by_input_size(size, channels, maps, kernel, groups):
    return size**2 * channels * maps * kernel**2 * groups


@multiplications.mistake(
    en="These are the weights: each is used once at every place of the output.",
    zh="这是权重个数：每个权重在输出的每一处都要用一次。",
)
def only_weights(size, channels, maps, kernel, groups):
    return channels * maps * kernel**2 * groups


@multiplications.mistake(
    en="Groups were taken as if all channels saw all maps.", zh="没有按组分开：当成所有通道都连着所有输出图了。"
)
def groups_connected(size, channels, maps, kernel, groups):
    return (size - kernel + 1) ** 2 * channels * groups * maps * groups * kernel**2


@multiplications.mistake(en="The groups are not used.", zh="没有用到组数。")
def one_group(size, channels, maps, kernel, groups):
    return (size - kernel + 1) ** 2 * channels * maps * kernel**2


@multiplications.mistake(en="The kernel is not squared.", zh="核没有平方。")
def kernel_not_squared(size, channels, maps, kernel, groups):
    return (size - kernel + 1) ** 2 * channels * maps * kernel * groups


# one-by-one


@exercise(
    "one-by-one",
    zh="1×1 卷积就是逐像素的线性层",
    en="A 1 x 1 convolution is a linear layer at each pixel",
    arguments=lambda d: (
        d.normal(c := d.size(2, 4), d.size(2, 4), 3),
        d.normal(d.size(2, 5), c),
    ),
)
def pixelwise(picture: Tensor, weights: Tensor) -> Tensor:
    """Apply a linear map to the channels of every pixel, by a product of matrices; without conv2d.

    对每个像素的通道做同一个线性变换，用矩阵乘法，不用 conv2d。

    Args:
        picture: (channels, h, w).
        weights: (maps, channels).

    Returns:
        (maps, h, w).

    >>> pixelwise(torch.tensor([[[1.0]], [[2.0]]]), torch.tensor([[10.0, 1.0]]))
    tensor([[[12.]]])
    """
    raise NotImplementedError


@pixelwise.mistake(en="The result lies flat: bring height and width back.", zh="结果还是摊平的：要恢复高和宽。")
def still_flat(picture, weights):
    return weights @ picture.flatten(1)


@pixelwise.mistake(en="The channels stand last.", zh="通道放在了最后。")
def channels_at_the_end(picture, weights):
    return picture.movedim(0, -1) @ weights.T


@pixelwise.mistake(
    en="The pixels got mixed up: reshape does not exchange axes, movedim and transpose do.",
    zh="像素错位了：reshape 不会交换轴，movedim 和 transpose 才会。",
)
def mixed_up(picture, weights):
    flat = picture.reshape(-1, len(picture)) @ weights.T
    return flat.reshape(len(weights), *picture.shape[1:])


@pixelwise.mistake(
    en="All pixels were added together: each keeps its own place.", zh="所有像素被加在一起了：每个像素应当留在原处。"
)
def pixels_added(picture, weights):
    return weights @ picture.flatten(1).sum(1)


@exercise(
    "one-by-one",
    zh="瓶颈省了多少",
    en="What a bottleneck saves",
    arguments=lambda d: (d.choice((64, 128, 256)), d.choice((8, 16, 32))),
)
def bottleneck_ratio(channels: int, narrow: int) -> float:
    """How many times fewer weights has 1x1 down, 3x3, 1x1 up than one 3x3 convolution? No biases.

    先 1×1 收窄、再 3×3、最后 1×1 放宽，比一个 3×3 卷积省多少倍权重？不算偏置。

    Args:
        channels: in and out. 输入和输出的通道。
        narrow: channels in between. 中间的通道。

    >>> round(bottleneck_ratio(64, 16), 3)
    8.471
    """
    raise NotImplementedError


@bottleneck_ratio.mistake(
    en="The way back up is missing: there are two 1x1 convolutions.", zh="漏了放宽的那一层：1×1 卷积有两个。"
)
def only_down(channels, narrow):
    return 9 * channels**2 / (channels * narrow + 9 * narrow**2)


@bottleneck_ratio.mistake(en="The ratio is upside down.", zh="比值上下颠倒了。")
def upside_down(channels, narrow):
    return (2 * channels * narrow + 9 * narrow**2) / (9 * channels**2)


@bottleneck_ratio.mistake(
    en="The 3x3 in the middle was taken as wide as the ends: it is narrow on both sides.",
    zh="中间的 3×3 算得太宽了：它两边都是窄的。",
)
def wide_middle(channels, narrow):
    return 9 * channels**2 / (2 * channels * narrow + 9 * narrow * channels)


@bottleneck_ratio.mistake(en="The 1x1 convolutions are not free.", zh="1×1 卷积也有权重。")
def free_ends(channels, narrow):
    return 9 * channels**2 / (9 * narrow**2)


@exercise(
    "one-by-one",
    zh="全局平均代替全连接",
    en="A mean in place of a dense layer",
    arguments=lambda d: (d.normal(d.size(1, 3), c := d.size(2, 4), 3, 3), d.normal(d.size(2, 4), c)),
)
def mean_then_linear(maps: Tensor, weights: Tensor) -> Tensor:
    """Classify by a linear map at each pixel and the mean over all pixels.

    逐像素做线性变换，再对所有像素取平均，得到各类的得分。

    Args:
        maps: (n, channels, h, w).
        weights: (classes, channels).

    Returns:
        (n, classes).

    >>> mean_then_linear(torch.ones(1, 2, 2, 2), torch.tensor([[1.0, 2.0]]))
    tensor([[3.]])
    """
    raise NotImplementedError


@mean_then_linear.mistake(
    en="This is the largest value of each map; the mean is asked for.", zh="取了每幅图的最大值，要的是平均。"
)
def maximum(maps, weights):
    return maps.amax((2, 3)) @ weights.T


@mean_then_linear.mistake(en="The pixels were added up, not averaged.", zh="像素是相加，没有平均。")
def pixels_summed(maps, weights):
    return maps.sum((2, 3)) @ weights.T


@mean_then_linear.mistake(en="The mean was taken over the batch as well.", zh="连样本也一起平均了。")
def over_the_batch(maps, weights):
    return (maps.mean((0, 2, 3)) @ weights.T)[None].expand(len(maps) + 1, -1)


@mean_then_linear.mistake(en="Only one side was averaged.", zh="只在一个方向上取了平均。")
def one_side_only(maps, weights):
    return maps.mean(3).movedim(1, -1) @ weights.T


# pooling


@exercise(
    "pooling",
    zh="最大汇聚",
    en="Maximum pooling",
    arguments=lambda d: (d.normal(d.size(4, 8), d.size(4, 8)) - 2, d.size(2, 3), d.size(1, 3)),
)
def max_pool(picture: Tensor, window: int, stride: int) -> Tensor:
    """Return the largest value in each window; without padding.

    每个窗口里的最大值；不填充。

    Args:
        picture: (h, w).
        window: its side. 窗口的边长。
        stride: step of the window. 步幅。

    >>> max_pool(torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), 2, 1)
    tensor([[5., 6.]])
    """
    raise NotImplementedError


@max_pool.mistake(en="This is the mean of each window.", zh="这是每个窗口的平均。")
def mean_pool(picture, window, stride):
    return F.avg_pool2d(picture[None], window, stride)[0]


@max_pool.mistake(
    en="The stride is not used: windows lie side by side here.", zh="没有用到步幅：这里的窗口总是一个挨一个。"
)
def side_by_side(picture, window, stride):
    return F.max_pool2d(picture[None], window)[0]


@max_pool.mistake(en="The windows move by 1 whatever the stride.", zh="不管步幅多大，窗口都只移动 1。")
def moves_by_one(picture, window, stride):
    return F.max_pool2d(picture[None], window, 1)[0]


@max_pool.mistake(en="Negative values became 0: a maximum may be negative.", zh="负数变成了 0：最大值也可以是负数。")
def never_negative(picture, window, stride):
    return F.max_pool2d(picture[None], window, stride)[0].relu()


@max_pool.mistake(en="An incomplete window at the border was counted.", zh="边上不满的窗口也算了。")
def incomplete_too(picture, window, stride):
    return F.max_pool2d(picture[None], window, stride, ceil_mode=True)[0]


@exercise(
    "pooling",
    zh="平均汇聚就是一种卷积",
    en="Mean pooling is a convolution",
    arguments=lambda d: (d.size(1, 4), d.size(1, 5)),
)
def mean_pool_kernels(channels: int, window: int) -> Tensor:
    """Return the kernels with which conv2d does what mean pooling does, channel by channel.

    给出一组核，使 conv2d 做的正好是逐通道的平均汇聚。

    Args:
        channels: of the picture.
        window: its side.

    Returns:
        (channels, channels, window, window).

    >>> mean_pool_kernels(1, 2)
    tensor([[[[0.2500, 0.2500],
              [0.2500, 0.2500]]]])
    """
    raise NotImplementedError


@mean_pool_kernels.mistake(
    en="The channels get mixed: pooling keeps each to itself.", zh="通道混在一起了：汇聚时各通道互不相干。"
)
def mixes_channels(channels, window):
    return torch.full((channels, channels, window, window), 1 / window**2)


@mean_pool_kernels.mistake(en="The weights add up to more than 1: this sums.", zh="权重之和超过了 1：这是求和。")
def sums(channels, window):
    return torch.eye(channels)[:, :, None, None].expand(-1, -1, window, window)


@mean_pool_kernels.mistake(
    en="It was divided by the side of the window, not by its pixels.", zh="除以了边长，应当除以窗口的像素数。"
)
def by_side(channels, window):
    return torch.eye(channels)[:, :, None, None].expand(-1, -1, window, window) / window


@mean_pool_kernels.mistake(
    en="Kernels for groups have another shape: (channels, channels, window, window) is asked for.",
    zh="这是分组卷积用的形状：要的是 (channels, channels, window, window)。",
)
def for_groups(channels, window):
    return torch.full((channels, 1 + (channels == 1), window, window), 1 / window**2)


@exercise(
    "pooling",
    zh="最大汇聚的梯度",
    en="The slope of maximum pooling",
    arguments=lambda d: (d.normal(2 * d.size(1, 3), 2 * d.size(1, 3)),),
)
def max_pool_slope(picture: Tensor) -> Tensor:
    """Return the gradient of the sum of 2 x 2 maximum pooling (stride 2) with respect to the picture; no autograd.

    2×2 最大汇聚（步幅 2）求和之后，对输入的梯度；不用自动求导。

    Args:
        picture: (h, w), h and w even, all values different. 高宽为偶数，数值各不相同。

    Returns:
        (h, w).

    >>> max_pool_slope(torch.tensor([[1.0, 2.0], [0.0, -1.0]]))
    tensor([[0., 1.],
            [0., 0.]])
    """
    raise NotImplementedError


def _tops(picture):
    return F.max_pool2d(picture[None], 2)[0].repeat_interleave(2, 0).repeat_interleave(2, 1)


@max_pool_slope.mistake(
    en="The slope is shared out evenly: that is mean pooling. Only the largest pixel had a say.",
    zh="梯度平均分给了四个像素：那是平均汇聚。只有最大的像素起了作用。",
)
def shared(picture):
    return torch.full_like(picture, 0.25)


@max_pool_slope.mistake(en="All pixels get the full slope.", zh="每个像素都得到了全部梯度。")
def everywhere(picture):
    return torch.ones_like(picture)


@max_pool_slope.mistake(
    en="The maxima themselves stand there: the slope of x with respect to x is 1.",
    zh="放的是最大值本身：x 对 x 的导数是 1。",
)
def maxima(picture):
    return torch.where(picture == _tops(picture), picture, 0.0)


@max_pool_slope.mistake(
    en="Only the largest pixel of the whole picture was marked: each window has one.",
    zh="只标了整幅图里最大的：每个窗口都有一个。",
)
def of_the_picture(picture):
    return (picture == picture.max()).float()


@max_pool_slope.mistake(en="The smallest pixels were marked.", zh="标出的是最小的像素。")
def smallest(picture):
    return (picture == -_tops(-picture)).float()


# receptive-field


@exercise("receptive-field", zh="感受野", en="The receptive field", arguments=stack)
def receptive_field(layers: list[tuple[int, int]]) -> int:
    """Return how many input pixels, in one direction, one output pixel of a stack sees.

    一串层之后，一个输出像素在一个方向上看到多少个输入像素？

    Args:
        layers: kernel and stride of each, from the input on. 从输入开始，各层的核与步幅。

    >>> receptive_field([(3, 1), (3, 1)]), receptive_field([(2, 2), (3, 1)])
    (5, 6)
    """
    raise NotImplementedError


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
    en="The pixel that looks was forgotten: even without layers it sees one.",
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


@exercise(
    "receptive-field",
    zh="几个 3×3 才看得够",
    en="How many 3 x 3 see enough",
    arguments=lambda d: (d.size(0, 12) * 2 + 1,),
)
def small_kernels_needed(kernel: int) -> int:
    """How many 3 x 3 convolutions of stride 1 see as much as one large kernel?

    几个步幅为 1 的 3×3 卷积，才看得和一个大核一样多？

    Args:
        kernel: side of the large kernel, odd. 大核的边长，奇数。

    >>> small_kernels_needed(5), small_kernels_needed(7)
    (2, 3)
    """
    raise NotImplementedError


@small_kernels_needed.mistake(en="The side was divided by 3: windows overlap.", zh="用边长除以了 3：窗口是重叠的。")
def by_three(kernel):
    return -(-kernel // 3)


@small_kernels_needed.mistake(en="One too many.", zh="多了一个。")
def one_more(kernel):
    return (kernel + 1) // 2


@small_kernels_needed.mistake(en="Each small kernel adds two pixels, not one.", zh="每个小核增加两个像素，不是一个。")
def one_pixel_each(kernel):
    return kernel - 1


@small_kernels_needed.mistake(en="The areas were compared; sides count.", zh="比的是面积，应当比边长。")
def by_area(kernel):
    return round(kernel**2 / 9)


@exercise(
    "receptive-field",
    zh="哪些输入像素影响它",
    en="Which pixels have a say",
    arguments=lambda d: (d.size(0, 5), [(d.size(1, 4), d.size(1, 3)) for _ in range(d.size(1, 3))]),
)
def seen_range(place: int, layers: list[tuple[int, int]]) -> tuple[int, int]:
    """Return the first and last input pixel that output pixel `place` sees, in one dimension, without padding.

    一维、不填充：输出像素 place 看到的第一个和最后一个输入像素。

    Args:
        place: of the output pixel, from 0.
        layers: kernel and stride of each, from the input on.

    >>> seen_range(1, [(3, 1), (2, 2)])
    (2, 5)
    """
    raise NotImplementedError


def _range(place, layers):
    first = last = place
    for kernel, stride in layers[::-1]:
        first, last = first * stride, last * stride + kernel - 1
    return first, last


@seen_range.mistake(
    en="The last pixel is one too far: a kernel of k spans k - 1 steps.", zh="最后一个多了一：k 个点的核只跨 k - 1 步。"
)
def end_outside(place, layers):
    first = last = place
    for kernel, stride in layers[::-1]:
        first, last = first * stride, last * stride + kernel
    return first, last


@seen_range.mistake(
    en="The walk went from input to output: start at the output and go back layer by layer.",
    zh="从输入走向输出了：应当从输出出发，一层层往回走。",
)
def forwards(place, layers):
    return _range(place, layers[::-1])


@seen_range.mistake(en="Strides are not used.", zh="没有用到步幅。")
def no_strides(place, layers):
    return _range(place, [(kernel, 1) for kernel, _ in layers])


@seen_range.mistake(
    en="The range is right for place 0 and was merely shifted: a step of the output is many pixels of the input.",
    zh="只对 place = 0 成立，之后只是平移：输出走一步，输入要走好几个像素。",
)
def merely_shifted(place, layers):
    first, last = _range(0, layers)
    return first + place, last + place


@seen_range.mistake(
    en="The length of the field came back in place of the last pixel.", zh="第二个数给成了长度，应当是最后一个像素。"
)
def a_length(place, layers):
    first, last = _range(place, layers)
    return first, last - first + 1


# trembling-curves


@exercise(
    "trembling-curves",
    zh="指数滑动平均",
    en="An exponential average",
    arguments=lambda d: (d.normal(d.size(3, 9)) + 3, d.number(0.1, 0.95)),
)
def smoothed(values: Tensor, keep: float) -> Tensor:
    """Smooth a curve: each value is `keep` times the smoothed one before it plus the rest of the new one.

    平滑一条曲线：每一点等于前一点的平滑值乘 keep，加上新值乘剩下的部分；从第一个值开始。

    Args:
        values: (n,); the first one is taken as it is. 第一个值照原样。
        keep: between 0 and 1.

    >>> smoothed(torch.tensor([0.0, 4.0, 4.0]), 0.5)
    tensor([0., 2., 3.])
    """
    raise NotImplementedError


def _smooth(values, keep, start):
    out, last = [], start
    for value in values:
        last = keep * last + (1 - keep) * value
        out.append(last)
    return torch.stack(out)


@smoothed.mistake(
    en="It starts from 0: the curve is pulled down at its beginning.", zh="从 0 开始：曲线的开头被拉低了。"
)
def from_zero(values, keep):
    return _smooth(values, keep, torch.zeros(()))


@smoothed.mistake(en="keep and the rest are exchanged.", zh="keep 和剩下的部分弄反了。")
def exchanged_shares(values, keep):
    return _smooth(values, 1 - keep, values[0])


@smoothed.mistake(
    en="The raw value before was taken, not the smoothed one.", zh="用的是前一个原始值，应当用前一个平滑值。"
)
def raw_before(values, keep):
    before = torch.cat([values[:1], values[:-1]])
    return keep * before + (1 - keep) * values


@smoothed.mistake(
    en="The new value is not weighted: the curve grows without bound.", zh="新值没有加权：曲线会越来越大。"
)
def not_weighted(values, keep):
    out = [values[0]]
    for value in values[1:]:
        out.append(keep * out[-1] + value)
    return torch.stack(out)


@exercise(
    "trembling-curves",
    zh="准确率有多抖",
    en="How much an accuracy trembles",
    arguments=lambda d: (d.number(0.05, 0.95), d.choice((100, 1000, 10000))),
)
def accuracy_error(accuracy: float, examples: int) -> float:
    """Return the standard error of an accuracy that was measured on so many independent examples.

    在这么多独立样本上测得的准确率，标准误差是多少？

    Args:
        accuracy: the true one, between 0 and 1.
        examples: of the test set.

    >>> round(accuracy_error(0.9, 10000), 4)
    0.003
    """
    raise NotImplementedError


@accuracy_error.mistake(en="This is the variance: take its root.", zh="这是方差：还要开平方。")
def variance(accuracy, examples):
    return accuracy * (1 - accuracy) / examples


@accuracy_error.mistake(
    en="The deviation was divided by the examples, not by their root.", zh="标准差除以了样本数，应当除以它的平方根。"
)
def divided_by_examples(accuracy, examples):
    return (accuracy * (1 - accuracy)) ** 0.5 / examples


@accuracy_error.mistake(
    en="The share of wrong answers is missing: at an accuracy of 1 nothing trembles.",
    zh="漏了错误率：准确率为 1 时就不会抖。",
)
def without_the_wrong(accuracy, examples):
    return (accuracy / examples) ** 0.5


@accuracy_error.mistake(
    en="The accuracy is not used: this is the error in the worst case, at one half.",
    zh="没有用到准确率：这是最坏情形（一半对一半）的误差。",
)
def worst_case(accuracy, examples):
    return 0.5 / examples**0.5


@exercise(
    "trembling-curves",
    zh="两次结果差得算不算数",
    en="Is the difference real?",
    arguments=lambda d: (d.normal(n := d.size(3, 8), scale=0.5) + d.number(-1, 1), d.normal(n, scale=0.5)),
    tolerance=1e-3,
)
def difference_in_errors(ours: Tensor, theirs: Tensor) -> float:
    """Return the difference of two means over seeds in units of its standard error (variances with n - 1).

    两组种子的平均之差，是它的标准误差的几倍？方差除以 n − 1。

    Args:
        ours: (n,), one value a seed. 每个种子一个值。
        theirs: (n,), other seeds.

    >>> round(difference_in_errors(torch.tensor([3.0, 5.0]), torch.tensor([1.0, 3.0])), 4)
    1.4142
    """
    raise NotImplementedError


def _spread(ours, theirs, correction=1):
    return (ours.var(correction=correction) / len(ours) + theirs.var(correction=correction) / len(theirs)).sqrt()


@difference_in_errors.mistake(
    en="The plain difference: it is not yet compared with its error.", zh="这只是差，还没有和它的误差相比。"
)
def plain_difference(ours, theirs):
    return float(ours.mean() - theirs.mean())


@difference_in_errors.mistake(
    en="Deviations of single runs were used: means of n runs tremble less.",
    zh="用了单次结果的标准差：n 次的平均抖得更小。",
)
def of_single_runs(ours, theirs):
    return float((ours.mean() - theirs.mean()) / (ours.var() + theirs.var()).sqrt())


@difference_in_errors.mistake(
    en="Only one side's error was counted: both means tremble.", zh="只算了一边的误差：两个平均都会抖。"
)
def one_sided(ours, theirs):
    return float((ours.mean() - theirs.mean()) / (ours.var() / len(ours)).sqrt())


@difference_in_errors.mistake(
    en="The errors were added: variances of independent numbers add up, deviations do not.",
    zh="把标准误差直接相加了：独立的量，方差才能相加。",
)
def errors_added(ours, theirs):
    return float((ours.mean() - theirs.mean()) / (ours.std() / len(ours) ** 0.5 + theirs.std() / len(theirs) ** 0.5))


@difference_in_errors.mistake(
    en="The variances divide by n: with few seeds they come out too small.", zh="方差除的是 n：种子少的时候会偏小。"
)
def population_variance(ours, theirs):
    return float((ours.mean() - theirs.mean()) / _spread(ours, theirs, 0))


# search-and-compression


@exercise(
    "search-and-compression",
    zh="按幅度剪枝",
    en="Prune by size",
    arguments=lambda d: (d.normal(d.size(3, 6), d.size(3, 6)), d.choice((0.25, 0.5, 0.75))),
)
def pruned(weights: Tensor, share: float) -> Tensor:
    """Set the given share of the weights to 0, the smallest in absolute value; round their number down.

    把绝对值最小的一部分权重设为 0，个数向下取整。

    Args:
        weights: (a, b); leave them as they are, return new ones. 不要就地修改。
        share: to remove, between 0 and 1.

    >>> pruned(torch.tensor([[3.0, -1.0], [-0.5, 2.0]]), 0.5)
    tensor([[3., 0.],
            [0., 2.]])
    """
    raise NotImplementedError


def _cut(weights, score, count):
    out = weights.clone()
    out.view(-1)[score.flatten().argsort()[:count]] = 0
    return out


@pruned.mistake(
    en="The smallest values went, negative ones first: size is the absolute value.",
    zh="去掉的是数值最小的，负数先走了：应当看绝对值。",
)
def by_value(weights, share):
    return _cut(weights, weights, int(share * weights.numel()))


@pruned.mistake(en="The largest weights were removed.", zh="去掉的是最大的权重。")
def the_largest(weights, share):
    return _cut(weights, -weights.abs(), int(share * weights.numel()))


@pruned.mistake(en="`share` was kept, not removed.", zh="share 是要去掉的比例，不是要留下的。")
def share_kept(weights, share):
    return _cut(weights, weights.abs(), weights.numel() - int(share * weights.numel()))


@pruned.mistake(
    en="The share was taken for a threshold: weights below it went, whatever their number.",
    zh="把比例当成了阈值：小于它的都去掉了。",
)
def as_threshold(weights, share):
    return torch.where(weights.abs() < share, 0.0, weights)


@exercise(
    "search-and-compression",
    zh="八位量化",
    en="Eight bits",
    arguments=lambda d: (d.normal(d.size(3, 8), scale=d.number(0.5, 3)),),
)
def quantized(weights: Tensor) -> tuple[Tensor, float]:
    """Write weights as whole numbers from -127 to 127 and one scale: weights are about numbers times scale.

    把权重写成 −127 到 127 的整数和一个尺度：权重约等于整数乘尺度。

    Args:
        weights: (n,), not all 0.

    Returns:
        The numbers, (n,), rounded, and the scale: the largest weight becomes 127 or -127.
        整数，四舍五入；绝对值最大的权重对应 127 或 −127。

    >>> quantized(torch.tensor([1.27, -0.5]))[0].tolist()
    [127.0, -50.0]
    """
    raise NotImplementedError


@quantized.mistake(
    en="The scale comes from the largest value, not from the largest absolute one: negative weights overflow.",
    zh="尺度用的是最大值，不是最大的绝对值：负的权重会越界。",
)
def scale_of_the_largest(weights):
    scale = float(weights.max().abs()) / 127
    return (weights / scale).round(), scale


@quantized.mistake(en="The numbers are not rounded.", zh="没有取整。")
def not_rounded(weights):
    scale = float(weights.abs().max()) / 127
    return weights / scale, scale


@quantized.mistake(en="They were cut off toward 0, not rounded.", zh="是向 0 截断，不是四舍五入。")
def truncated(weights):
    scale = float(weights.abs().max()) / 127
    return (weights / scale).trunc(), scale


@quantized.mistake(
    en="The scale is upside down: numbers times scale should give the weights back.",
    zh="尺度颠倒了：整数乘以尺度应当得回权重。",
)
def inverse_scale(weights):
    scale = float(weights.abs().max()) / 127
    return (weights / scale).round(), 1 / scale


@quantized.mistake(
    en="The range is 255 wide on one side: 8 bits with a sign reach from -127 to 127.",
    zh="一侧用到了 255：带符号的八位只到 −127 和 127。",
)
def too_wide(weights):
    scale = float(weights.abs().max()) / 255
    return (weights / scale).round(), scale


@exercise(
    "search-and-compression",
    zh="随机搜索要试多少次",
    en="How many random trials",
    arguments=lambda d: (d.number(0.01, 0.3), d.number(0.5, 0.99)),
)
def trials_needed(share: float, confidence: float) -> int:
    """How many random settings must be tried to hit the best `share` of them at least once with this confidence?

    要以多大把握至少碰到一次最好的那一部分，得随机试多少次？

    Args:
        share: of settings that are good enough. 够好的设置占的比例。
        confidence: between 0 and 1. 把握。

    >>> trials_needed(0.05, 0.95)
    59
    """
    raise NotImplementedError


def _log_ratio(share, confidence):
    return torch.log(torch.tensor(1 - confidence, dtype=torch.float64)) / torch.log(
        torch.tensor(1 - share, dtype=torch.float64)
    )


@trials_needed.mistake(en="It rounds down: that many are not enough.", zh="向下取整了：这么多次还不够。")
def rounded_down(share, confidence):
    return int(_log_ratio(share, confidence))


@trials_needed.mistake(
    en="Chances were added: two tries at 5 % are not 10 %, and twenty are not certain.",
    zh="把机会直接相加了：两次 5% 并不是 10%，二十次也不等于一定。",
)
def chances_added(share, confidence):
    return int(-(-confidence // share))


@trials_needed.mistake(en="This is how long one waits on average.", zh="这是平均要等的次数。")
def on_average(share, confidence):
    return int(-(-1 // share))


@trials_needed.mistake(
    en="It is the chance of missing every time that must fall below 1 - confidence; the logarithms are of the wrong numbers.",
    zh="应当让“次次落空”的概率降到 1 - confidence 以下；对数取错了数。",
)
def wrong_logarithms(share, confidence):
    return int(torch.ceil(torch.log(torch.tensor(confidence)) / torch.log(torch.tensor(1 - share))))
