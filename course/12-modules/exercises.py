"""Exercises of chapter 12: modules, parameters, layers of one's own, files."""

import torch
from torch import Tensor, nn

from d2lab.exercises import Draw, exercise


def sizes(d: Draw):
    return d.size(2, 5), d.size(2, 5), d.size(2, 4), d.size(0, 99)


def maybe_frozen(d: Draw):
    (net,) = nested(d)
    if d.flip():
        net[0].requires_grad_(False)
    return (net,)


def through_rounding(candidate, x, slope):
    x = x.clone().requires_grad_()
    return [candidate(x).detach(), torch.autograd.grad(candidate(x), x, slope)[0]]


def net_and_input(draw: Draw):
    torch.manual_seed(draw.size(0, 9999))
    d, h = draw.size(2, 5), draw.size(2, 6)
    return nn.Sequential(nn.Linear(d, h), nn.ReLU(), nn.Linear(h, 2)), draw.normal(draw.size(2, 5), d)


def nested(draw: Draw):
    inside = nn.Sequential(nn.Linear(draw.size(1, 4), draw.size(1, 4)), nn.ReLU())
    return (nn.Sequential(inside, nn.Linear(draw.size(1, 4), draw.size(1, 4), bias=draw.flip())),)


# modules


@exercise(
    "modules",
    zh="数可训练的参数",
    en="Count what learns",
    arguments=maybe_frozen,
)
def trainable(net: nn.Module) -> int:
    """Count the numbers in a net that training may change.

    数一个网络里训练可以改动的数。

    Args:
        net: any module; some parameters may be frozen. 有些参数可能冻结了。

    >>> trainable(nn.Linear(2, 3))
    9
    """
    raise NotImplementedError


@trainable.mistake(en="Frozen parameters were counted too.", zh="冻结的参数也数了。")
def frozen_too(net):
    return sum(p.numel() for p in net.parameters())


@trainable.mistake(en="Tensors were counted, not the numbers in them.", zh="数的是张量，不是里面的数。")
def tensors(net):
    return sum(1 for p in net.parameters() if p.requires_grad)


@trainable.mistake(
    en="Only the outermost module was looked at: a net is a tree.", zh="只看了最外面一层：网络是一棵树。"
)
def outermost(net):
    return sum(p.numel() for child in net.children() for p in child.parameters(recurse=False) if p.requires_grad)


@trainable.mistake(en="Biases were left out.", zh="漏了偏置。")
def weights_only(net):
    return sum(p.numel() for n, p in net.named_parameters() if p.requires_grad and n.endswith("weight"))


@exercise(
    "modules",
    zh="用钩子记下形状",
    en="Note shapes by hooks",
    arguments=net_and_input,
    measure=lambda candidate, net, x: candidate(net, x),
)
def output_shapes(net: nn.Module, x: Tensor) -> list[tuple[int, ...]]:
    """Return the shape of what each direct child of a net gives for an input, in order.

    输入一批数据，依次给出网络每个直接子模块的输出形状。

    Args:
        net: a sequence of modules.
        x: a batch.

    >>> output_shapes(nn.Sequential(nn.Linear(2, 3), nn.ReLU()), torch.ones(1, 2))
    [(1, 3), (1, 3)]
    """
    raise NotImplementedError


def _shapes(net, x):
    out = []
    for child in net:
        x = child(x)
        out.append(tuple(x.shape))
    return out


@output_shapes.mistake(en="Only the last shape came out.", zh="只给出了最后的形状。")
def last_only(net, x):
    return _shapes(net, x)[-1:]


@output_shapes.mistake(en="The input's shape stands first.", zh="开头多了输入的形状。")
def with_input(net, x):
    return [tuple(x.shape), *_shapes(net, x)]


@output_shapes.mistake(en="The axis of the batch is missing.", zh="漏了批的轴。")
def without_batch(net, x):
    return [s[1:] for s in _shapes(net, x)]


@output_shapes.mistake(
    en="These are the shapes of weights; outputs are asked for.", zh="这是权重的形状，要的是输出的。"
)
def of_weights(net, x):
    return [tuple(p.shape) for p in net.parameters()]


