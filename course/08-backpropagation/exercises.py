"""Exercises of chapter 8: backward passes by hand, graphs, memory."""

import torch
from torch import Tensor

from d2lab.exercises import Draw, exercise


def layer(draw: Draw):
    n, d, o = draw.size(2, 5), draw.size(2, 4), draw.size(2, 4)
    return draw.normal(n, d), draw.normal(o, d), draw.normal(n, o)


def graph(draw: Draw):
    n = draw.size(3, 7)
    return (n, [(i, j) for j in range(1, n) for i in range(j) if i == j - 1 or draw.flip()])


# forward-and-backward


@exercise("forward-and-backward", zh="线性层的反向", en="Backward through a linear layer", arguments=layer)
def linear_backward(x: Tensor, weight: Tensor, slope: Tensor) -> tuple[Tensor, Tensor]:
    """For y = x @ weight.T, hand the slope of the loss by y on to x and to weight.

    y = x @ weight.T，已知损失对 y 的斜率，求对 x 和 weight 的斜率。

    Args:
        x: (n, d).
        weight: (o, d).
        slope: (n, o), dL/dy.

    Returns:
        dL/dx, (n, d), and dL/dweight, (o, d).

    >>> linear_backward(torch.tensor([[2.0]]), torch.tensor([[3.0]]), torch.tensor([[1.0]]))
    (tensor([[3.]]), tensor([[2.]]))
    """
    raise NotImplementedError


@linear_backward.mistake(
    en="The slope of the weight is transposed: it has the shape of the weight.",
    zh="对 weight 的斜率转置了：它应当和 weight 同形。",
)
def weight_transposed(x, weight, slope):
    return slope @ weight, x.T @ slope


@linear_backward.mistake(
    en="The slope of the weight was averaged over the batch: examples add up.",
    zh="对 weight 的斜率取了平均：各样本应当相加。",
)
def averaged(x, weight, slope):
    return slope @ weight, slope.T @ x / len(x)


@linear_backward.mistake(en="dL/dx and dL/dweight are exchanged.", zh="两个结果的次序反了。")
def exchanged(x, weight, slope):
    return slope.T @ x, slope @ weight


@linear_backward.mistake(
    en="The slope from above is not used: this is only the layer's own.",
    zh="没有用到上面传来的斜率：这只是本层自己的。",
)
def own_slope(x, weight, slope):
    one = torch.ones_like(slope)
    return one @ weight, one.T @ x


@exercise(
    "forward-and-backward",
    zh="穿过 ReLU",
    en="Backward through a ReLU",
    arguments=lambda d: (d.normal(n := d.size(3, 8)), d.normal(n)),
)
def relu_backward(before: Tensor, slope: Tensor) -> Tensor:
    """Hand the slope behind a ReLU on to what went into it.

    把 ReLU 之后的斜率传给它的输入。

    Args:
        before: (n,), what went in. ReLU 的输入。
        slope: (n,), dL/d(output).

    >>> relu_backward(torch.tensor([-1.0, 2.0]), torch.tensor([5.0, 7.0]))
    tensor([0., 7.])
    """
    raise NotImplementedError


@relu_backward.mistake(
    en="The ReLU was applied to the slope: its sign is no matter, that of the input is.",
    zh="对斜率做了 ReLU：要看的是输入的符号，不是斜率的。",
)
def relu_of_slope(before, slope):
    return slope.relu()


@relu_backward.mistake(
    en="The input was multiplied in: a ReLU's own slope is 1 or 0.", zh="乘上了输入的值：ReLU 自己的斜率是 1 或 0。"
)
def times_input(before, slope):
    return slope * before.relu()


@relu_backward.mistake(en="The mask is the wrong way round.", zh="掩码反了。")
def reversed_mask(before, slope):
    return slope * (before <= 0)


@relu_backward.mistake(
    en="Everything passes: where the input was below 0 nothing should.", zh="全都放过去了：输入小于 0 的地方应当挡住。"
)
def all_pass(before, slope):
    return slope


