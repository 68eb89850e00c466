import torch
from torch import nn

from d2lab.exercises import exercise

from ._shared import nested


@exercise(
    "parameters",
    order=3,
    zh="优化器的参数组",
    en="Parameter groups for an optimizer",
    arguments=nested,
    measure=lambda candidate, model: [
        [sorted(tuple(p.shape) for p in group["params"]), group["weight_decay"]] for group in candidate(model)
    ],
)
def decay_groups(model: nn.Module) -> list[dict]:
    """Split the parameters in two groups: weights (more than one axis) with weight_decay 0.1, all others with 0.

    把参数分成两组：权重（多于一个轴）的 weight_decay 是 0.1，其余为 0；权重在前。

    Args:
        model: any module.

    Returns:
        Two dictionaries with params (a list) and weight_decay.

    >>> [(len(group["params"]), group["weight_decay"]) for group in decay_groups(nn.Linear(2, 2))]
    [(1, 0.1), (1, 0.0)]
    """
    raise NotImplementedError


@decay_groups.solution(
    en="Weights have more than one axis; biases and gains have one.",
    zh="轴多于一个的是权重，偏置和规范化层的缩放参数都只有一个轴。",
)
def decay_groups(model):
    weights = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    return [{"params": weights, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]


def _groups(model, wide, first=0.1, second=0.0):
    ps = list(model.parameters())
    return [
        {"params": [p for p in ps if wide(p)], "weight_decay": first},
        {"params": [p for p in ps if not wide(p)], "weight_decay": second},
    ]


@decay_groups.mistake(en="Biases decay here, and weights do not.", zh="衰减用反了：衰减的是偏置。")
def reversed_decay(model):
    return _groups(model, lambda p: p.ndim > 1, 0.0, 0.1)


@decay_groups.mistake(en="Everything decays.", zh="所有参数都衰减了。")
def all_decay(model):
    return _groups(model, lambda p: p.ndim > 1, 0.1, 0.1)


@decay_groups.mistake(en="Biases come first; weights should.", zh="偏置排在了前面，应当权重在前。")
def biases_first(model):
    return _groups(model, lambda p: p.ndim > 1)[::-1]


@decay_groups.mistake(en="All parameters are in one group.", zh="所有参数都在一组。")
def one_group(model):
    return [{"params": list(model.parameters()), "weight_decay": 0.1}]


@decay_groups.mistake(
    en="Fixed shapes came back, not the model's own parameters.", zh="返回的形状是写死的，不是这个网络的参数。"
)
def hard_coded(model):
    return [{"params": [torch.zeros(1, 1)], "weight_decay": 0.1}, {"params": [torch.zeros(1)], "weight_decay": 0.0}]
