"""Exercises of chapter 4: the perceptron, XOR, multilayer perceptrons, activations, depth, powers of two."""

import math

import torch
from torch import Tensor

from d2lab.exercises import Draw, exercise


def cloud(draw: Draw):
    """Points, labels -1 and 1, weights and bias."""
    n = draw.size(4, 9)
    return draw.normal(n, 2), draw.integers(0, 1, n) * 2 - 1, draw.normal(2), draw.number(-1, 1)


def points_and_border(draw: Draw):
    inputs, _, weights, bias = cloud(draw)
    return inputs, weights, bias


def one_of_cloud(draw: Draw):
    inputs, labels, weights, bias = cloud(draw)
    return inputs[0], int(labels[0]), weights, bias


def widths_of(draw: Draw):
    return ([draw.size(1, 12) for _ in range(draw.size(2, 5))],)


# perceptron


@exercise(
    "perceptron",
    zh="感知机的回答",
    en="What a perceptron answers",
    arguments=points_and_border,
)
def perceptron_answers(inputs: Tensor, weights: Tensor, bias: float) -> Tensor:
    """Answer 1 where the weighted sum plus bias is above 0, and -1 elsewhere.

    加权和加偏置大于 0 回答 1，否则回答 -1。

    Args:
        inputs: (n, d).
        weights: (d,).
        bias: a number.

    Returns:
        (n,) of 1 and -1; exactly 0 gives -1. 恰好为 0 时是 -1。

    >>> perceptron_answers(torch.tensor([[1.0], [-1.0]]), torch.tensor([2.0]), 0.0).tolist()
    [1, -1]
    """
    raise NotImplementedError


@perceptron_answers.mistake(
    en="The answers are 1 and 0; this perceptron says 1 and -1.", zh="回答成了 1 和 0；这里的感知机说的是 1 和 -1。"
)
def ones_and_zeros(inputs, weights, bias):
    return (inputs @ weights + bias > 0).int()


@perceptron_answers.mistake(
    en="The bias is missing: without it the border always goes through the origin.",
    zh="漏了偏置：没有它，分界线总要经过原点。",
)
def through_origin(inputs, weights, bias):
    return (inputs @ weights > 0).int() * 2 - 1


@perceptron_answers.mistake(
    en="This is the sum itself; only the side that it falls on is asked for.",
    zh="这是加权和本身；只需要回答它落在哪一侧。",
)
def the_sum(inputs, weights, bias):
    return inputs @ weights + bias


@perceptron_answers.mistake(en="The sides are exchanged.", zh="两侧说反了。")
def exchanged(inputs, weights, bias):
    return (inputs @ weights + bias <= 0).int() * 2 - 1


@exercise("perceptron", zh="感知机的一步", en="One step of the perceptron", arguments=one_of_cloud)
def perceptron_step(x: Tensor, label: int, weights: Tensor, bias: float) -> tuple[Tensor, float]:
    """Return weights and bias after seeing one example: a perceptron only moves when it was wrong.

    看过一个样本之后的权重与偏置：只有答错时才移动。

    Args:
        x: (d,).
        label: 1 or -1.
        weights: (d,).
        bias: a number.

    Returns:
        The weights, (d,), and the bias. It was wrong where label times sum is not above 0.
        标签乘以加权和不大于 0，就是答错。

    >>> perceptron_step(torch.tensor([1.0, 2.0]), -1, torch.tensor([1.0, 1.0]), 0.0)
    (tensor([ 0., -1.]), -1.0)
    """
    raise NotImplementedError


def _is_wrong(x, label, weights, bias):
    return label * float(x @ weights + bias) <= 0


@perceptron_step.mistake(en="It moves after right answers too.", zh="答对了也在移动。")
def always_moves(x, label, weights, bias):
    return weights + label * x, bias + label


@perceptron_step.mistake(
    en="The label is missing from the step: a wrong -1 must push the other way.",
    zh="步子里少了标签：标签是 -1 时要往反方向推。",
)
def without_label(x, label, weights, bias):
    return (weights + x, bias + 1.0) if _is_wrong(x, label, weights, bias) else (weights, bias)


@perceptron_step.mistake(en="The bias does not move.", zh="偏置没有动。")
def bias_stays(x, label, weights, bias):
    return (weights + label * x, bias) if _is_wrong(x, label, weights, bias) else (weights, bias)


