"""Exercises of chapter 9: vanishing and exploding, starts, symmetry, nan and inf."""

import math

import torch
from torch import Tensor

from d2lab.exercises import exercise

# vanishing-and-exploding


@exercise(
    "vanishing-and-exploding",
    zh="几层之后就没了",
    en="After how many layers",
    arguments=lambda d: (d.number(0.1, 0.95), d.choice((1e-3, 1e-6, 1e-12))),
)
def layers_until(factor: float, smallest: float) -> int:
    """If each layer multiplies the slope by a factor below 1, after how many layers does it first lie below `smallest`?

    每层把梯度乘以小于 1 的 factor，几层之后第一次小于 smallest？

    Args:
        factor: between 0 and 1.
        smallest: between 0 and 1.

    >>> layers_until(0.25, 0.01)
    4
    """
    raise NotImplementedError


def _exact(factor, smallest):
    return math.log(smallest) / math.log(factor)


@layers_until.mistake(en="One layer too few: it still lies above.", zh="少了一层：还没有小于它。")
def rounded_down(factor, smallest):
    return int(_exact(factor, smallest))


@layers_until.mistake(
    en="One layer too many: the one before lies below already.", zh="多了一层：前一层就已经小于它了。"
)
def one_too_many(factor, smallest):
    return math.ceil(_exact(factor, smallest)) + 1


@layers_until.mistake(en="Layers were taken to subtract: they multiply.", zh="当成每层减去一些了：应当是相乘。")
def subtracted(factor, smallest):
    return math.ceil((1 - smallest) / (1 - factor))


@layers_until.mistake(en="A fraction of a layer came back.", zh="返回了小数层。")
def a_fraction(factor, smallest):
    return _exact(factor, smallest)


@exercise(
    "vanishing-and-exploding",
    zh="按范数裁剪",
    en="Clip by norm",
    arguments=lambda d: ([d.normal(d.size(1, 4), scale=3), d.normal(d.size(1, 3), 2, scale=3)], d.number(0.5, 20)),
)
def clipped(gradients: list[Tensor], most: float) -> list[Tensor]:
    """Scale all gradients by one number, so that their norm together is at most `most`; smaller ones stay.

    所有梯度一起乘一个数，使总的范数不超过 most；本来就小的不变。

    Args:
        gradients: tensors of any shapes.
        most: above 0.

    >>> clipped([torch.tensor([3.0]), torch.tensor([4.0])], 1.0)
    [tensor([0.6000]), tensor([0.8000])]
    """
    raise NotImplementedError


def _norm(gradients):
    return sum((g**2).sum() for g in gradients).sqrt()


@clipped.mistake(
    en="Small gradients were scaled up: only too large ones are to be changed.", zh="小的梯度被放大了：只该动太大的。"
)
def always_scaled(gradients, most):
    return [g * most / _norm(gradients) for g in gradients]


@clipped.mistake(
    en="Each tensor was clipped by itself: the direction changes. One norm for all.",
    zh="每个张量各裁各的：方向就变了。应当共用一个范数。",
)
def each_alone(gradients, most):
    return [g * min(1.0, float(most / g.norm())) for g in gradients]


@clipped.mistake(en="Entries were cut off: the direction changes.", zh="是逐个元素截断：方向变了。")
def by_value(gradients, most):
    return [g.clamp(-most, most) for g in gradients]


@clipped.mistake(en="The squared norm was taken for the norm.", zh="用了范数的平方。")
def squared_norm(gradients, most):
    return [g * min(1.0, float(most / _norm(gradients) ** 2)) for g in gradients]


@exercise(
    "vanishing-and-exploding",
    zh="残差的倍数",
    en="The factor of a residual chain",
    arguments=lambda d: (d.number(-0.5, 0.5), d.size(1, 30)),
)
def residual_factor(slope: float, layers: int) -> float:
    """Each layer is x + f(x), with f of this slope: by how much is a gradient multiplied through all layers?

    每层是 x + f(x)，f 的斜率已知：穿过所有层，梯度一共乘了多少？

    Args:
        slope: of f.
        layers: how many.

    >>> residual_factor(0.5, 2)
    2.25
    """
    raise NotImplementedError