@exercise(
    "forward-and-backward",
    zh="差商检查",
    en="Check by quotients",
    arguments=lambda d: (
        d.normal(d.size(1, 5)).double(),
        d.choice((lambda x: (x**2).sum(), lambda x: x.sin().sum() * x.sum(), lambda x: (x.exp()).mean())),
    ),
    tolerance=1e-5,
)
def numeric_gradient(x: Tensor, function) -> Tensor:
    """Find the gradient of a function by two-sided difference quotients; x is float64, take steps of 1e-6.

    用双侧差商求函数的梯度；x 是 float64，步长取 1e-6。

    Args:
        x: (n,).
        function: from a tensor like x to a number. 输入与 x 同形，输出一个数。

    >>> numeric_gradient(torch.tensor([3.0], dtype=torch.float64), lambda x: (x**2).sum()).round(decimals=4)
    tensor([6.], dtype=torch.float64)
    """
    raise NotImplementedError


def _quotients(x, function, divide=2e-6, one_sided=False, together=False):
    out = []
    for i in range(len(x)):
        step = torch.ones_like(x) * 1e-6 if together else torch.eye(len(x), dtype=x.dtype)[i] * 1e-6
        low = function(x) if one_sided else function(x - step)
        out.append((function(x + step) - low) / divide)
    return torch.stack(out)


@numeric_gradient.mistake(
    en="It is twice too large: between both ends lie two steps.", zh="大了一倍：两端之间隔着两个步长。"
)
def one_step_wide(x, function):
    return _quotients(x, function, 1e-6)


@numeric_gradient.mistake(
    en="It is half as large: with a step to one side only, divide by one step.",
    zh="小了一半：只往一侧走一步，就只除以一个步长。",
)
def one_sided_by_two(x, function):
    return _quotients(x, function, 2e-6, one_sided=True)


@numeric_gradient.mistake(
    en="All entries were moved at once: each has a slope of its own.", zh="所有元素一起动了：每个元素要各自的斜率。"
)
def all_at_once(x, function):
    return _quotients(x, function, together=True)


@numeric_gradient.mistake(en="The sign is reversed: ahead minus behind.", zh="符号反了：应当前面减后面。")
def behind_minus_ahead(x, function):
    return -_quotients(x, function)


# graphs-and-memory


@exercise("graphs-and-memory", zh="反向的次序", en="The order of the way back", arguments=graph)
def backward_order(nodes: int, edges: list[tuple[int, int]]) -> list[int]:
    """Order the nodes for the backward pass: each only after all that were made from it; of several that may come, the highest number first.

    排出反向的次序：一个节点要在由它算出的所有节点之后；同时可选时，编号大的在前。

    Args:
        nodes: numbered from 0; the last is the loss. 从 0 编号，最后一个是损失。
        edges: (from, to) pairs, from < to.

    >>> backward_order(3, [(0, 2), (0, 1), (1, 2)])
    [2, 1, 0]
    """
    raise NotImplementedError


@backward_order.mistake(en="This is the order of the forward pass.", zh="这是前向的次序。")
def forwards(nodes, edges):
    return list(range(nodes))


@backward_order.mistake(en="The loss is missing: it is where the way back begins.", zh="漏了损失：反向从它开始。")
def without_loss(nodes, edges):
    return list(range(nodes - 1))[::-1]


@backward_order.mistake(en="The inputs, from which all begins, are missing.", zh="漏了最前面的输入。")
def without_input(nodes, edges):
    return list(range(1, nodes))[::-1]


@backward_order.mistake(
    en="A node came twice, once for each use: it is visited once, when its slope is complete.",
    zh="用过两次的节点出现了两次：等斜率收齐，只访问一次。",
)
def once_for_each_use(nodes, edges):
    return [nodes - 1] + [a for a, _ in sorted(edges, reverse=True)]