@perceptron_step.mistake(
    en="The step goes the wrong way: the sum should come nearer to the side of the label.",
    zh="走反了：加权和应当向标签那一侧靠近。",
)
def wrong_way(x, label, weights, bias):
    return (weights - label * x, bias - label) if _is_wrong(x, label, weights, bias) else (weights, bias)


@perceptron_step.mistake(
    en="It moves when it was right and rests when it was wrong.", zh="答对时移动，答错时反而不动。"
)
def when_right(x, label, weights, bias):
    return (weights, bias) if _is_wrong(x, label, weights, bias) else (weights + label * x, bias + label)


@exercise("perceptron", zh="点到分界线的距离", en="The margin", arguments=cloud)
def margin(inputs: Tensor, labels: Tensor, weights: Tensor, bias: float) -> float:
    """Return the smallest signed distance of the points from the border; negative if one lies on the wrong side.

    求各点到分界线的有符号距离中最小的一个；有点落在错误一侧时为负。

    Args:
        inputs: (n, d).
        labels: (n,) of 1 and -1.
        weights: (d,), of any length. 长度任意。
        bias: a number.

    >>> margin(torch.tensor([[3.0, 4.0]]), torch.tensor([1]), torch.tensor([6.0, 8.0]), 0.0)
    5.0
    """
    raise NotImplementedError


def _scores(inputs, labels, weights, bias):
    return labels * (inputs @ weights + bias)


@margin.mistake(
    en="The length of the weights is missing: twice the weights would give twice the distance.",
    zh="没有除以权重的长度：权重翻倍，距离就也翻倍了。",
)
def not_divided(inputs, labels, weights, bias):
    return float(_scores(inputs, labels, weights, bias).min())


@margin.mistake(
    en="The sign is lost: a point on the wrong side has a negative distance.",
    zh="丢了符号：落在错误一侧的点，距离是负的。",
)
def without_side(inputs, labels, weights, bias):
    return float((inputs @ weights + bias).abs().min() / weights.norm())


@margin.mistake(
    en="The labels are not used: what is right for 1 is wrong for -1.",
    zh="没有用到标签：对 1 是对的一侧，对 -1 就是错的。",
)
def without_labels(inputs, labels, weights, bias):
    return float((inputs @ weights + bias).min() / weights.norm())


@margin.mistake(en="This is the average; the smallest distance is asked for.", zh="这是平均距离，要的是最小的。")
def average(inputs, labels, weights, bias):
    return float(_scores(inputs, labels, weights, bias).mean() / weights.norm())


@margin.mistake(en="It was divided by the squared length of the weights.", zh="除以了权重长度的平方。")
def by_the_square(inputs, labels, weights, bias):
    return float(_scores(inputs, labels, weights, bias).min() / (weights @ weights))


# xor


@exercise(
    "xor",
    zh="用三个神经元做异或",
    en="XOR of three neurons",
    arguments=lambda d: (d.integers(0, 1, d.size(4, 9), 2).float(),),
)
def xor_net(inputs: Tensor) -> Tensor:
    """Compute XOR by two hidden neurons and one output; each is a weighted sum and a step, and nothing else.

    用两个隐藏神经元和一个输出神经元算异或；每个都是加权和再过阶跃函数。

    Args:
        inputs: (n, 2) of 0.0 and 1.0.

    Returns:
        (n,) of 0.0 and 1.0.

    >>> xor_net(torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])).tolist()
    [0.0, 1.0, 1.0, 0.0]
    """
    raise NotImplementedError


@xor_net.mistake(en="This is OR: both at once should give 0.", zh="这是“或”：两个都为 1 时应当是 0。")
def an_or(inputs):
    return (inputs.sum(1) > 0.5).float()


@xor_net.mistake(en="This is AND: one alone should give 1.", zh="这是“与”：只有一个为 1 时应当是 1。")
def an_and(inputs):
    return (inputs.sum(1) > 1.5).float()


@xor_net.mistake(en="This is NAND: two zeros should give 0.", zh="这是“与非”：两个都为 0 时应当是 0。")
def a_nand(inputs):
    return (inputs.sum(1) < 1.5).float()


@xor_net.mistake(en="This is the opposite, equality.", zh="正好反了，这是“相等”。")
def an_equality(inputs):
    return (inputs[:, 0] == inputs[:, 1]).float()