@residual_factor.mistake(en="This is the plain chain: the shortcut's 1 is missing.", zh="这是普通的链：漏了捷径的 1。")
def plain(slope, layers):
    return slope**layers


@residual_factor.mistake(en="Only the first terms were taken: layers multiply.", zh="只取了前两项：各层是相乘的。")
def first_terms(slope, layers):
    return 1 + layers * slope


@residual_factor.mistake(
    en="The shortcut was counted once for the whole chain: every layer has one.", zh="整条链只算了一次捷径：每层都有。"
)
def one_shortcut(slope, layers):
    return 1 + slope**layers


@residual_factor.mistake(en="One layer too many was counted.", zh="多算了一层。")
def a_layer_more(slope, layers):
    return (1 + slope) ** (layers + 1)


# initialization


@exercise(
    "initialization", zh="Xavier 的均匀范围", en="Xavier's reach", arguments=lambda d: (d.size(1, 900), d.size(1, 900))
)
def xavier_reach(inputs: int, outputs: int) -> float:
    """Return a, so that weights drawn evenly from -a to a have Xavier's variance 2 / (inputs + outputs).

    求 a，使 −a 到 a 的均匀分布的方差等于 Xavier 的 2 / (inputs + outputs)。

    Args:
        inputs: of the layer.
        outputs: of the layer.

    >>> round(xavier_reach(4, 2), 4)
    1.0
    """
    raise NotImplementedError


@xavier_reach.mistake(
    en="This is the deviation; an even law of reach a has the variance a^2 / 3.",
    zh="这是标准差；范围 a 的均匀分布方差是 a²/3。",
)
def deviation(inputs, outputs):
    return math.sqrt(2 / (inputs + outputs))


@xavier_reach.mistake(en="This is a^2: the root is missing.", zh="这是 a²：没有开平方。")
def squared(inputs, outputs):
    return 6 / (inputs + outputs)


@xavier_reach.mistake(en="Only the inputs were counted.", zh="只算了输入。")
def inputs_only(inputs, outputs):
    return math.sqrt(3 / inputs)


@xavier_reach.mistake(
    en="The variance of an even law of width 2a is a^2 / 3, not a^2 / 12.",
    zh="宽为 2a 的均匀分布方差是 a²/3，不是 a²/12。",
)
def twelve(inputs, outputs):
    return math.sqrt(24 / (inputs + outputs))


@exercise(
    "initialization",
    zh="leaky ReLU 的增益",
    en="The gain of a leaky ReLU",
    arguments=lambda d: (d.number(0.0, 0.9), d.size(1, 500)),
)
def leaky_deviation(slope: float, inputs: int) -> float:
    """Return the deviation of weights that keeps the mean square of a signal through linear layer and leaky ReLU.

    权重的标准差取多大，才能让信号经过线性层和 leaky ReLU 之后均方不变？

    Args:
        slope: of the left side; 0 is ReLU. 负侧斜率，0 就是 ReLU。
        inputs: of the layer.

    >>> leaky_deviation(0.0, 8)
    0.5
    """
    raise NotImplementedError


@leaky_deviation.mistake(
    en="The slope is not used: the left side lets a part through.", zh="没有用到斜率：负侧也漏过去一部分。"
)
def as_relu(slope, inputs):
    return math.sqrt(2 / inputs)


@leaky_deviation.mistake(en="The slope is not squared: mean squares count.", zh="斜率没有平方：算的是均方。")
def slope_not_squared(slope, inputs):
    return math.sqrt(2 / ((1 + slope) * inputs))


@leaky_deviation.mistake(en="This is the variance.", zh="这是方差。")
def variance(slope, inputs):
    return 2 / ((1 + slope**2) * inputs)


@leaky_deviation.mistake(
    en="The factor 2 is missing: a half of the signal is on the left.", zh="漏了因子 2：有一半信号在负侧。"
)
def without_two(slope, inputs):
    return math.sqrt(1 / ((1 + slope**2) * inputs))