@exercise(
    "graphs-and-memory",
    zh="训练要多少内存",
    en="What training takes",
    arguments=lambda d: (
        d.size(1, 10) * 1000,
        d.size(1, 9) * 100,
        d.size(1, 64),
        d.choice(("sgd", "momentum", "adam")),
    ),
)
def training_bytes(parameters: int, activations: int, batch: int, optimizer: str) -> int:
    """Count the bytes of float32 that training keeps: weights, gradients, the optimizer's states, activations of the batch.

    训练时 float32 要占多少字节：权重、梯度、优化器的状态、一批的激活。

    Args:
        parameters: numbers in the weights.
        activations: numbers kept for one example. 每个样本要留的数。
        batch: examples.
        optimizer: sgd (no state), momentum (one for each weight) or adam (two). 状态份数：0、1、2。

    >>> training_bytes(100, 10, 2, "adam")
    1680
    """
    raise NotImplementedError


STATES = {"sgd": 0, "momentum": 1, "adam": 2}


@training_bytes.mistake(en="These are numbers; a float32 has four bytes.", zh="这是个数；float32 每个占四个字节。")
def numbers(parameters, activations, batch, optimizer):
    return parameters * (2 + STATES[optimizer]) + activations * batch


@training_bytes.mistake(en="The gradients are missing.", zh="漏了梯度。")
def no_gradients(parameters, activations, batch, optimizer):
    return 4 * (parameters * (1 + STATES[optimizer]) + activations * batch)


@training_bytes.mistake(
    en="The activations of one example were counted; the batch has more.", zh="只算了一个样本的激活。"
)
def one_example(parameters, activations, batch, optimizer):
    return 4 * (parameters * (2 + STATES[optimizer]) + activations)


@training_bytes.mistake(en="The optimizer's states are missing.", zh="漏了优化器的状态。")
def no_states(parameters, activations, batch, optimizer):
    return 4 * (parameters * 2 + activations * batch)


@training_bytes.mistake(
    en="Weights were counted for each example: they are shared.", zh="每个样本都算了一遍权重：权重是共用的。"
)
def weights_each(parameters, activations, batch, optimizer):
    return 4 * (parameters * (2 + STATES[optimizer]) + activations) * batch


@exercise("graphs-and-memory", zh="检查点切几段最省", en="How many checkpoints", arguments=lambda d: (d.size(2, 200),))
def best_pieces(layers: int) -> int:
    """Cut a chain of layers into k pieces: k inputs are kept, and on the way back ceil(layers / k) more of one piece.
    Give the smallest k that needs least memory in all.

    把一串层切成 k 段：留 k 个输入，反向时再加一段里的 ceil(layers / k) 个。总数最少的最小的 k 是多少？

    Args:
        layers: 2 or more.

    >>> best_pieces(16)
    4
    """
    raise NotImplementedError


def _memory(layers, k):
    return k + -(-layers // k)


@best_pieces.mistake(
    en="The largest k of several equally good ones came back; the smallest is asked for.",
    zh="同样好的几个里取了最大的，要最小的。",
)
def the_largest(layers):
    return min(range(1, layers + 1), key=lambda k: (_memory(layers, k), -k))


@best_pieces.mistake(
    en="The root of the layers is a good guess, and not always best: pieces are whole.",
    zh="层数的平方根只是估计，不总是最好：段要是整数。",
)
def the_root(layers):
    return round(layers**0.5)


@best_pieces.mistake(
    en="This is the memory that is needed; the number of pieces is asked for.", zh="这是要占的内存，要的是段数。"
)
def the_memory(layers):
    return min(_memory(layers, k) for k in range(1, layers + 1))


@best_pieces.mistake(
    en="Only what is kept for one piece was made small: the inputs of the pieces cost too.",
    zh="只顾了一段里的内存：各段的输入也要留。",
)
def one_layer_each(layers):
    return layers