@exercise(
    "xor",
    zh="能不能用一条线分开",
    en="Can a line part them?",
    arguments=lambda d: (d.choice(((0, 1, 1, 0), (1, 0, 0, 1), (1, 1, 1, 1), tuple(d.integers(0, 1, 4).tolist()))),),
)
def line_can_part(table: tuple[int, int, int, int]) -> bool:
    """Say whether a single neuron can compute a function of two bits.

    一个神经元能不能算出两个比特的某个函数？

    Args:
        table: its values for (0, 0), (0, 1), (1, 0), (1, 1). 依次是这四个输入的函数值。

    >>> line_can_part((0, 1, 1, 1)), line_can_part((0, 1, 1, 0))
    (True, False)
    """
    raise NotImplementedError


@line_can_part.mistake(
    en="XOR is refused but its opposite is not: equality can't be parted by a line either.",
    zh="拒绝了异或，却放过了它的反面：“相等”也不能用一条线分开。",
)
def only_xor(table):
    return tuple(table) != (0, 1, 1, 0)


@line_can_part.mistake(en="Only the opposite of XOR is refused.", zh="只拒绝了异或的反面。")
def only_equality(table):
    return tuple(table) != (1, 0, 0, 1)


@line_can_part.mistake(
    en="Tables with two ones are refused: the function may simply be one of its inputs.",
    zh="有两个 1 的都拒绝了：函数也可能就等于其中一个输入。",
)
def two_ones(table):
    return sum(table) != 2


@line_can_part.mistake(en="It says yes exactly where no line exists.", zh="说反了：不能分开的地方说能。")
def the_opposite(table):
    return table[0] == table[3] and table[1] == table[2] and table[0] != table[1]


@line_can_part.mistake(
    en="Functions that never change are refused: a neuron with a bias alone can compute those.",
    zh="拒绝了常数函数：只靠偏置的神经元就能算。",
)
def no_constants(table):
    return 0 < sum(table) < 4 and tuple(table) not in ((0, 1, 1, 0), (1, 0, 0, 1))


@exercise(
    "xor",
    zh="新特征让异或变成线性",
    en="A feature that makes XOR linear",
    arguments=lambda d: (d.integers(0, 1, d.size(5, 9), 2) * 2.0 - 1,),
)
def xor_feature(inputs: Tensor) -> Tensor:
    """For inputs of 1 and -1, give one feature by whose sign alone XOR can be read: positive where they differ.

    输入取 1 和 -1 时，造一个特征，单看它的符号就知道异或：两者不同为正，相同为负，大小都是 1。

    Args:
        inputs: (n, 2).

    Returns:
        (n,) of 1.0 and -1.0.

    >>> xor_feature(torch.tensor([[1.0, 1.0], [1.0, -1.0]])).tolist()
    [-1.0, 1.0]
    """
    raise NotImplementedError


@xor_feature.mistake(
    en="It is positive where they agree: the sign is the wrong way round.", zh="相同时为正：符号反了。"
)
def agreeing(inputs):
    return inputs[:, 0] * inputs[:, 1]


@xor_feature.mistake(
    en="A sum is 0 for both kinds of difference, and no sign can be read off it.",
    zh="两者不同时，和都是 0，看不出符号。",
)
def a_sum(inputs):
    return inputs.sum(1)


@xor_feature.mistake(en="The difference has both signs where they differ.", zh="两者不同时，差有正有负。")
def a_difference(inputs):
    return inputs[:, 0] - inputs[:, 1]


@xor_feature.mistake(
    en="It is 0 where they agree and 2 where they differ: -1 and 1 are asked for.",
    zh="相同时为 0，不同时为 2：要的是 -1 和 1。",
)
def a_distance(inputs):
    return (inputs[:, 0] - inputs[:, 1]).abs()


# mlp


def net_of_two(draw: Draw):
    n, d, h, o = draw.size(2, 5), draw.size(2, 4), draw.size(2, 6), draw.size(1, 3)
    return draw.normal(n, d), draw.normal(h, d), draw.normal(h), draw.normal(o, h), draw.normal(o)


