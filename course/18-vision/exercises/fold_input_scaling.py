import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def layer_and_scaling(draw: RandomInputs):
    filters, channels, side = draw.size(2, 4), draw.size(2, 3), draw.size(2, 3)
    weight = draw.normal(filters, channels, side, side)
    return weight, draw.normal(filters), draw.uniform(channels) + 0.3, draw.uniform(channels) + 0.2


@exercise(
    "which-layers",
    order=1,
    zh="把输入的规范化折叠进卷积",
    en="Fold the scaling of the input into a convolution",
    arguments=layer_and_scaling,
)
def fold_input_scaling(weight: Tensor, bias: Tensor, mean: Tensor, std: Tensor) -> tuple[Tensor, Tensor]:
    """Return weight and bias that compute of raw images what the layer computes of normalized ones, (x - mean) / std.

    求新的权重和偏置：看原图，算出与“先规范化 (x - mean) / std、再卷积”一样的结果（不填充）。

    Args:
        weight: (filters, channels, rows, columns). 卷积核。
        bias: (filters,). 偏置。
        mean: (channels,) of the input. 输入各通道的均值。
        std: (channels,), above 0. 输入各通道的标准差，大于 0。

    Returns:
        The new weight and the new bias. 新的权重与新的偏置。

    >>> weight, bias = torch.tensor([[[[2.0]]]]), torch.tensor([1.0])
    >>> fold_input_scaling(weight, bias, torch.tensor([0.5]), torch.tensor([0.25]))
    (tensor([[[[8.]]]]), tensor([-3.]))
    """
    raise NotImplementedError


@fold_input_scaling.solution(
    en="Sort w (x - mean) / std + b by x: what multiplies x is w / std, and everything else is the bias. The mean is "
    "subtracted once for each place of the kernel and each channel.",
    zh="把 w (x - mean) / std + b 按 x 整理：乘在 x 上的是 w / std，其余全归偏置。核的每一个位置、每一个通道都减一次均值。",
)
def fold_input_scaling(weight, bias, mean, std):
    scaled = weight / std.view(1, -1, 1, 1)
    return scaled, bias - (scaled * mean.view(1, -1, 1, 1)).sum((1, 2, 3))


@fold_input_scaling.mistake(
    en="Multiplied by the standard deviation: normalization divides by it, so the weight is divided as well.",
    zh="乘了标准差：规范化是除以它，所以权重也要除。",
)
def multiplied(weight, bias, mean, std):
    scaled = weight * std.view(1, -1, 1, 1)
    return scaled, bias - (scaled * mean.view(1, -1, 1, 1)).sum((1, 2, 3))


@fold_input_scaling.mistake(
    en="The mean was added to the bias: it is subtracted from the input, and so from the bias.",
    zh="把均值加进了偏置：输入减了它，偏置也要减。",
)
def mean_added(weight, bias, mean, std):
    scaled = weight / std.view(1, -1, 1, 1)
    return scaled, bias + (scaled * mean.view(1, -1, 1, 1)).sum((1, 2, 3))


@fold_input_scaling.mistake(
    en="The old bias is missing: it is added as before.",
    zh="漏了原来的偏置：它还是要加上。",
)
def old_bias_missing(weight, bias, mean, std):
    scaled = weight / std.view(1, -1, 1, 1)
    return scaled, -(scaled * mean.view(1, -1, 1, 1)).sum((1, 2, 3))


@fold_input_scaling.mistake(
    en="The mean was multiplied by the old weight: divide by the standard deviation first.",
    zh="均值乘的是原来的权重：先要除以标准差。",
)
def unscaled_mean(weight, bias, mean, std):
    return weight / std.view(1, -1, 1, 1), bias - (weight * mean.view(1, -1, 1, 1)).sum((1, 2, 3))


@fold_input_scaling.mistake(
    en="The mean of the weights instead of their sum: every place of the kernel subtracts it once.",
    zh="用了权重的平均而不是总和：核的每个位置都减了一次均值。",
)
def averaged(weight, bias, mean, std):
    scaled = weight / std.view(1, -1, 1, 1)
    return scaled, bias - (scaled * mean.view(1, -1, 1, 1)).mean((1, 2, 3))
