import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def gradients_and_sizes(draw: RandomInputs):
    parts, numbers = draw.size(3, 5), draw.size(2, 4)
    gradients = draw.normal(parts, numbers)
    sizes = [(k + 1) * draw.size(1, 4) for k in range(parts)]
    empty = draw.size(0, parts - 1)
    gradients[empty], sizes[empty] = float("nan"), 0
    return gradients, sizes


@exercise("parallel", order=1, zh="合并梯度", en="Merge the gradients of unequal parts", arguments=gradients_and_sizes)
def merge(gradients: Tensor, sizes: list[int]) -> Tensor:
    """Return the gradient of the whole batch from those of its parts, each a mean over the examples of its part.

    由各份的梯度求整个批量的梯度；每份的梯度是该份样本上的平均。

    A part without examples has no mean: its gradient is nan and must not count.
    没有样本的份没有平均值：它的梯度是 nan，不能算进去。

    Args:
        gradients: (parts, numbers), one row for each device. 每个设备一行。
        sizes: examples of each part. 每份的样本数。

    >>> merge(torch.tensor([[1.5], [6.0]]), [2, 1]).tolist()
    [3.0]
    """
    raise NotImplementedError


@merge.solution(
    en="Each mean counts by the share of its part. Where sizes are equal that is the plain mean.",
    zh="每份的平均值按它占的份额加权。各份一样大时，才等于直接平均。",
)
def merge(gradients, sizes):
    weights = torch.tensor(sizes, dtype=gradients.dtype)
    filled = weights > 0
    return weights[filled] @ gradients[filled] / weights.sum()


@merge.mistake(
    en="A mean of means: a small part counts as much as a large one. Weight each by its size.",
    zh="平均的平均：小份和大份一样重。要按样本数加权。",
)
def mean_of_means(gradients, sizes):
    return gradients[torch.tensor(sizes) > 0].mean(0)


@merge.mistake(
    en="The weights are sizes, not shares: divide by the number of all examples.",
    zh="权重是样本数而不是份额：还要除以样本总数。",
)
def weights_not_normalized(gradients, sizes):
    weights = torch.tensor(sizes, dtype=gradients.dtype)
    return weights[weights > 0] @ gradients[weights > 0]


@merge.mistake(
    en="Divided by the number of parts: the weights already are numbers of examples, so divide by their sum.",
    zh="除的是份数：权重已经是样本数，应除以样本总数。",
)
def divided_by_devices(gradients, sizes):
    weights = torch.tensor(sizes, dtype=gradients.dtype)
    return weights[weights > 0] @ gradients[weights > 0] / len(sizes)


@merge.mistake(
    en="The weights are upside down: a larger part must count more.",
    zh="权重弄反了：大份应当更重。",
)
def ratio_upside_down(gradients, sizes):
    weights = torch.tensor(sizes, dtype=gradients.dtype)
    filled = weights > 0
    shares = 1 / weights[filled]
    return shares @ gradients[filled] / shares.sum()


@merge.mistake(
    en="The empty part was counted: 0 times nan is nan.",
    zh="空的那份也算进去了：0 乘 nan 还是 nan。",
)
def empty_part_counted(gradients, sizes):
    weights = torch.tensor(sizes, dtype=gradients.dtype)
    return weights @ gradients / weights.sum()
