import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "l1-and-l2",
    order=1,
    zh="软阈值化",
    en="Soft thresholding",
    arguments=lambda draw: (draw.normal(draw.size(4, 9), scale=2), draw.number(0.2, 2)),
    formerly=("soft",),
)
def soft_threshold(z: Tensor, threshold: float) -> Tensor:
    """Shrink the absolute value of each entry by `threshold`, down to 0 at most; signs stay.

    每个数的绝对值减去 threshold，不够减的变成 0，符号不变。

    Args:
        z: (n,).
        threshold: above 0.

    >>> soft_threshold(torch.tensor([3.0, -0.5, -2.0]), 1.0)
    tensor([ 2., -0., -1.])
    """
    raise NotImplementedError


@soft_threshold.solution(
    en="Subtract the threshold from the absolute value, clamp at 0, and restore the sign.",
    zh="绝对值减去阈值，截到 0，再把符号放回去。",
)
def soft_threshold(z, threshold):
    return z.sign() * (z.abs() - threshold).clamp_min(0)


@soft_threshold.mistake(
    en="Large entries keep their full size: that is the hard threshold.", zh="大的数没有减：那是硬阈值。"
)
def hard(z, threshold):
    return torch.where(z.abs() > threshold, z, 0.0)


@soft_threshold.mistake(en="The sign is lost.", zh="丢了符号。")
def without_sign(z, threshold):
    return (z.abs() - threshold).clamp_min(0)


@soft_threshold.mistake(
    en="Small entries changed their sign in place of stopping at 0.", zh="小的数穿过了 0，符号变了；应当停在 0。"
)
def through_zero(z, threshold):
    return z - threshold * z.sign()


@soft_threshold.mistake(en="Only positive entries were treated.", zh="只处理了正数。")
def positive_only(z, threshold):
    return (z - threshold).clamp_min(0)


@soft_threshold.mistake(
    en="Entries were cut off at the threshold: what is above it should be kept, less the threshold.",
    zh="把超过阈值的部分截掉了；应当留下的正是超过的部分。",
)
def clamped(z, threshold):
    return z.clamp(-threshold, threshold)
