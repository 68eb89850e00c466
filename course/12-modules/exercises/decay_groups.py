import torch
from torch import nn

from d2lab.exercises import exercise

from ._shared import nested


@exercise(
    "parameters",
    order=3,
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


@decay_groups.solution(
    en="Weights have more than one axis; biases and gains have one.",
    zh="轴多于一个的是权重，偏置和归一化的增益都只有一个轴。",
)
def decay_groups(net):
    weights = [p for p in net.parameters() if p.ndim > 1]
    others = [p for p in net.parameters() if p.ndim <= 1]
    return [{"params": weights, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]


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