@exercise("mlp", zh="两层的前向计算", en="Forward through two layers", arguments=net_of_two)
def mlp_forward(inputs: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    """Return the output of a perceptron with one hidden layer of ReLUs; weights lie as in nn.Linear.

    单隐藏层（ReLU）感知机的输出；权重的摆法和 nn.Linear 一样。

    Args:
        inputs: (n, d).
        w1: (h, d).
        b1: (h,).
        w2: (o, h).
        b2: (o,).

    Returns:
        (n, o).

    >>> one = torch.ones(1, 1)
    >>> mlp_forward(-one, one, torch.tensor([3.0]), one, torch.tensor([0.5]))
    tensor([[2.5000]])
    """
    raise NotImplementedError


@mlp_forward.mistake(
    en="There is no activation between the layers: two linear layers are one.",
    zh="两层之间没有激活函数：两个线性层等于一个。",
)
def linear_twice(inputs, w1, b1, w2, b2):
    return (inputs @ w1.T + b1) @ w2.T + b2


@mlp_forward.mistake(
    en="The output went through a ReLU too: it can't be negative any more.", zh="输出也过了 ReLU：再也不会是负数。"
)
def relu_at_the_end(inputs, w1, b1, w2, b2):
    return ((inputs @ w1.T + b1).relu() @ w2.T + b2).relu()


@mlp_forward.mistake(en="A bias is missing, that of the hidden layer.", zh="漏了隐藏层的偏置。")
def hidden_bias_missing(inputs, w1, b1, w2, b2):
    return (inputs @ w1.T).relu() @ w2.T + b2


@mlp_forward.mistake(
    en="The bias was added behind the ReLU: it should shift the bend.", zh="偏置加在了 ReLU 之后：它应当移动拐点。"
)
def bias_behind_relu(inputs, w1, b1, w2, b2):
    return ((inputs @ w1.T).relu() + b1) @ w2.T + b2


@mlp_forward.mistake(en="The activation is a sigmoid here; ReLU is asked for.", zh="这里用的是 sigmoid，要的是 ReLU。")
def with_sigmoid(inputs, w1, b1, w2, b2):
    return (inputs @ w1.T + b1).sigmoid() @ w2.T + b2


@exercise("mlp", zh="数一数参数", en="Count the parameters", arguments=widths_of)
def count_parameters(widths: list[int]) -> int:
    """Count the weights and biases of a multilayer perceptron.

    数一个多层感知机的权重和偏置。

    Args:
        widths: of its layers from input to output: [784, 256, 10]. 从输入到输出各层的宽度。

    >>> count_parameters([2, 3, 1])
    13
    """
    raise NotImplementedError


@count_parameters.mistake(en="The biases are missing.", zh="漏了偏置。")
def weights_alone(widths):
    return sum(a * b for a, b in zip(widths, widths[1:]))


@count_parameters.mistake(
    en="The input got biases too: only layers that compute have them.", zh="给输入也算了偏置：只有做计算的层才有。"
)
def input_biases(widths):
    return sum(a * b for a, b in zip(widths, widths[1:])) + sum(widths)


@count_parameters.mistake(
    en="One bias a layer: every neuron has its own.", zh="每层只算了一个偏置：每个神经元都有自己的。"
)
def a_bias_a_layer(widths):
    return sum(a * b + 1 for a, b in zip(widths, widths[1:]))


@count_parameters.mistake(
    en="Biases were counted by the inputs of a layer, not by its outputs.", zh="按层的输入数了偏置，应当按输出数。"
)
def biases_of_inputs(widths):
    return sum(a * b + a for a, b in zip(widths, widths[1:]))


@count_parameters.mistake(
    en="These are the neurons; connections are counted, and biases.", zh="这数的是神经元；要数的是连接和偏置。"
)
def neurons(widths):
    return sum(widths)


@exercise(
    "mlp",
    zh="两个线性层合成一个",
    en="Two linear layers are one",
    arguments=lambda d: (
        d.normal(h := d.size(2, 5), d.size(2, 4)),
        d.normal(h),
        d.normal(o := d.size(1, 3), h),
        d.normal(o),
    ),
)
def merged(w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> tuple[Tensor, Tensor]:
    """Return the weight and bias of the one linear layer that does what two do, one after the other.

    两个相连的线性层等于一个：求它的权重和偏置。

    Args:
        w1: (h, d), the first layer. 第一层。
        b1: (h,).
        w2: (o, h), the second. 第二层。
        b2: (o,).

    Returns:
        (o, d) and (o,).

    >>> merged(torch.tensor([[2.0]]), torch.tensor([1.0]), torch.tensor([[3.0]]), torch.tensor([0.5]))
    (tensor([[6.]]), tensor([3.5000]))
    """
    raise NotImplementedError


@merged.mistake(en="The first bias goes through the second layer as well.", zh="第一层的偏置也要经过第二层。")
def bias_not_carried(w1, b1, w2, b2):
    return w2 @ w1, b2


@merged.mistake(
    en="The biases were added as they are: the first is multiplied by the second weight.",
    zh="偏置只是各取总和相加：第一个要先乘第二层的权重。",
)
def biases_added(w1, b1, w2, b2):
    return w2 @ w1, b1.sum() + b2


@merged.mistake(
    en="The order of the product is turned around and transposed: the second layer acts last, so it stands left.",
    zh="乘积的次序反了：第二层最后起作用，所以写在左边。",
)
def other_order(w1, b1, w2, b2):
    return (w2 @ w1).T, w2 @ b1 + b2


@merged.mistake(en="The second bias is missing.", zh="漏了第二层的偏置。")
def second_bias_missing(w1, b1, w2, b2):
    return w2 @ w1, w2 @ b1


# activations


@exercise(
    "activations",
    zh="四个激活函数的导数",
    en="Slopes of four activations",
    arguments=lambda d: (d.normal(d.size(3, 8), scale=2), d.choice(("relu", "sigmoid", "tanh", "leaky"))),
)
def slope_of(x: Tensor, name: str) -> Tensor:
    """Return the derivative of an activation at each x: relu, sigmoid, tanh, or leaky (0.01 below 0); without autograd.

    求激活函数在各点的导数：relu、sigmoid、tanh、leaky（负侧斜率 0.01）；不用自动求导。

    Args:
        x: (n,).
        name: of the activation.

    >>> slope_of(torch.tensor([-1.0, 2.0]), "relu"), slope_of(torch.zeros(1), "sigmoid")
    (tensor([0., 1.]), tensor([0.2500]))
    """
    raise NotImplementedError


def _slopes(x, name):
    s, t = x.sigmoid(), x.tanh()
    return {"relu": (x > 0).float(), "sigmoid": s * (1 - s), "tanh": 1 - t**2, "leaky": torch.where(x > 0, 1.0, 0.01)}[
        name
    ]


@slope_of.mistake(en="These are the functions themselves, not their derivatives.", zh="这是函数本身，不是导数。")
def values(x, name):
    return {"relu": x.relu(), "sigmoid": x.sigmoid(), "tanh": x.tanh(), "leaky": torch.nn.functional.leaky_relu(x)}[
        name
    ]


@slope_of.mistake(
    en="The slope of the sigmoid is off: s(1 - s) with s the value, not x.",
    zh="sigmoid 的导数不对：s(1 - s) 里的 s 是函数值，不是 x。",
)
def x_for_s(x, name):
    return x * (1 - x) if name == "sigmoid" else _slopes(x, name)


@slope_of.mistake(en="The slope of tanh is off: the square is missing.", zh="tanh 的导数不对：少了平方。")
def tanh_unsquared(x, name):
    return 1 - x.tanh() if name == "tanh" else _slopes(x, name)


@slope_of.mistake(en="leaky has slope 0 on the left: what does it leak?", zh="leaky 在左侧的斜率成了 0：那它漏了什么？")
def not_leaky(x, name):
    return (x > 0).float() if name == "leaky" else _slopes(x, name)


@slope_of.mistake(
    en="The slope of tanh was taken for that of the sigmoid: tanh is steeper, its slope at 0 is 1.",
    zh="tanh 用了 sigmoid 的导数：tanh 更陡，在 0 处斜率是 1。",
)
def tanh_as_sigmoid(x, name):
    return _slopes(x, "sigmoid" if name == "tanh" else name)


@exercise(
    "activations",
    zh="用 tanh 写 sigmoid",
    en="A sigmoid out of tanh",
    arguments=lambda d: (d.normal(d.size(2, 7), scale=3),),
)
def sigmoid_by_tanh(x: Tensor) -> Tensor:
    """Write the sigmoid by means of tanh.

    用 tanh 表示 sigmoid。

    Args:
        x: (n,).

    >>> sigmoid_by_tanh(torch.tensor([0.0]))
    tensor([0.5000])
    """
    raise NotImplementedError


@sigmoid_by_tanh.mistake(en="It is too steep: which scale of x does tanh need?", zh="太陡了：tanh 里的 x 要怎样缩放？")
def too_steep(x):
    return (x.tanh() + 1) / 2


@sigmoid_by_tanh.mistake(
    en="It goes from -1 to 1: a sigmoid lies between 0 and 1.", zh="取值在 -1 到 1：sigmoid 在 0 和 1 之间。"
)
def not_shifted(x):
    return (x / 2).tanh()


@sigmoid_by_tanh.mistake(
    en="It is four times too steep: x belongs halved into tanh, not doubled.",
    zh="陡了四倍：放进 tanh 的应当是 x 的一半，不是两倍。",
)
def doubled(x):
    return ((2 * x).tanh() + 1) / 2


@sigmoid_by_tanh.mistake(en="It goes from 0 to 2: halve it.", zh="取值在 0 到 2：还差一半。")
def not_halved(x):
    return (x / 2).tanh() + 1


@sigmoid_by_tanh.mistake(en="It falls where a sigmoid rises.", zh="sigmoid 是上升的，它却在下降。")
def falling(x):
    return (1 - (x / 2).tanh()) / 2


@exercise(
    "activations",
    zh="多少 ReLU 不再活动",
    en="How many ReLUs are dead",
    arguments=lambda d: (d.normal(d.size(3, 6), k := d.size(4, 9)) + 2 * d.normal(k) - 1,),
)
def dead_share(before: Tensor) -> float:
    """Return the share of units that are 0 behind the ReLU for every example of a batch.

    对一批的每个样本，ReLU 之后都为 0 的单元占多大比例？

    Args:
        before: (n, units), what goes into the ReLU. ReLU 之前的值。

    >>> dead_share(torch.tensor([[-1.0, 2.0], [-3.0, -1.0]]))
    0.5
    """
    raise NotImplementedError


@dead_share.mistake(
    en="These are all zeros: a unit counts only if it is 0 for every example.",
    zh="这是所有 0 的比例：对每个样本都为 0 的单元才算。",
)
def all_zeros(before):
    return float((before <= 0).float().mean())


@dead_share.mistake(
    en="Units count here that are 0 for any one example; every one is needed.",
    zh="只要有一个样本为 0 就算了进去；应当是每个样本都为 0。",
)
def any_example(before):
    return float((before <= 0).any(0).float().mean())


@dead_share.mistake(
    en="Examples are counted, not units: the batch is the first axis.", zh="数的是样本，不是单元：第一个轴是样本。"
)
def of_examples(before):
    return float((before <= 0).all(1).float().mean())


@dead_share.mistake(en="This is the share of living units.", zh="这是还在活动的单元的比例。")
def living(before):
    return float((before > 0).any(0).float().mean())


@dead_share.mistake(en="This is a number of units: divide by how many there are.", zh="这是个数：还要除以单元总数。")
def a_number(before):
    return float((before <= 0).all(0).sum())


# approximation


@exercise(
    "approximation",
    zh="ReLU 拼出折线",
    en="A broken line of ReLUs",
    arguments=lambda d: (d.uniform(k := d.size(3, 6)).cumsum(0) + torch.arange(k), d.normal(k)),
)
def relu_interpolation(places: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Find a net of ReLUs whose broken line goes through given points: f(x) = v0 + sum of s_i relu(x - p_i).

    求一组 ReLU，使折线 f(x) = v0 + Σ s_i relu(x − p_i) 经过给定的点。

    Args:
        places: (k,), rising. 递增。
        values: (k,) at the places; v0 is values[0].

    Returns:
        The bends p, (k - 1,), which are the places but for the last, and the changes of slope s, (k - 1,).
        拐点 p 是除最后一个之外的各点；s 是各拐点处斜率的变化。

    >>> relu_interpolation(torch.tensor([0.0, 1.0, 3.0]), torch.tensor([0.0, 1.0, 1.0]))
    (tensor([0., 1.]), tensor([ 1., -1.]))
    """
    raise NotImplementedError


def _line_slopes(places, values):
    return values.diff() / places.diff()


@relu_interpolation.mistake(
    en="These are the slopes of the pieces: each ReLU only adds the change of slope at its bend.",
    zh="这是各段的斜率：每个 ReLU 只带来拐点处斜率的变化。",
)
def slopes_themselves(places, values):
    return places[:-1], _line_slopes(places, values)


@relu_interpolation.mistake(
    en="The first slope is missing: before the first bend the line is flat.",
    zh="漏了第一段的斜率：第一个拐点之前是平的。",
)
def first_missing(places, values):
    s = _line_slopes(places, values)
    return places[:-1], torch.cat([torch.zeros(1), s.diff()])


@relu_interpolation.mistake(
    en="The widths of the pieces are not used: a slope is rise over run.",
    zh="没有用到各段的宽度：斜率是高度差除以宽度。",
)
def widths_forgotten(places, values):
    s = values.diff()
    return places[:-1], torch.cat([s[:1], s.diff()])


@relu_interpolation.mistake(
    en="The bends sit at the ends of the pieces: a ReLU starts where its piece begins.",
    zh="拐点放在了每段的末端：ReLU 从一段的起点开始。",
)
def bends_at_the_ends(places, values):
    s = _line_slopes(places, values)
    return places[1:], torch.cat([s[:1], s.diff()])


@relu_interpolation.mistake(en="The changes have the wrong sign.", zh="斜率变化的符号反了。")
def changes_reversed(places, values):
    s = _line_slopes(places, values)
    return places[:-1], torch.cat([s[:1], -s.diff()])


@exercise(
    "approximation", zh="折叠出来的段数", en="Pieces by folding", arguments=lambda d: (d.size(1, 9), d.size(1, 6))
)
def pieces(width: int, depth: int) -> int:
    """Count the linear pieces of a line folded by each layer: a layer makes `width` pieces out of each one.

    每一层把每一段折成 width 段，深度为 depth 时一共有多少段？

    Args:
        width: pieces that a layer makes of one. 一层把一段变成几段。
        depth: layers.

    >>> pieces(2, 3)
    8
    """
    raise NotImplementedError


@pieces.mistake(
    en="Layers were added up: each folds all pieces that are there already, so they multiply.",
    zh="把各层相加了：每一层会折叠已有的每一段，所以是相乘。",
)
def added(width, depth):
    return width * depth


@pieces.mistake(en="Base and exponent are exchanged.", zh="底数和指数写反了。")
def base_and_exponent(width, depth):
    return depth**width


@pieces.mistake(en="One layer too few was counted.", zh="少算了一层。")
def one_layer_less(width, depth):
    return width ** (depth - 1)


@pieces.mistake(
    en="The pieces of all depths were added; only those at the end are there.",
    zh="把各个深度的段数加在了一起；只有最后的才算。",
)
def all_depths(width, depth):
    return sum(width**k for k in range(1, depth + 1))


@exercise(
    "approximation",
    zh="同样参数，深还是宽",
    en="As many weights, deep or wide",
    arguments=lambda d: (d.size(1, 20), d.size(2, 6), d.size(10, 80)),
)
def width_for_budget(inputs: int, depth: int, hidden: int) -> int:
    """Return the largest width of `depth` equal hidden layers with no more parameters than one hidden layer of `hidden` units.

    一个宽 hidden 的隐藏层有多少参数？改成 depth 个等宽的隐藏层，参数不超过它，最宽能有多宽？

    Args:
        inputs: of the net, which has one output; every layer has biases. 输出为 1，各层都有偏置。
        depth: hidden layers.
        hidden: units of the single layer.

    >>> width_for_budget(1, 2, 8)
    3
    """
    raise NotImplementedError


def _budgeted(count, limit):
    width = 0
    while count(width + 1) <= limit:
        width += 1
    return width


@width_for_budget.mistake(en="The biases are missing on both sides.", zh="两边都漏了偏置。")
def no_biases(inputs, depth, hidden):
    return _budgeted(lambda w: inputs * w + (depth - 1) * w * w + w, inputs * hidden + hidden)


@width_for_budget.mistake(
    en="The net found is one unit too wide: it has more parameters than it may.", zh="宽了一个单元：参数超过了限额。"
)
def one_too_wide(inputs, depth, hidden):
    return _budgeted(lambda w: inputs * w + w + (depth - 1) * (w * w + w) + w + 1, inputs * hidden + 2 * hidden + 1) + 1


@width_for_budget.mistake(
    en="`depth` hidden layers have depth - 1 square matrices between them, not depth.",
    zh="depth 个隐藏层之间只有 depth - 1 个方阵。",
)
def a_matrix_too_many(inputs, depth, hidden):
    return _budgeted(lambda w: inputs * w + w + depth * (w * w + w) + w + 1, inputs * hidden + 2 * hidden + 1)


@width_for_budget.mistake(
    en="The units were shared out: parameters between layers grow with the square of the width.",
    zh="平分的是单元数：层与层之间的参数是按宽度的平方增长的。",
)
def units_shared(inputs, depth, hidden):
    return hidden // depth


# powers-of-two


@exercise("powers-of-two", zh="补到 2 的幂", en="Up to the next power of two", arguments=lambda d: (d.size(1, 3000),))
def next_power_of_two(n: int) -> int:
    """Return the smallest power of two that is not below n.

    不小于 n 的最小的 2 的幂。

    Args:
        n: 1 or more.

    >>> next_power_of_two(5), next_power_of_two(8), next_power_of_two(1)
    (8, 8, 1)
    """
    raise NotImplementedError


@next_power_of_two.mistake(en="It rounds down: the power lies below n.", zh="向下取了：结果比 n 小。")
def rounds_down(n):
    return 2 ** int(math.log2(n))


@next_power_of_two.mistake(en="It goes one power too far everywhere.", zh="处处多走了一个幂。")
def one_too_far(n):
    return 2 ** (math.ceil(math.log2(n)) + 1)


@next_power_of_two.mistake(en="This is twice n, which is no power of two.", zh="这是 n 的两倍，并不是 2 的幂。")
def twice(n):
    return 2 * n


@next_power_of_two.mistake(en="This is the exponent; the power is asked for.", zh="这是指数；要的是幂。")
def exponent(n):
    return math.ceil(math.log2(n))


@exercise(
    "powers-of-two",
    zh="补齐到倍数",
    en="Pad to a multiple",
    arguments=lambda d: (d.normal(d.size(1, 4), d.size(1, 9)), d.choice((2, 3, 4, 8))),
)
def pad_columns(x: Tensor, multiple: int) -> Tensor:
    """Append columns of zeros until the number of columns is a multiple; none where it is one already.

    在右边补零列，直到列数是 multiple 的倍数；已经是倍数就不补。

    Args:
        x: (n, d).
        multiple: 1 or more.

    >>> pad_columns(torch.ones(1, 3), 2)
    tensor([[1., 1., 1., 0.]])
    """
    raise NotImplementedError


def _appended(x, columns, value=0.0):
    return torch.cat([x, torch.full((len(x), columns), value)], 1)


@pad_columns.mistake(en="A whole multiple is appended where nothing is missing.", zh="已经是倍数时，又多补了一整份。")
def always_pads(x, multiple):
    return _appended(x, multiple - x.shape[1] % multiple)


@pad_columns.mistake(
    en="The remainder was appended, not what is missing to the next multiple.",
    zh="补的是余数，应当补到下一个倍数还差的数。",
)
def the_remainder(x, multiple):
    return _appended(x, x.shape[1] % multiple)


@pad_columns.mistake(en="The zeros stand on the left.", zh="零补在了左边。")
def on_the_left(x, multiple):
    missing = -x.shape[1] % multiple
    return torch.cat([torch.zeros(len(x), missing), x], 1)


@pad_columns.mistake(en="The columns were cut down to a multiple: data is lost.", zh="把列截短成了倍数：数据丢了。")
def cut(x, multiple):
    return x[:, : x.shape[1] // multiple * multiple]


@pad_columns.mistake(
    en="Ones were appended: what does a 0 add to a weighted sum, and what a 1?",
    zh="补的是 1：加权和里，0 不起作用，1 会起作用。",
)
def ones(x, multiple):
    return _appended(x, -x.shape[1] % multiple, 1.0)


@exercise(
    "powers-of-two",
    zh="补零白算了多少",
    en="The cost of padding",
    arguments=lambda d: (d.choice((d.size(1, 300), (tile := d.choice((8, 32, 64))) * d.size(1, 4))), tile),
)
def wasted_share(n: int, tile: int) -> float:
    """When work is done in whole tiles, give the share that is wasted on the incomplete last one.

    计算按整块进行时，最后不满的一块白算的部分，占全部计算的多大比例？

    Args:
        n: columns that are needed. 需要的列数。
        tile: columns of a tile. 一块的列数。

    >>> wasted_share(6, 8), wasted_share(16, 8)
    (0.25, 0.0)
    """
    raise NotImplementedError


@wasted_share.mistake(
    en="The waste was divided by what is needed, not by all that is computed.",
    zh="除以了需要的列数，应当除以全部计算的列数。",
)
def of_the_needed(n, tile):
    return (-n % tile) / n


@wasted_share.mistake(
    en="A whole tile counts as wasted where n is a multiple.", zh="n 正好是倍数时，把一整块也算成了浪费。"
)
def a_tile_too_many(n, tile):
    waste = tile - n % tile
    return waste / (n + waste)


@wasted_share.mistake(en="This is the useful share.", zh="这是有用的比例。")
def useful(n, tile):
    return n / (n + -n % tile)


@wasted_share.mistake(
    en="The waste was compared with one tile, not with all of them.", zh="只和一块相比，应当和所有块相比。"
)
def of_one_tile(n, tile):
    return (-n % tile) / tile


@wasted_share.mistake(en="This is a number of columns, not a share.", zh="这是列数，不是比例。")
def columns(n, tile):
    return float(-n % tile)
