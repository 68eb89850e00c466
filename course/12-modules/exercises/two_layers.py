import torch
from torch import nn

from d2lab.exercises import RandomInputs, exercise


def sizes(draw: RandomInputs):
    return draw.size(2, 5), draw.size(2, 5), draw.size(2, 4), draw.size(0, 99)


def _run_module(candidate, d, h, o, seed):
    torch.manual_seed(seed)
    model = candidate(d, h, o)
    torch.manual_seed(seed)
    for p in model.parameters():
        nn.init.normal_(p)
    out = model(torch.randn(3, d))
    return [out, sorted(tuple(p.shape) for p in model.parameters())]


@exercise("modules", order=3, zh="写一个模块", en="Write a module", arguments=sizes, measure=_run_module)
class TwoLayers(nn.Module):
    """A module of a linear layer, a ReLU and a linear layer, named first and second.

    写一个模块：线性层 first、ReLU、线性层 second。

    Args of its __init__: inputs, hidden, outputs. 构造参数依次是输入、隐藏、输出的宽度。

    >>> tuple(TwoLayers(2, 3, 4)(torch.ones(5, 2)).shape)
    (5, 4)
    """

    def __init__(self, inputs: int, hidden: int, outputs: int):
        raise NotImplementedError


@TwoLayers.solution(
    en="Call `super().__init__()` first; only then are layers registered when assigned.",
    zh="先调用 `super().__init__()`，再给属性赋值，层才会登记。",
)
class TwoLayers(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.first = nn.Linear(inputs, hidden)
        self.second = nn.Linear(hidden, outputs)

    def forward(self, x):
        return self.second(self.first(x).relu())


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
    en="It gives zeros of the right shape whatever comes in: that is hard-coded.",
    zh="不论输入什么都给出零：这是写死的。",
)
class HardCoded_hard_coded(NoReLU):
    def forward(self, x):
        return torch.zeros(len(x), self.second.out_features)