def _run_module(candidate, d, h, o, seed):
    torch.manual_seed(seed)
    net = candidate(d, h, o)
    torch.manual_seed(seed)
    for p in net.parameters():
        nn.init.normal_(p)
    out = net(torch.randn(3, d))
    return [out, sorted(tuple(p.shape) for p in net.parameters())]


@exercise("modules", zh="写一个模块", en="Write a module", arguments=sizes, measure=_run_module)
class TwoLayers(nn.Module):
    """A module of a linear layer, a ReLU and a linear layer, named first and second.

    写一个模块：线性层 first、ReLU、线性层 second。

    Args of its __init__: inputs, hidden, outputs. 构造参数依次是输入、隐藏、输出的宽度。

    >>> tuple(TwoLayers(2, 3, 4)(torch.ones(5, 2)).shape)
    (5, 4)
    """

    def __init__(self, inputs: int, hidden: int, outputs: int):
        raise NotImplementedError


@TwoLayers.mistake(en="The activation is missing.", zh="漏了激活函数。")
class NoReLU(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.first, self.second = nn.Linear(inputs, hidden), nn.Linear(hidden, outputs)

    def forward(self, x):
        return self.second(self.first(x))


@TwoLayers.mistake(
    en="The layers are in a plain list: nobody sees their parameters.", zh="层放在了普通的列表里：参数谁也看不见。"
)
class InAList(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.all = [nn.Linear(inputs, hidden), nn.Linear(hidden, outputs)]

    def forward(self, x):
        torch.manual_seed(0)
        return (x[:, :1] * 0).expand(len(x), self.all[1].out_features)


@TwoLayers.mistake(en="The output went through a ReLU too.", zh="输出也过了 ReLU。")
class ReLUAtTheEnd(NoReLU):
    def forward(self, x):
        return self.second(self.first(x).relu()).relu()


@TwoLayers.mistake(en="The second layer has no bias.", zh="第二层没有偏置。")
class NoBias(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.first, self.second = nn.Linear(inputs, hidden), nn.Linear(hidden, outputs, bias=False)

    def forward(self, x):
        return self.second(self.first(x).relu())


@TwoLayers.mistake(
    en="It gives zeros of the right shape whatever comes in: that is written in.",
    zh="不论输入什么都给出零：这是写死的。",
)
class HardCoded_hard_coded(NoReLU):
    def forward(self, x):
        return torch.zeros(len(x), self.second.out_features)


# parameters


@exercise(
    "parameters",
    zh="按名字找参数",
    en="Find parameters by name",
    arguments=lambda d: (*nested(d), d.choice(("weight", "bias", "0."))),
)
def names_with(net: nn.Module, part: str) -> list[str]:
    """List the names of the parameters that hold a text, in their order.

    列出名字里含有某段文字的参数，保持次序。

    Args:
        net: any module.
        part: the text.

    >>> names_with(nn.Sequential(nn.Linear(1, 1)), "bias")
    ['0.bias']
    """
    raise NotImplementedError


@names_with.mistake(
    en="Names that only end in the text were found: it may stand anywhere.", zh="只找了以它结尾的：它可以在任何位置。"
)
def only_at_the_end(net, part):
    return [n for n, _ in net.named_parameters() if n.endswith(part)]


@names_with.mistake(en="All names came back.", zh="返回了所有名字。")
def all_names(net, part):
    return [n for n, _ in net.named_parameters()]


@names_with.mistake(en="Modules were listed, not parameters.", zh="列的是模块，不是参数。")
def modules(net, part):
    return [n for n, _ in net.named_modules() if part in n]


@names_with.mistake(en="The way to the parameter is missing from its name.", zh="名字里少了路径。")
def short_names(net, part):
    return [n.split(".")[-1] for n, _ in net.named_parameters() if part in n]


@exercise(
    "parameters",
    zh="共享权重的梯度",
    en="The slope of a shared weight",
    arguments=lambda d: (d.normal(n := d.size(2, 4), n).double(), d.normal(n).double()),
    tolerance=1e-5,
)
def tied_slope(w: Tensor, x: Tensor) -> Tensor:
    """Return the slope of sum(w @ (w @ x)) by w, which is used twice; without autograd.

    w 用了两次：求 sum(w @ (w @ x)) 对 w 的梯度，不用自动求导。

    Args:
        w: (n, n).
        x: (n,).

    >>> tied_slope(torch.tensor([[2.0]]), torch.tensor([3.0]))
    tensor([[12.]])
    """
    raise NotImplementedError


@tied_slope.mistake(en="Only the outer use was counted.", zh="只算了外面那一次。")
def outer_only(w, x):
    return torch.outer(torch.ones_like(x), w @ x)


@tied_slope.mistake(en="Only the inner use was counted.", zh="只算了里面那一次。")
def inner_only(w, x):
    return torch.outer(w.T @ torch.ones_like(x), x)


@tied_slope.mistake(
    en="The outer use was doubled: both uses have slopes of their own.", zh="把外面的乘了 2：两次使用的斜率不一样。"
)
def doubled(w, x):
    return 2 * torch.outer(torch.ones_like(x), w @ x)


@tied_slope.mistake(en="w stands untransposed on the way back.", zh="往回走时 w 没有转置。")
def untransposed(w, x):
    return torch.outer(torch.ones_like(x), w @ x) + torch.outer(w @ torch.ones_like(x), x)


@exercise(
    "parameters",
    zh="分组的学习率",
    en="Groups for an optimizer",
    arguments=nested,
    measure=lambda candidate, net: [
        [sorted(tuple(p.shape) for p in group["params"]), group["weight_decay"]] for group in candidate(net)
    ],
)
def decay_groups(net: nn.Module) -> list[dict]:
    """Split the parameters in two groups: weights (more than one axis) with weight_decay 0.1, all others with 0.

    把参数分成两组：权重（多于一个轴）的 weight_decay 是 0.1，其余为 0；权重在前。

    Args:
        net: any module.

    Returns:
        Two dictionaries with params (a list) and weight_decay.

    >>> [(len(group["params"]), group["weight_decay"]) for group in decay_groups(nn.Linear(2, 2))]
    [(1, 0.1), (1, 0.0)]
    """
    raise NotImplementedError


def _groups(net, wide, first=0.1, second=0.0):
    ps = list(net.parameters())
    return [
        {"params": [p for p in ps if wide(p)], "weight_decay": first},
        {"params": [p for p in ps if not wide(p)], "weight_decay": second},
    ]


@decay_groups.mistake(en="Biases decay here, and weights do not.", zh="衰减用反了：衰减的是偏置。")
def reversed_decay(net):
    return _groups(net, lambda p: p.ndim > 1, 0.0, 0.1)


@decay_groups.mistake(en="Everything decays.", zh="所有参数都衰减了。")
def all_decay(net):
    return _groups(net, lambda p: p.ndim > 1, 0.1, 0.1)


@decay_groups.mistake(en="Biases come first; weights should.", zh="偏置排在了前面，应当权重在前。")
def biases_first(net):
    return _groups(net, lambda p: p.ndim > 1)[::-1]


@decay_groups.mistake(en="All parameters are in one group.", zh="所有参数都在一组。")
def one_group(net):
    return [{"params": list(net.parameters()), "weight_decay": 0.1}]


@decay_groups.mistake(
    en="Fixed shapes came back, not the net's own parameters.", zh="返回的形状是写死的，不是这个网络的参数。"
)
def hard_coded(net):
    return [{"params": [torch.zeros(1, 1)], "weight_decay": 0.1}, {"params": [torch.zeros(1)], "weight_decay": 0.0}]


# custom-layers


@exercise(
    "custom-layers",
    zh="减去均值的层",
    en="A layer that centers",
    arguments=lambda d: (d.normal(d.size(1, 4), d.size(2, 5)) + d.number(),),
)
def centered(x: Tensor) -> Tensor:
    """Subtract from every example the mean of its own features.

    每个样本减去自己各特征的平均值。

    Args:
        x: (n, d).

    >>> centered(torch.tensor([[1.0, 3.0], [0.0, 10.0]]))
    tensor([[-1.,  1.],
            [-5.,  5.]])
    """
    raise NotImplementedError


@centered.mistake(en="One mean of everything was subtracted.", zh="减去了全体的平均。")
def one_mean(x):
    return x - x.mean()


@centered.mistake(en="Each feature's mean over the examples was subtracted.", zh="减去的是每个特征对样本的平均。")
def of_features(x):
    return x - x.mean(0)


@centered.mistake(en="These are the means.", zh="这是平均值本身。")
def the_means(x):
    return x.mean(1, keepdim=True).expand_as(x)


@centered.mistake(en="The deviation was divided out too.", zh="还除以了标准差。")
def standardized(x):
    return (x - x.mean(1, keepdim=True)) / x.std(1, keepdim=True)


def _slope_through(candidate, x, slope):
    x = x.clone().requires_grad_()
    return [candidate.apply(x), torch.autograd.grad(candidate.apply(x), x, slope)[0]]


@exercise(
    "custom-layers",
    zh="自己的反向：平方",
    en="A backward of one's own",
    arguments=lambda d: (d.normal(n := d.size(2, 6)), d.normal(n)),
    measure=_slope_through,
)
class Square(torch.autograd.Function):
    """A Function whose forward gives x**2 and whose backward hands the slope on.

    写一个 Function：前向是 x 的平方，反向把斜率传下去。

    >>> Square.apply(torch.tensor([3.0]))
    tensor([9.])
    """

    @staticmethod
    def forward(ctx, x):
        raise NotImplementedError

    @staticmethod
    def backward(ctx, slope):
        raise NotImplementedError


def _function(back):
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        def backward(ctx, slope):
            return back(ctx.saved_tensors[0], slope)

    return Wrong


def _named(function, name):
    function.__name__ = name
    return function


Square.mistake(en="The slope from above is missing.", zh="漏了上面传来的斜率。")(
    _named(_function(lambda x, s: 2 * x), "own_slope_only")
)
Square.mistake(en="The 2 is missing.", zh="漏了 2。")(_named(_function(lambda x, s: x * s), "without_two"))
Square.mistake(en="x is missing: the slope of a square is 2x.", zh="漏了 x：平方的导数是 2x。")(
    _named(_function(lambda x, s: 2 * s), "without_x")
)
Square.mistake(en="The slope is handed on as it is.", zh="斜率原样传下去了。")(
    _named(_function(lambda x, s: s), "identity")
)
Square.mistake(en="No slope is handed on: it is written in as 0.", zh="没有传斜率：写死成了 0。")(
    _named(_function(lambda x, s: s * 0), "hard_coded")
)


@exercise(
    "custom-layers",
    zh="直通估计",
    en="Straight through",
    arguments=lambda d: (d.normal(n := d.size(2, 6), scale=2), d.normal(n)),
    measure=through_rounding,
)
def round_through(x: Tensor) -> Tensor:
    """Round forward, and let slopes through as if nothing had happened; detach is enough.

    前向取整，反向当作恒等；用 detach 就够了。

    Args:
        x: (n,).

    >>> round_through(torch.tensor([0.4, 1.6]))
    tensor([0., 2.])
    """
    raise NotImplementedError


@round_through.mistake(en="The slope is 0: rounding alone has none.", zh="梯度是 0：单纯取整没有斜率。")
def round_only(x):
    return x.round()


@round_through.mistake(en="Nothing is rounded.", zh="没有取整。")
def not_rounded(x):
    return x * 1.0


@round_through.mistake(
    en="The slope is doubled: one of the two parts must be detached.", zh="梯度翻倍了：有一份没有 detach。"
)
def doubled_slope(x):
    return x + (x.round().detach() - x.detach()) + (x - x.detach())


@round_through.mistake(en="It rounds down.", zh="是向下取整。")
def floors(x):
    return x + (x.floor() - x).detach()


@round_through.mistake(en="The answer is a constant with a slope: numbers are written in.", zh="数值是写死的。")
def hard_coded_zeros(x):
    return x - x.detach()


# files


@exercise(
    "files",
    zh="改名之后载入",
    en="Load under other names",
    arguments=lambda d: (
        {f"old.{n}": d.normal(d.size(1, 3)) for n in ("a", "b", "c")[: d.size(1, 3)]},
        "old.",
        d.choice(("new.", "")),
    ),
)
def renamed(state: dict[str, Tensor], old: str, new: str) -> dict[str, Tensor]:
    """Replace the beginning of every name in a state; names without it stay.

    把状态里每个名字开头的 old 换成 new；不以它开头的不变。

    Args:
        state: tensors by name; leave it as it is. 不要就地修改。
        old: the beginning.
        new: what takes its place.

    >>> renamed({"net.weight": 1, "other": 2}, "net.", "")
    {'weight': 1, 'other': 2}
    """
    raise NotImplementedError


@renamed.mistake(
    en="Names without the beginning were dropped, or the order was lost: nothing was renamed.", zh="没有改名。"
)
def not_renamed(state, old, new):
    return dict(state)


@renamed.mistake(en="The old beginning is still there.", zh="旧的开头还在。")
def prefixed(state, old, new):
    return {new + name + "x": v for name, v in state.items()}


@renamed.mistake(en="Only the names came back; the tensors are lost.", zh="只返回了名字，张量丢了。")
def names_only(state, old, new):
    return [name.replace(old, new, 1) for name in state]


@renamed.mistake(
    en="The values were copied into one: every name has the last tensor.", zh="所有名字都指向了最后一个张量。"
)
def last_value(state, old, new):
    last = list(state.values())[-1]
    return {name.replace(old, new, 1): last + 1 for name in state}


@exercise(
    "files",
    zh="缺了什么，多了什么",
    en="What is missing, what is too much",
    arguments=lambda d: (["a", "b", "c", "d"][: d.size(1, 4)], ["b", "c", "e", "f"][d.size(0, 2) : d.size(2, 4)]),
)
def compared(expected: list[str], found: list[str]) -> tuple[list[str], list[str]]:
    """Compare the names that a net expects with those of a file: missing ones and unexpected ones, each sorted.

    比较网络要的名字和文件里的名字：缺的和多的，各自排序。

    Args:
        expected: by the net.
        found: in the file.

    >>> compared(["a", "b"], ["b", "c"])
    (['a'], ['c'])
    """
    raise NotImplementedError


@compared.mistake(en="Both lists are exchanged.", zh="两个列表弄反了。")
def exchanged(expected, found):
    return sorted(set(found) - set(expected)), sorted(set(expected) - set(found))


@compared.mistake(en="Unexpected names are not reported.", zh="没有报告多出来的。")
def missing_only(expected, found):
    return sorted(set(expected) - set(found)), []


@compared.mistake(en="Missing names are not reported.", zh="没有报告缺少的。")
def unexpected_only(expected, found):
    return [], sorted(set(found) - set(expected))


@compared.mistake(en="What both share was listed.", zh="列出的是两边都有的。")
def shared(expected, found):
    return sorted(set(expected) & set(found)), sorted(set(expected) & set(found))


@exercise(
    "files",
    zh="平均几份检查点",
    en="Average checkpoints",
    arguments=lambda d: ([{"w": d.normal(2, 2), "b": d.normal(3)} for _ in range(d.size(2, 4))],),
)
def averaged(states: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Average several saved states, name by name.

    把几份保存的权重按名字取平均。

    Args:
        states: with the same names and shapes.

    >>> averaged([{"w": torch.tensor([1.0])}, {"w": torch.tensor([3.0])}])
    {'w': tensor([2.])}
    """
    raise NotImplementedError


@averaged.mistake(en="They were added up and not divided.", zh="只相加了，没有除。")
def summed(states):
    return {k: sum(s[k] for s in states) for k in states[0]}


@averaged.mistake(en="Only the last two were averaged.", zh="只平均了最后两份。")
def last_two(states):
    return {k: states[-1][k] / 2 + states[-2][k] / 2 + 0 * len(states) for k in states[0]} | (
        {"w": states[-1]["w"]} if len(states) == 2 else {}
    )


@averaged.mistake(en="The last one came back.", zh="返回了最后一份。")
def last_one(states):
    return dict(states[-1])


@averaged.mistake(
    en="Each tensor became one number: the mean runs over the states, not over entries.",
    zh="每个张量变成了一个数：应当对各份取平均，不是对元素。",
)
def to_numbers(states):
    return {k: torch.stack([s[k] for s in states]).mean() for k in states[0]}
