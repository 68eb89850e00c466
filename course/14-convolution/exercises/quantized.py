import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "search-and-compression",
    order=2,
    zh="八位量化",
    en="Eight bits",
    arguments=lambda draw: (draw.normal(draw.size(3, 8), scale=draw.number(0.5, 3)),),
)
def quantized(weights: Tensor) -> tuple[Tensor, float]:
    """Write weights as integers from -127 to 127 and one scale: weights are about numbers times scale.

    把权重写成 −127 到 127 的整数和一个尺度：权重约等于整数乘尺度。

    Args:
        weights: (n,), not all 0.

    Returns:
        The numbers, (n,), rounded, and the scale: the largest weight becomes 127 or -127.
        整数，四舍五入；绝对值最大的权重对应 127 或 −127。

    >>> quantized(torch.tensor([1.27, -0.5]))[0].tolist()
    [127.0, -50.0]
    """
    raise NotImplementedError


@quantized.solution(
    en="The largest absolute value becomes 127; the others follow in proportion, rounded.",
    zh="最大的绝对值对应 127，其余按比例取整。",
)
def quantized(weights):
    scale = (weights.abs().max() / 127).item()
    return (weights / scale).round(), scale


@quantized.mistake(
    en="The scale comes from the largest value, not from the largest absolute one: negative weights overflow.",
    zh="尺度用的是最大值，不是最大的绝对值：负的权重会越界。",
)
def scale_of_the_largest(weights):
    scale = float(weights.max().abs()) / 127
    return (weights / scale).round(), scale


@quantized.mistake(en="The numbers are not rounded.", zh="没有取整。")
def not_rounded(weights):
    scale = float(weights.abs().max()) / 127
    return weights / scale, scale


@quantized.mistake(en="They were cut off toward 0, not rounded.", zh="是向 0 截断，不是四舍五入。")
def truncated(weights):
    scale = float(weights.abs().max()) / 127
    return (weights / scale).trunc(), scale


@quantized.mistake(
    en="The scale is upside down: numbers times scale should give the weights back.",
    zh="尺度颠倒了：整数乘以尺度应当得回权重。",
)
def inverse_scale(weights):
    scale = float(weights.abs().max()) / 127
    return (weights / scale).round(), 1 / scale


@quantized.mistake(
    en="The range is 255 wide on one side: 8 bits with a sign reach from -127 to 127.",
    zh="一侧用到了 255：带符号的八位只到 −127 和 127。",
)
def too_wide(weights):
    scale = float(weights.abs().max()) / 255
    return (weights / scale).round(), scale