@exercise(
    "initialization",
    zh="卷积的扇入扇出",
    en="Fans of a convolution",
    arguments=lambda d: (d.size(1, 64), d.size(1, 64), d.size(1, 7)),
)
def fans(channels: int, maps: int, kernel: int) -> tuple[int, int]:
    """Return how many inputs one output of a convolution sums, and how many outputs one input feeds.

    卷积的一个输出由多少个输入求和？一个输入又影响多少个输出？

    Args:
        channels: of the input.
        maps: of the output.
        kernel: its side.

    >>> fans(3, 16, 5)
    (75, 400)
    """
    raise NotImplementedError


@fans.mistake(en="The kernel's area is missing.", zh="漏了核的面积。")
def no_area(channels, maps, kernel):
    return channels, maps


@fans.mistake(en="The kernel's side is not squared.", zh="核的边长没有平方。")
def side_only(channels, maps, kernel):
    return channels * kernel, maps * kernel


@fans.mistake(en="Both are exchanged.", zh="两者弄反了。")
def exchanged(channels, maps, kernel):
    return maps * kernel**2, channels * kernel**2


@fans.mistake(en="All weights of the layer were counted.", zh="数成了整层的权重。")
def all_weights(channels, maps, kernel):
    return channels * maps * kernel**2, channels * maps * kernel**2


# symmetry


