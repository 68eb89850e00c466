"""Exercises of chapter 16: AlexNet, VGG, NiN, GoogLeNet, batch normalization, ResNet, DenseNet."""

import torch
from torch import Tensor

from d2lab.exercises import Draw, exercise


def convolutions(draw: Draw):
    return draw.size(32, 230), [
        (draw.size(3, 11), draw.size(1, 4), draw.size(0, 2)),
        (3, 2, 0),
        (draw.choice((3, 5)), 1, draw.size(0, 2)),
        (3, 2, 0),
    ]


def feature_batch(draw: Draw):
    return (draw.normal(draw.size(3, 8), draw.size(2, 4), scale=3) + draw.number(),)


# alexnet


@exercise(
    "alexnet",
    zh="第一个线性层的输入",
    en="What the first linear layer reads",
    arguments=lambda d: (*convolutions(d), d.size(16, 256)),
)
def flat_inputs(side: int, layers: list[tuple[int, int, int]], channels: int) -> int:
    """Return how many numbers reach the first linear layer behind a stack of convolutions and pools.

    经过一串卷积和汇聚之后，第一个线性层读到多少个数？

    Args:
        side: of the square picture.
        layers: kernel, stride and padding of each. 每层的核、步幅、填充。
        channels: behind the last. 最后的通道数。

    >>> flat_inputs(224, [(11, 4, 1), (3, 2, 0)], 96)
    64896
    """
    raise NotImplementedError


