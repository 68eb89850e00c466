import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "iterators",
    order=3,
    zh="一起打乱",
    en="Shuffle together",
    arguments=lambda draw: (draw.normal(n := draw.size(3, 9), 2), draw.uniform(n).argsort(), draw.uniform(n).argsort()),
)
def shuffled(inputs: Tensor, targets: Tensor, order: Tensor) -> tuple[Tensor, Tensor]:
    """Put inputs and targets into a given order, so that each input keeps its own target.

    按给定的次序重排输入和目标，每个输入仍然配着自己的目标。

    Args:
        inputs: (n, d).
        targets: (n,).
        order: (n,); the example that comes first is number order[0]. 排在第一的样本，编号是 order[0]。

    >>> shuffled(torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([0, 1, 2]), torch.tensor([2, 0, 1]))
    (tensor([[2.],
            [0.],
            [1.]]), tensor([2, 0, 1]))
    """
    raise NotImplementedError


@shuffled.solution(
    en="Index both with the same order, and the pairs stay together.",
    zh="用同一个次序去取两边，配对就不会散。",
)
def shuffled(inputs, targets, order):
    return inputs[order], targets[order]


@shuffled.mistake(
    en="Only the inputs moved: their targets belong to other examples now.", zh="只有输入换了次序：目标都配错了样本。"
)
def inputs_alone(inputs, targets, order):
    return inputs[order], targets


@shuffled.mistake(
    en="Only the targets moved: the inputs stayed where they were.", zh="只有目标换了次序：输入还在原地。"
)
def targets_alone(inputs, targets, order):
    return inputs, targets[order]


@shuffled.mistake(
    en="The order was turned around: example i went to place order[i], but place i should get example order[i].",
    zh="次序用反了：把第 i 个样本放到了 order[i] 的位置，而应当是第 i 个位置放 order[i] 号样本。",
)
def the_inverse(inputs, targets, order):
    return inputs[order.argsort()], targets[order.argsort()]


@shuffled.mistake(en="Nothing was put into another order.", zh="次序根本没有变。")
def as_they_were(inputs, targets, order):
    return inputs, targets


@shuffled.mistake(
    en="The examples were sorted by their targets; the order that was given counts.",
    zh="按目标的大小排了序；应当按给定的次序排。",
)
def sorted_by_target(inputs, targets, order):
    return inputs[targets.argsort()], targets[targets.argsort()]
