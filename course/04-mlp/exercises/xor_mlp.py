import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "xor",
    order=1,
    zh="用三个神经元做异或",
    en="XOR of three neurons",
    arguments=lambda draw: (draw.integers(0, 1, draw.size(4, 9), 2).float(),),
    formerly=("xor_net",),
)
def xor_mlp(inputs: Tensor) -> Tensor:
    """Compute XOR by two hidden neurons and one output; each is a weighted sum and a step, and nothing else.

    用两个隐藏神经元和一个输出神经元算异或；每个都是加权和再过阶跃函数。

    Args:
        inputs: (n, 2) of 0.0 and 1.0.

    Returns:
        (n,) of 0.0 and 1.0.

    >>> xor_mlp(torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])).tolist()
    [0.0, 1.0, 1.0, 0.0]
    """
    raise NotImplementedError


@xor_mlp.solution(
    en="One hidden neuron computes OR, the other AND; the output says OR and not AND.",
    zh="第一个神经元算“或”，第二个算“与”，输出是“或而不与”。",
)
def xor_mlp(inputs):
    hidden = (inputs @ torch.ones(2, 2) - torch.tensor([0.5, 1.5]) > 0).float()
    return (hidden @ torch.tensor([1.0, -1.0]) - 0.5 > 0).float()


@xor_mlp.mistake(en="This is OR: both at once should give 0.", zh="这是“或”：两个都为 1 时应当是 0。")
def an_or(inputs):
    return (inputs.sum(1) > 0.5).float()


@xor_mlp.mistake(en="This is AND: one alone should give 1.", zh="这是“与”：只有一个为 1 时应当是 1。")
def an_and(inputs):
    return (inputs.sum(1) > 1.5).float()


@xor_mlp.mistake(en="This is NAND: two zeros should give 0.", zh="这是“与非”：两个都为 0 时应当是 0。")
def a_nand(inputs):
    return (inputs.sum(1) < 1.5).float()


@xor_mlp.mistake(en="This is the opposite, equality.", zh="正好反了，这是“相等”。")
def an_equality(inputs):
    return (inputs[:, 0] == inputs[:, 1]).float()