def _side(side, layers, padding=2, ceil=False):
    for k, s, p in layers:
        side = (-(-(side + padding * p - k) // s) if ceil else (side + padding * p - k) // s) + 1
    return side


@flat_inputs.mistake(en="The side is not squared.", zh="边长没有平方。")
def side_once(side, layers, channels):
    return _side(side, layers) * channels


@flat_inputs.mistake(en="The channels are missing.", zh="漏了通道数。")
def without_channels(side, layers, channels):
    return _side(side, layers) ** 2


@flat_inputs.mistake(en="Padding counts on both sides.", zh="填充两边都有。")
def padding_once(side, layers, channels):
    return _side(side, layers, 1) ** 2 * channels


@flat_inputs.mistake(en="It rounds up at strides.", zh="遇到步幅时向上取整了。")
def rounded_up(side, layers, channels):
    return _side(side, layers, ceil=True) ** 2 * channels


@exercise(
    "alexnet",
    zh="从大图里裁一块",
    en="A random crop, at a given place",
    arguments=lambda d: (d.normal(2, h := d.size(6, 9), w := d.size(6, 9)), d.size(0, 3), d.size(0, 2), 3, d.flip()),
)
def crop(picture: Tensor, top: int, left: int, side: int, mirror: bool) -> Tensor:
    """Cut a square out of a picture, and mirror it left to right where asked.

    从图里裁出一个方块；需要时左右翻转。

    Args:
        picture: (channels, h, w).
        top: first row.
        left: first column.
        side: of the square.
        mirror: left to right. 左右翻转。

    >>> crop(torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]), 0, 0, 2, True)
    tensor([[[2., 1.],
             [4., 3.]]])
    """
    raise NotImplementedError


@crop.mistake(en="Top and left are exchanged.", zh="上和左弄反了。")
def exchanged(picture, top, left, side, mirror):
    out = picture[:, left : left + side, top : top + side]
    return out.flip(-1) if mirror else out


@crop.mistake(en="It was turned upside down in place of mirrored.", zh="翻成了上下颠倒。")
def upside_down(picture, top, left, side, mirror):
    out = picture[:, top : top + side, left : left + side]
    return out.flip(1) if mirror else out


@crop.mistake(en="It is never mirrored.", zh="从来没有翻转。")
def never_mirrored(picture, top, left, side, mirror):
    return picture[:, top : top + side, left : left + side]


@crop.mistake(
    en="The picture was mirrored before it was cut: another part comes out.", zh="先翻转再裁：裁到的是另一块。"
)
def mirrored_first(picture, top, left, side, mirror):
    return (picture.flip(-1) if mirror else picture)[:, top : top + side, left : left + side]


@exercise(
    "alexnet",
    zh="前五名算不算对",
    en="Right among the first k",
    arguments=lambda d: (d.normal(n := d.size(5, 9), 8), d.integers(0, 7, n), d.size(2, 4)),
)
def top_k_accuracy(logits: Tensor, labels: Tensor, k: int) -> float:
    """Return the share of examples whose label is among the k highest scores.

    标签在得分最高的 k 个类别之中的样本占多大比例？

    Args:
        logits: (n, classes).
        labels: (n,).
        k: 1 or more.

    >>> top_k_accuracy(torch.tensor([[3.0, 2.0, 1.0]]), torch.tensor([1]), 2)
    1.0
    """
    raise NotImplementedError


@top_k_accuracy.mistake(en="Only the highest score counts here.", zh="只看了得分最高的一个。")
def top_one(logits, labels, k):
    return float((logits.argmax(1) == labels).float().mean())


@top_k_accuracy.mistake(en="The lowest scores were taken.", zh="取了得分最低的。")
def lowest(logits, labels, k):
    return float((logits.topk(k, largest=False).indices == labels[:, None]).any(1).float().mean())


@top_k_accuracy.mistake(en="Hits were divided by k as well.", zh="还除以了 k。")
def divided_by_k(logits, labels, k):
    return float((logits.topk(k).indices == labels[:, None]).float().mean())


@top_k_accuracy.mistake(en="This is the share of misses.", zh="这是没有命中的比例。")
def misses(logits, labels, k):
    return 1 - float((logits.topk(k).indices == labels[:, None]).any(1).float().mean())


# vgg


@exercise(
    "vgg",
    zh="数有权重的层",
    en="Layers with weights",
    arguments=lambda d: ([d.size(1, 4) for _ in range(d.size(2, 6))], d.size(1, 4)),
)
def vgg_depth(blocks: list[int], linear: int) -> int:
    """Return the number in a VGG's name: its layers with weights.

    VGG 名字里的数字：有权重的层数。

    Args:
        blocks: convolutions in each block. 每个块里的卷积数。
        linear: layers behind. 后面的线性层数。

    >>> vgg_depth([1, 1, 2, 2, 2], 3)
    11
    """
    raise NotImplementedError


@vgg_depth.mistake(en="Pools were counted: they have no weights.", zh="把汇聚层也数了：它们没有权重。")
def with_pools(blocks, linear):
    return sum(blocks) + len(blocks) + linear


@vgg_depth.mistake(en="The linear layers are missing.", zh="漏了线性层。")
def convolutions_only(blocks, linear):
    return sum(blocks)


@vgg_depth.mistake(en="Blocks were counted, not the convolutions in them.", zh="数的是块，不是块里的卷积。")
def blocks_only(blocks, linear):
    return len(blocks) + linear


@vgg_depth.mistake(en="The last layer was left out: it has weights too.", zh="漏了最后一层：它也有权重。")
def without_last(blocks, linear):
    return sum(blocks) + linear - 1


@exercise(
    "vgg", zh="小核省多少", en="What small kernels save", arguments=lambda d: (d.size(1, 6) * 2 + 1, d.size(1, 64))
)
def stack_ratio(kernel: int, channels: int) -> float:
    """Weights of a stack of 3 x 3 that sees as much as one kernel, over the weights of that kernel; no biases, equal channels.

    一叠 3×3 与看得一样大的一个大核，权重之比（无偏置，通道都一样）。

    Args:
        kernel: side of the large one, odd.
        channels: everywhere.

    >>> stack_ratio(5, 64)
    0.72
    """
    raise NotImplementedError


@stack_ratio.mistake(en="The ratio is upside down.", zh="比值颠倒了。")
def upside_down_ratio(kernel, channels):
    return kernel**2 / (9 * ((kernel - 1) // 2))


@stack_ratio.mistake(
    en="One layer of 3 x 3 does not see as much: count how many are needed.", zh="一层 3×3 看不到那么大：要数需要几层。"
)
def one_layer(kernel, channels):
    return 9 / kernel**2


@stack_ratio.mistake(
    en="Channels don't cancel here, but they do: both have channels squared.", zh="通道没有约掉：两边都是通道的平方。"
)
def with_channels(kernel, channels):
    return 9 * ((kernel - 1) // 2) * channels / kernel**2


@stack_ratio.mistake(en="Too many layers: each adds two pixels to the side.", zh="层数多了：每层让边长多两个像素。")
def too_many_layers(kernel, channels):
    return 9 * (kernel - 1) / kernel**2


@exercise(
    "vgg",
    zh="通道的增长",
    en="Channels of the blocks",
    arguments=lambda d: (d.choice((8, 16, 32, 64)), d.size(1, 8), d.choice((128, 256, 512))),
)
def block_channels(first: int, blocks: int, most: int) -> list[int]:
    """Return the channels of each block: doubling from the first, but no more than `most`.

    每个块的通道数：从 first 开始翻倍，但不超过 most。

    Args:
        first: of the first block.
        blocks: how many.
        most: at any.

    >>> block_channels(64, 5, 512)
    [64, 128, 256, 512, 512]
    """
    raise NotImplementedError


@block_channels.mistake(en="They never stop doubling.", zh="一直翻倍，没有上限。")
def unlimited(first, blocks, most):
    return [first * 2**i for i in range(blocks)]


@block_channels.mistake(en="The first block is doubled already.", zh="第一个块就翻倍了。")
def starts_doubled(first, blocks, most):
    return [min(most, first * 2 ** (i + 1)) for i in range(blocks)]


@block_channels.mistake(en="They grow by the same amount, not by a factor.", zh="是等差增长，应当翻倍。")
def added(first, blocks, most):
    return [min(most, first * (i + 1)) for i in range(blocks)]


@block_channels.mistake(en="Blocks beyond the limit were left out.", zh="超过上限的块没有了。")
def left_out(first, blocks, most):
    return [first * 2**i for i in range(blocks) if first * 2**i <= most]


# nin


@exercise(
    "nin",
    zh="每个像素一个感知机",
    en="A perceptron at every pixel",
    arguments=lambda d: (
        d.normal(c := d.size(2, 4), 3, d.size(2, 4)),
        d.normal(h := d.size(2, 5), c),
        d.normal(d.size(2, 3), h),
    ),
)
def pixel_mlp(maps: Tensor, w1: Tensor, w2: Tensor) -> Tensor:
    """Apply relu(w2 @ relu(w1 @ channels)) to the channels of every pixel.

    对每个像素的通道做 relu(w2 @ relu(w1 @ 通道))。

    Args:
        maps: (channels, h, w).
        w1: (hidden, channels).
        w2: (outputs, hidden).

    Returns:
        (outputs, h, w).

    >>> pixel_mlp(torch.tensor([[[-1.0, 2.0]]]), torch.ones(1, 1), torch.tensor([[3.0]]))
    tensor([[[0., 6.]]])
    """
    raise NotImplementedError


def _pixels(w, maps):
    return torch.einsum("oc,chw->ohw", w, maps)


@pixel_mlp.mistake(en="There is no ReLU between the two.", zh="两层之间没有 ReLU。")
def no_bend(maps, w1, w2):
    return _pixels(w2, _pixels(w1, maps)).relu()


@pixel_mlp.mistake(en="The last ReLU is missing.", zh="漏了最后的 ReLU。")
def no_last_bend(maps, w1, w2):
    return _pixels(w2, _pixels(w1, maps).relu())


@pixel_mlp.mistake(en="Channels stand last.", zh="通道放在了最后。")
def channels_last(maps, w1, w2):
    return _pixels(w2, _pixels(w1, maps).relu()).relu().movedim(0, -1)


@pixel_mlp.mistake(
    en="The pixels were averaged first: each keeps its own answer.", zh="先把像素平均了：每个像素应当各有答案。"
)
def averaged_first(maps, w1, w2):
    mean = maps.mean((1, 2), keepdim=True).expand_as(maps)
    return _pixels(w2, _pixels(w1, mean).relu()).relu()


@exercise(
    "nin",
    zh="全局平均的反向",
    en="Backward through a global mean",
    arguments=lambda d: (d.normal(d.size(1, 4)), d.size(1, 5), d.size(1, 5)),
)
def mean_backward(slope: Tensor, height: int, width: int) -> Tensor:
    """Hand the slope behind a global mean on to the maps.

    把全局平均之后的斜率传给各幅图。

    Args:
        slope: (channels,).
        height: of the maps.
        width: of the maps.

    Returns:
        (channels, height, width).

    >>> mean_backward(torch.tensor([4.0]), 1, 2)
    tensor([[[2., 2.]]])
    """
    raise NotImplementedError


@mean_backward.mistake(en="Every pixel got the whole slope: they share it.", zh="每个像素都得到了全部：应当平分。")
def whole_slope(slope, height, width):
    return slope[:, None, None].expand(-1, height, width)


@mean_backward.mistake(en="It was divided by the height alone.", zh="只除以了高。")
def by_height(slope, height, width):
    return (slope / height)[:, None, None].expand(-1, height, width)


@mean_backward.mistake(
    en="The slope went to one pixel: that is a maximum.", zh="斜率只给了一个像素：那是最大值的反向。"
)
def one_pixel(slope, height, width):
    out = torch.zeros(len(slope), height, width)
    out[:, 0, 0] = slope
    return out


@mean_backward.mistake(en="It was multiplied by the number of pixels.", zh="乘了像素数。")
def multiplied(slope, height, width):
    return (slope * height * width)[:, None, None].expand(-1, height, width)


@exercise(
    "nin",
    zh="换掉线性层省多少",
    en="What the global mean saves",
    arguments=lambda d: (d.size(2, 12), d.size(8, 300), d.size(16, 4096), d.size(2, 100)),
)
def saved_parameters(side: int, channels: int, hidden: int, classes: int) -> int:
    """Parameters of linear layers (flat maps -> hidden -> classes) minus those of a 1 x 1 convolution to `classes` maps with a global mean.

    线性层（摊平 → hidden → classes）的参数，减去 1×1 卷积到 classes 幅图再全局平均的参数；都有偏置。

    Args:
        side: of the maps.
        channels: of the maps.
        hidden: units.
        classes: how many.

    >>> saved_parameters(2, 3, 4, 5)
    57
    """
    raise NotImplementedError


@saved_parameters.mistake(en="Biases are missing on both sides.", zh="两边都漏了偏置。")
def no_biases(side, channels, hidden, classes):
    return side**2 * channels * hidden + hidden * classes - channels * classes


@saved_parameters.mistake(en="The side is not squared.", zh="边长没有平方。")
def side_not_squared(side, channels, hidden, classes):
    return (side * channels + 1) * hidden + (hidden + 1) * classes - (channels + 1) * classes


@saved_parameters.mistake(en="The 1 x 1 convolution is not free.", zh="1×1 卷积也有参数。")
def free_convolution(side, channels, hidden, classes):
    return (side**2 * channels + 1) * hidden + (hidden + 1) * classes


@saved_parameters.mistake(en="The second linear layer is missing.", zh="漏了第二个线性层。")
def one_linear(side, channels, hidden, classes):
    return (side**2 * channels + 1) * hidden - (channels + 1) * classes


# googlenet


@exercise(
    "googlenet",
    zh="四条路的输出通道",
    en="Channels of an Inception block",
    arguments=lambda d: (
        d.size(8, 128),
        (d.size(8, 96), d.size(16, 128)),
        (d.size(4, 32), d.size(8, 64)),
        d.size(8, 64),
    ),
)
def inception_channels(one: int, three: tuple[int, int], five: tuple[int, int], pool: int) -> int:
    """Return the channels that come out; three and five give (narrowed, output) of their paths.

    Inception 块输出多少通道？three 与 five 是（收窄后，输出）。

    Args:
        one: of the 1 x 1 path.
        three: of the 3 x 3 path.
        five: of the 5 x 5 path.
        pool: of the path with the pool.

    >>> inception_channels(64, (96, 128), (16, 32), 32)
    256
    """
    raise NotImplementedError


@inception_channels.mistake(
    en="The narrowed channels were added: they stay within their paths.", zh="把收窄后的通道也加了：它们只在路里面。"
)
def with_narrowed(one, three, five, pool):
    return one + sum(three) + sum(five) + pool


@inception_channels.mistake(en="The narrowed channels were taken for the outputs.", zh="把收窄的通道当成了输出。")
def narrowed_only(one, three, five, pool):
    return one + three[0] + five[0] + pool


@inception_channels.mistake(en="The path with the pool is missing.", zh="漏了汇聚那一路。")
def without_pool(one, three, five, pool):
    return one + three[1] + five[1]


@inception_channels.mistake(
    en="Paths are joined along the channels, not added to the widest.", zh="取了最宽的一路：应当在通道上接起来。"
)
def widest(one, three, five, pool):
    return max(one, three[1], five[1], pool)


@exercise(
    "googlenet",
    zh="先收窄的计算量",
    en="Work of a narrowed path",
    arguments=lambda d: (d.size(4, 28), d.size(8, 64), d.size(2, 16), d.size(4, 32), d.choice((3, 5))),
)
def path_work(side: int, channels: int, narrow: int, maps: int, kernel: int) -> int:
    """Count the multiplications of 1 x 1 to `narrow`, then kernel x kernel to `maps`; padding keeps the side.

    先 1×1 收窄，再 k×k 卷积（填充使边长不变），要做多少次乘法？

    Args:
        side: of the maps.
        channels: in.
        narrow: between.
        maps: out.
        kernel: of the second.

    >>> path_work(2, 3, 1, 2, 3)
    84
    """
    raise NotImplementedError


@path_work.mistake(en="The 1 x 1 is missing.", zh="漏了 1×1。")
def second_only(side, channels, narrow, maps, kernel):
    return side**2 * narrow * maps * kernel**2


@path_work.mistake(en="Nothing was narrowed: this is the direct convolution.", zh="没有收窄：这是直接卷积。")
def direct(side, channels, narrow, maps, kernel):
    return side**2 * channels * maps * kernel**2


@path_work.mistake(en="These are weights: each works at every pixel.", zh="这是权重个数：每个权重在每个像素都要用。")
def weights(side, channels, narrow, maps, kernel):
    return channels * narrow + narrow * maps * kernel**2


@path_work.mistake(en="The kernel is not squared.", zh="核没有平方。")
def kernel_once(side, channels, narrow, maps, kernel):
    return side**2 * (channels * narrow + narrow * maps * kernel)


@exercise(
    "googlenet",
    zh="把几路接起来",
    en="Join the paths",
    arguments=lambda d: ([d.normal(2, d.size(1, 3), 3, 4) for _ in range(d.size(2, 4))],),
)
def joined(paths: list[Tensor]) -> Tensor:
    """Join the outputs of several paths along the channels.

    把几条路的输出在通道上接起来。

    Args:
        paths: (n, channels, h, w) each; channels differ.

    >>> tuple(joined([torch.zeros(1, 2, 3, 3), torch.zeros(1, 5, 3, 3)]).shape)
    (1, 7, 3, 3)
    """
    raise NotImplementedError


@joined.mistake(en="They were joined in the reverse order.", zh="接的次序反了。")
def reversed_paths(paths):
    return torch.cat(paths[::-1], 1)


@joined.mistake(en="The last path is missing.", zh="漏了最后一路。")
def last_missing(paths):
    return torch.cat(paths[:-1], 1)


@joined.mistake(en="They were joined along the width.", zh="接在了宽上。")
def along_width(paths):
    return torch.cat([p[:, :1] for p in paths], 3)


@joined.mistake(en="The paths were averaged over their channels first.", zh="先对各路的通道取了平均。")
def averaged_paths(paths):
    return torch.cat([p.mean(1, keepdim=True) for p in paths], 1)


# batch-norm


@exercise("batch-norm", zh="训练时的归一化", en="Normalize a batch", arguments=feature_batch)
def normalized(x: Tensor) -> Tensor:
    """Normalize each feature over the batch, with 1e-5 added to the variance, as batch normalization trains.

    按批对每个特征标准化，方差加 1e-5，就是批量归一化训练时做的事。

    Args:
        x: (n, d), n > 1.

    >>> normalized(torch.tensor([[1.0], [3.0]])).round(decimals=3)
    tensor([[-1.],
            [ 1.]])
    """
    raise NotImplementedError


@normalized.mistake(en="The variance divides by n - 1: in training it is n.", zh="方差除的是 n − 1：训练时除以 n。")
def unbiased(x):
    return (x - x.mean(0)) / (x.var(0) + 1e-5).sqrt()


@normalized.mistake(
    en="Each example was normalized by itself: that is layer normalization.", zh="每个样本自己归一了：那是层归一化。"
)
def by_example(x):
    return (x - x.mean(1, keepdim=True)) / (x.var(1, correction=0, keepdim=True) + 1e-5).sqrt()


@normalized.mistake(en="It was divided by the variance, not by its root.", zh="除以了方差，没有开平方。")
def by_variance(x):
    return (x - x.mean(0)) / (x.var(0, correction=0) + 1e-5)


@normalized.mistake(en="One mean and one variance were taken for all features.", zh="所有特征共用了一个均值和方差。")
def one_for_all(x):
    return (x - x.mean()) / (x.var(correction=0) + 1e-5).sqrt()


@normalized.mistake(en="The mean was not taken off.", zh="没有减去均值。")
def not_centered(x):
    return x / (x.var(0, correction=0) + 1e-5).sqrt()


@exercise(
    "batch-norm",
    zh="更新滑动统计量",
    en="Update the running statistics",
    arguments=lambda d: (*feature_batch(d), d.number(-1, 1), d.number(0.5, 2), d.number(0.05, 0.9)),
)
def running(x: Tensor, mean: float, variance: float, momentum: float) -> tuple[float, float]:
    """Return the running mean and variance of the first feature after a batch, as torch keeps them.

    看过一批之后，第一个特征的滑动均值和滑动方差（与 torch 一样）。

    Args:
        x: (n, d); only x[:, 0] counts. 只看第一列。
        mean: running mean before.
        variance: running variance before.
        momentum: share of the new.

    >>> running(torch.tensor([[1.0], [3.0]]), 0.0, 1.0, 0.5)
    (1.0, 1.5)
    """
    raise NotImplementedError


def _updated(x, mean, variance, m, correction=1):
    f = x[:, 0]
    return float((1 - m) * mean + m * f.mean()), float((1 - m) * variance + m * f.var(correction=correction))


@running.mistake(
    en="The kept variance divides by n: what is kept divides by n - 1.", zh="攒下的方差除的是 n：应当除以 n − 1。"
)
def biased(x, mean, variance, momentum):
    return _updated(x, mean, variance, momentum, 0)


@running.mistake(en="Momentum is the share of the new, not of the old.", zh="动量是新值的份额，不是旧值的。")
def momentum_of_old(x, mean, variance, momentum):
    return _updated(x, mean, variance, 1 - momentum)


@running.mistake(en="The deviation was kept in place of the variance.", zh="存成了标准差，应当是方差。")
def deviation(x, mean, variance, momentum):
    f = x[:, 0]
    return float((1 - momentum) * mean + momentum * f.mean()), float((1 - momentum) * variance + momentum * f.std())


@running.mistake(en="The old values were forgotten.", zh="旧值全忘了。")
def no_memory(x, mean, variance, momentum):
    return float(x[:, 0].mean()), float(x[:, 0].var())


@exercise(
    "batch-norm",
    zh="折进前面的层",
    en="Fold it into the layer before",
    arguments=lambda d: (
        d.normal(o := d.size(1, 4), d.size(1, 3)),
        d.normal(o),
        d.normal(o),
        d.uniform(o, low=0.2, high=3),
        d.normal(o),
        d.normal(o),
    ),
)
def folded(
    weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, gain: Tensor, shift: Tensor
) -> tuple[Tensor, Tensor]:
    """Return weight and bias of one linear layer that predicts as linear layer and batch normalization do (eps 0).

    预测时，线性层接批量归一化等于一个线性层：求它的权重和偏置（eps 取 0）。

    Args:
        weight: (o, d).
        bias: (o,).
        mean: (o,), running.
        variance: (o,), running.
        gain: (o,).
        shift: (o,).

    >>> one = torch.ones(1)
    >>> folded(torch.ones(1, 1), one, one, 4 * one, 2 * one, one)
    (tensor([[1.]]), tensor([1.]))
    """
    raise NotImplementedError


@folded.mistake(en="The old bias was not scaled.", zh="旧偏置没有缩放。")
def bias_not_scaled(weight, bias, mean, variance, gain, shift):
    f = gain / variance.sqrt()
    return weight * f[:, None], bias - mean * f + shift


@folded.mistake(en="It was divided by the variance, not by its root.", zh="除以了方差，没有开平方。")
def divided_by_variance(weight, bias, mean, variance, gain, shift):
    f = gain / variance
    return weight * f[:, None], (bias - mean) * f + shift


@folded.mistake(en="The running mean is missing.", zh="漏了滑动均值。")
def without_mean(weight, bias, mean, variance, gain, shift):
    f = gain / variance.sqrt()
    return weight * f[:, None], bias * f + shift


@folded.mistake(en="The shift is missing.", zh="漏了偏移。")
def without_shift(weight, bias, mean, variance, gain, shift):
    f = gain / variance.sqrt()
    return weight * f[:, None], (bias - mean) * f


@folded.mistake(en="The gain is missing.", zh="漏了增益。")
def without_gain(weight, bias, mean, variance, gain, shift):
    f = 1 / variance.sqrt()
    return weight * f[:, None], (bias - mean) * f + shift


# resnet


@exercise(
    "resnet",
    zh="残差块的前向",
    en="A residual block",
    arguments=lambda d: (d.normal(n := d.size(2, 4), k := d.size(2, 4)), d.normal(k, k), d.normal(k, k)),
)
def residual_block(x: Tensor, w1: Tensor, w2: Tensor) -> Tensor:
    """Return relu(x + f(x)) with f(x) = relu(x @ w1.T) @ w2.T.

    给出 relu(x + f(x))，其中 f(x) = relu(x @ w1.T) @ w2.T。

    Args:
        x: (n, d).
        w1: (d, d).
        w2: (d, d).

    >>> residual_block(torch.tensor([[1.0]]), torch.ones(1, 1), torch.tensor([[2.0]]))
    tensor([[3.]])
    """
    raise NotImplementedError


@residual_block.mistake(en="The shortcut is missing.", zh="漏了捷径。")
def no_shortcut(x, w1, w2):
    return ((x @ w1.T).relu() @ w2.T).relu()


@residual_block.mistake(
    en="The ReLU was taken before the sum: it belongs behind.", zh="ReLU 放在了相加之前，应当在之后。"
)
def bend_before_sum(x, w1, w2):
    return x + ((x @ w1.T).relu() @ w2.T).relu()


@residual_block.mistake(en="The last ReLU is missing.", zh="漏了最后的 ReLU。")
def no_last_relu(x, w1, w2):
    return x + (x @ w1.T).relu() @ w2.T


@residual_block.mistake(en="There is no ReLU inside.", zh="里面没有 ReLU。")
def linear_inside(x, w1, w2):
    return (x + x @ w1.T @ w2.T).relu()


@exercise(
    "resnet",
    zh="残差链的梯度",
    en="Slopes through residual layers",
    arguments=lambda d: (d.normal(d.size(1, 12)) * 0.5,),
)
def chain_slope(slopes: Tensor) -> float:
    """Layers are x + f_i(x), numbers in, numbers out: from the slopes of the f_i give that of the whole chain.

    各层是 x + f_i(x)（输入输出都是一个数）：已知各 f_i 的斜率，求整条链的斜率。

    Args:
        slopes: (layers,).

    >>> chain_slope(torch.tensor([1.0, 0.5]))
    3.0
    """
    raise NotImplementedError


@chain_slope.mistake(en="The shortcuts are missing.", zh="漏了捷径。")
def plain_chain(slopes):
    return float(slopes.prod())


@chain_slope.mistake(
    en="One shortcut for the whole chain: every layer has one.", zh="整条链只有一条捷径：应当每层一条。"
)
def one_shortcut(slopes):
    return 1 + float(slopes.prod())


@chain_slope.mistake(
    en="The slopes were added: this is only the beginning of the product.", zh="只是把斜率相加：那只是乘积展开的开头。"
)
def first_order(slopes):
    return 1 + float(slopes.sum())


@chain_slope.mistake(en="Absolute values were taken.", zh="取了绝对值。")
def absolute(slopes):
    return float((1 + slopes.abs()).prod())


@exercise(
    "resnet",
    zh="ResNet 的层数",
    en="The depth of a ResNet",
    arguments=lambda d: ([d.size(1, 8) for _ in range(4)], d.flip()),
)
def resnet_depth(blocks: list[int], bottleneck: bool) -> int:
    """Return the number in a ResNet's name: first convolution, the blocks' convolutions (two each, three with a bottleneck), last linear layer.

    ResNet 名字里的数字：第一个卷积、各块的卷积（每块两个，瓶颈块三个）、最后的线性层。

    Args:
        blocks: in each stage.
        bottleneck: whether blocks have three convolutions.

    >>> resnet_depth([2, 2, 2, 2], False), resnet_depth([3, 4, 6, 3], True)
    (18, 50)
    """
    raise NotImplementedError


@resnet_depth.mistake(en="The first and the last layer are missing.", zh="漏了第一层和最后一层。")
def ends_missing(blocks, bottleneck):
    return sum(blocks) * (3 if bottleneck else 2)


@resnet_depth.mistake(
    en="The convolutions of the shortcuts were counted: by custom they are not.",
    zh="把捷径上的卷积也数了：习惯上不数。",
)
def with_shortcuts(blocks, bottleneck):
    return sum(blocks) * (3 if bottleneck else 2) + 2 + len(blocks) - 1


@resnet_depth.mistake(en="A bottleneck has three convolutions.", zh="瓶颈块有三个卷积。")
def always_two(blocks, bottleneck):
    return sum(blocks) * 2 + 2


@resnet_depth.mistake(en="Blocks were counted.", zh="数的是块。")
def counted_blocks(blocks, bottleneck):
    return sum(blocks) + 2


# densenet


@exercise(
    "densenet",
    zh="稠密块的通道",
    en="Channels of a dense block",
    arguments=lambda d: (d.size(4, 64), d.size(2, 32), d.size(1, 12)),
)
def dense_reads(inputs: int, growth: int, layers: int) -> list[int]:
    """Return how many channels each layer of a dense block reads.

    稠密块里每一层各读多少个通道？

    Args:
        inputs: of the block.
        growth: maps that a layer adds.
        layers: how many.

    >>> dense_reads(16, 8, 3)
    [16, 24, 32]
    """
    raise NotImplementedError


@dense_reads.mistake(
    en="These are the channels behind each layer; what it reads lies before.", zh="这是每层之后的通道，应当是之前的。"
)
def behind(inputs, growth, layers):
    return [inputs + growth * (i + 1) for i in range(layers)]


@dense_reads.mistake(
    en="Every layer reads only the growth of the one before: that is a chain.",
    zh="每层只读前一层新加的：那是普通的链。",
)
def as_chain(inputs, growth, layers):
    return [inputs] + [growth] * (layers - 1)


@dense_reads.mistake(
    en="The input of the block is not joined: later layers read it too.", zh="没有接上块的输入：后面的层也读它。"
)
def input_lost(inputs, growth, layers):
    return [inputs] + [growth * i for i in range(1, layers)]


@dense_reads.mistake(en="Channels double at every layer; each adds `growth`.", zh="通道每层翻倍了；应当每层加 growth。")
def doubling(inputs, growth, layers):
    return [inputs * 2**i for i in range(layers)]


@exercise(
    "densenet",
    zh="整个 DenseNet 的通道",
    en="Channels of the whole net",
    arguments=lambda d: (d.size(8, 64), d.size(4, 32), [d.size(1, 8) for _ in range(d.size(2, 4))]),
)
def final_channels(stem: int, growth: int, blocks: list[int]) -> int:
    """Return the channels behind the last dense block; between blocks a transition halves them (rounding down).

    最后一个稠密块之后的通道数；块与块之间的过渡层把通道减半（向下取整）。

    Args:
        stem: before the first block.
        growth: of a layer.
        blocks: layers of each.

    >>> final_channels(64, 32, [4, 4, 4, 4])
    248
    """
    raise NotImplementedError


def _channels(stem, growth, blocks, halve_last=False, halve=True):
    for i, n in enumerate(blocks):
        stem += growth * n
        if halve and (halve_last or i < len(blocks) - 1):
            stem //= 2
    return stem


@final_channels.mistake(en="Behind the last block there is no transition.", zh="最后一个块之后没有过渡层。")
def halved_last(stem, growth, blocks):
    return _channels(stem, growth, blocks, halve_last=True)


@final_channels.mistake(en="The transitions are missing.", zh="漏了过渡层。")
def never_halved(stem, growth, blocks):
    return _channels(stem, growth, blocks, halve=False)


@final_channels.mistake(en="Layers were not counted: each adds `growth`.", zh="没有算层数：每层都加 growth。")
def a_growth_a_block(stem, growth, blocks):
    return _channels(stem, growth, [1] * len(blocks))


@final_channels.mistake(en="The stem was forgotten.", zh="漏了最前面的通道。")
def without_stem(stem, growth, blocks):
    return _channels(0, growth, blocks)


@exercise(
    "densenet",
    zh="直接拼接复制了多少",
    en="What plain joining copies",
    arguments=lambda d: (d.size(4, 64), d.size(2, 32), d.size(1, 12)),
)
def copied_channels(inputs: int, growth: int, layers: int) -> int:
    """Each layer joins what it read and what it adds into a new tensor: how many channels are written in all?

    每层把读到的和新加的接成一个新张量：一共写了多少个通道？

    Args:
        inputs: of the block.
        growth: of a layer.
        layers: how many.

    >>> copied_channels(16, 8, 2)
    56
    """
    raise NotImplementedError


@copied_channels.mistake(
    en="Only the new channels were counted: the old ones are copied too.", zh="只算了新的：旧的也被复制了。"
)
def new_only(inputs, growth, layers):
    return growth * layers


@copied_channels.mistake(
    en="This is what is there in the end; each layer wrote a whole tensor.",
    zh="这是最后的通道数：每层都写了一整个张量。",
)
def the_end(inputs, growth, layers):
    return inputs + growth * layers


@copied_channels.mistake(en="What is read was counted, not what is written.", zh="算的是读的，不是写的。")
def read_channels(inputs, growth, layers):
    return sum(inputs + growth * i for i in range(layers))


@copied_channels.mistake(en="Every layer was taken to write as much as the last.", zh="每层都按最后一层算了。")
def as_the_last(inputs, growth, layers):
    return layers * (inputs + growth * layers)