@exercise(
    "symmetry",
    zh="交换隐藏单元",
    en="Let units change places",
    arguments=lambda d: (d.normal(h := d.size(3, 6), 2), d.normal(h), d.normal(3, h), d.uniform(h).argsort()),
)
def permuted(w1: Tensor, b1: Tensor, w2: Tensor, order: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Put the hidden units into another order without changing what the net computes.

    把隐藏单元换一个次序，网络算的函数不变。

    Args:
        w1: (h, d).
        b1: (h,).
        w2: (o, h).
        order: (h,); unit order[i] goes to place i. 第 i 个位置放 order[i] 号单元。

    >>> permuted(torch.tensor([[1.0], [2.0]]), torch.tensor([3.0, 4.0]), torch.tensor([[5.0, 6.0]]), torch.tensor([1, 0]))
    (tensor([[2.],
            [1.]]), tensor([4., 3.]), tensor([[6., 5.]]))
    """
    raise NotImplementedError


@permuted.mistake(
    en="The second layer was left alone: its columns belong to the units.", zh="第二层没有动：它的列属于各个单元。"
)
def second_left(w1, b1, w2, order):
    return w1[order], b1[order], w2


@permuted.mistake(en="The biases were left alone.", zh="偏置没有动。")
def biases_left(w1, b1, w2, order):
    return w1[order], b1, w2[:, order]


@permuted.mistake(en="The order was turned around.", zh="次序用反了。")
def inverse(w1, b1, w2, order):
    o = order.argsort()
    return w1[o], b1[o], w2[:, o]


@permuted.mistake(en="Only the second layer moved.", zh="只动了第二层。")
def only_second(w1, b1, w2, order):
    return w1, b1, w2[:, order]


@exercise(
    "symmetry",
    zh="有多少个孪生兄弟",
    en="How many twins",
    arguments=lambda d: ([d.size(1, 6) for _ in range(d.size(1, 3))], d.flip()),
)
def twins(hidden: list[int], odd: bool) -> int:
    """Count the sets of weights that compute the same by exchanging units within hidden layers; with an odd activation
    (tanh) each unit's signs may be turned too.

    只靠交换隐藏单元，有多少组权重算同一个函数？激活函数是奇函数（如 tanh）时，每个单元的符号也可以翻转。

    Args:
        hidden: widths of the hidden layers. 各隐藏层的宽度。
        odd: whether the activation is odd.

    >>> twins([3], False), twins([2], True)
    (6, 8)
    """
    raise NotImplementedError


@twins.mistake(
    en="Layers were added: their orders are chosen independently, so they multiply.",
    zh="把各层相加了：各层独立地选次序，应当相乘。",
)
def added(hidden, odd):
    return sum(math.factorial(h) * (2**h if odd else 1) for h in hidden)


@twins.mistake(en="`odd` is ignored: signs may be turned too.", zh="没有理会 odd：符号也可以翻转。")
def no_signs(hidden, odd):
    return math.prod(math.factorial(h) for h in hidden)


@twins.mistake(
    en="One sign for each layer was turned: each unit has its own.", zh="每层只翻了一次符号：每个单元都可以各自翻。"
)
def a_sign_a_layer(hidden, odd):
    return math.prod(math.factorial(h) * (2 if odd else 1) for h in hidden)


@twins.mistake(
    en="Units of different layers were exchanged: they stay within their layer.",
    zh="不同层的单元也换了：只能在同一层里换。",
)
def across_layers(hidden, odd):
    return math.factorial(sum(hidden)) * (2 ** sum(hidden) if odd else 1)


@exercise(
    "symmetry",
    zh="有多少种不同的单元",
    en="How many different units",
    arguments=lambda d: (
        d.integers(0, d.size(1, 3), d.size(3, 8), d.size(1, 3)).float(),
        d.integers(0, 1, 1, 1).float() + 1,
    ),
)
def distinct_units(w1: Tensor, scale: Tensor) -> int:
    """Count the hidden units that differ in their incoming weights; `scale` multiplies all weights and matters not.

    进来的权重不同的隐藏单元有几种？scale 同乘所有权重，不影响答案。

    Args:
        w1: (h, d).
        scale: (1, 1), not 0.

    >>> distinct_units(torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), torch.ones(1, 1))
    2
    """
    raise NotImplementedError


@distinct_units.mistake(en="These are all units, equal ones too.", zh="这是全部单元，相同的也算了。")
def all_units(w1, scale):
    return len(w1)


@distinct_units.mistake(en="Different numbers were counted, not different rows.", zh="数的是不同的数，不是不同的行。")
def different_numbers(w1, scale):
    return len(w1.unique())


@distinct_units.mistake(en="Columns were compared: a unit is a row.", zh="比较的是列：一行才是一个单元。")
def columns(w1, scale):
    return len(w1.unique(dim=1).T)


@distinct_units.mistake(en="Units were compared by the sum of their weights.", zh="只比较了权重之和。")
def sums(w1, scale):
    return len(w1.sum(1).unique())


# nan-and-inf


@exercise(
    "nan-and-inf",
    zh="第一个坏掉的地方",
    en="The first that broke",
    arguments=lambda d: (
        [
            torch.full((2,), v)
            for v in (1.0, *(d.choice((1.0, 2.0, 1.0, float("inf"), float("nan"))) for _ in range(d.size(2, 7))))
        ],
    ),
)
def first_broken(outputs: list[Tensor]) -> int:
    """Return the number of the first layer whose output holds inf or nan, or -1.

    第一个输出里有 inf 或 nan 的层的编号；都没有则返回 −1。

    Args:
        outputs: of the layers in their order.

    >>> first_broken([torch.ones(1), torch.tensor([float("inf")]), torch.tensor([float("nan")])])
    1
    """
    raise NotImplementedError


def _first(outputs, broken):
    return next((i for i, o in enumerate(outputs) if broken(o)), -1)


@first_broken.mistake(en="Only nan was looked for: inf comes first.", zh="只找了 nan：inf 往往先出现。")
def only_nan(outputs):
    return _first(outputs, lambda o: bool(o.isnan().any()))


@first_broken.mistake(en="Only inf was looked for.", zh="只找了 inf。")
def only_inf(outputs):
    return _first(outputs, lambda o: bool(o.isinf().any()))


@first_broken.mistake(
    en="The last broken layer came back: the cause lies before.", zh="给的是最后一个坏的层：原因在前面。"
)
def the_last(outputs):
    return max((i for i, o in enumerate(outputs) if not o.isfinite().all()), default=-1)


@first_broken.mistake(en="It counts from 1.", zh="从 1 开始数了。")
def from_one(outputs):
    found = _first(outputs, lambda o: not o.isfinite().all())
    return found + 1 if found >= 0 else -1


@exercise(
    "nan-and-inf",
    zh="安全的平方根",
    en="A root with a safe slope",
    arguments=lambda d: (torch.cat([torch.zeros(1), d.uniform(d.size(2, 5)) * d.choice((1, 5))]),),
    measure=lambda candidate, x: torch.autograd.grad(candidate(x.requires_grad_()).sum(), x)[0],
)
def safe_root(x: Tensor) -> Tensor:
    """Return the root of x where x is above 0, and 0 elsewhere, so that the slope is finite everywhere (0 at 0); the slope is checked.

    x 大于 0 处给平方根，否则给 0，而且处处梯度有限（0 处为 0）；检查的是梯度。

    Args:
        x: (n,), 0 or more.

    >>> safe_root(torch.tensor([0.0, 4.0])).tolist()
    [0.0, 2.0]
    """
    raise NotImplementedError


@safe_root.mistake(
    en="The slope at 0 is nan: where computes the branch that it does not take as well. Make its input safe first.",
    zh="0 处的梯度是 nan：torch.where 没选中的分支也会求导。先把它的输入换成安全的数。",
)
def where_behind(x):
    return torch.where(x > 0, x.sqrt(), 0.0)


@safe_root.mistake(en="The slope at 0 is inf.", zh="0 处的梯度是 inf。")
def plain_root(x):
    return x.sqrt()


@safe_root.mistake(
    en="A small number was added: slopes are off, and large at 0.", zh="加了一个小数：梯度偏了，0 处还很大。"
)
def small_number(x):
    return (x + 1e-4).sqrt()


@safe_root.mistake(
    en="The input was cut off at 1: smaller numbers have lost their slope.", zh="把输入截到了 1：更小的数没有梯度了。"
)
def cut_at_one(x):
    return x.clamp_min(1.0).sqrt()


@safe_root.mistake(en="The result is a constant: no slope comes back.", zh="结果与输入断开了：没有梯度。")
def hard_coded(x):
    return (x * 0).sum() + torch.full_like(x, 2.0)


@exercise(
    "nan-and-inf",
    zh="半精度里会变成什么",
    en="What half precision makes of it",
    arguments=lambda d: (10 ** d.number(-9, 6) * d.choice((1, -1)),),
)
def half_kind(x: float) -> str:
    """Say what becomes of a number in float16: "inf" beyond 65504, "zero" below half of 2^-24, "subnormal" below 2^-14, else "normal".

    一个数放进 float16：超过 65504 是 "inf"，小于 2^-24 的一半是 "zero"，小于 2^-14 是 "subnormal"，否则 "normal"。

    Args:
        x: any number; its size counts. 看绝对值。

    >>> half_kind(1e5), half_kind(-1e-9), half_kind(1e-6), half_kind(1.0)
    ('inf', 'zero', 'subnormal', 'normal')
    """
    raise NotImplementedError


def _kind(x, largest=65504, least=2.0**-25, tiny=2.0**-14):
    return "inf" if x > largest else "zero" if x < least else "subnormal" if x < tiny else "normal"


@half_kind.mistake(
    en="The sign was not taken off: negative numbers have a size too.", zh="没有取绝对值：负数也有大小。"
)
def signed(x):
    return _kind(x)


@half_kind.mistake(
    en="Subnormal numbers were said to be zero: they give up digits one by one.",
    zh="把次正规数当成了零：它们只是逐渐失去精度。",
)
def no_subnormals(x):
    return _kind(abs(x), least=2.0**-14)


@half_kind.mistake(
    en="The limit of bfloat16 or float32 was taken: float16 ends at 65504.",
    zh="用了别的格式的上限：float16 只到 65504。",
)
def wide_range(x):
    return _kind(abs(x), largest=3e38)


@half_kind.mistake(
    en="Nothing is zero here: below half of the smallest number it rounds to 0.",
    zh="没有哪个数变成零：小于最小数的一半就会舍入成 0。",
)
def never_zero(x):
    return _kind(abs(x), least=0.0)
