import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def errors_and_sigma(draw: RandomInputs):
    sigma = draw.choice([0.5, 0.8, 1.3, 2.0])
    return torch.cat([draw.normal(4, scale=0.4), draw.normal(4, scale=4.0)]) / sigma**2, sigma


@exercise("detection-losses", order=1, zh="平滑 L1", en="Smooth L1", arguments=errors_and_sigma)
def smooth_l1(errors: Tensor, sigma: float) -> Tensor:
    """Compute the smooth L1 loss of each error: (sigma x)^2 / 2 where |x| < 1 / sigma^2, else |x| - 0.5 / sigma^2.

    求每个误差的平滑 L1 损失：|x| < 1 / sigma^2 时为 (sigma x)^2 / 2，否则为 |x| - 0.5 / sigma^2。

    Args:
        errors: (n,) predicted offset minus wanted offset. 预测的偏移量减去该有的偏移量。
        sigma: the larger, the narrower the quadratic part; above 0. 越大，二次的那一段越窄；大于 0。

    >>> smooth_l1(torch.tensor([2.0, -2.0, 0.5]), 1.0)
    tensor([1.5000, 1.5000, 0.1250])
    >>> smooth_l1(torch.tensor([2.0]), 0.5)
    tensor([0.5000])
    """
    raise NotImplementedError


@smooth_l1.solution(
    en="The two parts meet: at |x| = 1 / sigma^2 both are 0.5 / sigma^2 and both have the derivative 1. Close to 0 the "
    "derivative fades, so that training comes to rest; far away it is at most 1, so that one bad box does not rule.",
    zh="两段接得上：在 |x| = 1 / sigma^2 处，值都是 0.5 / sigma^2，导数都是 1。靠近 0 时导数变小，训练停得下来；"
    "离得远时导数最多是 1，一个坏框压不倒全体。",
)
def smooth_l1(errors, sigma):
    size = errors.abs()
    near = size < 1 / sigma**2
    return torch.where(near, (sigma * errors) ** 2 / 2, size - 0.5 / sigma**2)


def _joined(errors, near, inside, outside):
    return torch.where(errors.abs() < near, inside, outside)


@smooth_l1.mistake(
    en="Sigma was not squared: with sigma = 1 this goes unnoticed, otherwise the parts lie elsewhere.",
    zh="sigma 没有取平方：sigma 为 1 时看不出来，换一个值，分界和两段就都变了。",
)
def sigma_not_squared(errors, sigma):
    return _joined(errors, 1 / sigma, sigma * errors**2 / 2, errors.abs() - 0.5 / sigma)


@smooth_l1.mistake(
    en="The quadratic part is twice as large as it should be: the two parts don't meet.",
    zh="二次的那段大了一倍：两段接不上。",
)
def half_missing(errors, sigma):
    return _joined(errors, 1 / sigma**2, (sigma * errors) ** 2, errors.abs() - 0.5 / sigma**2)


@smooth_l1.mistake(
    en="An error to the left is rewarded: far from 0 the loss must not depend on the sign.",
    zh="偏左的误差反而得了奖励：离 0 远的那段，损失不该看正负号。",
)
def sign_kept(errors, sigma):
    return _joined(errors, 1 / sigma**2, (sigma * errors) ** 2 / 2, errors - 0.5 / sigma**2)


@smooth_l1.mistake(
    en="Sigma works upside down: a larger one must narrow the quadratic part, not widen it.",
    zh="sigma 的作用反了：越大，二次的那段该越窄，而不是越宽。",
)
def sigma_upside_down(errors, sigma):
    return _joined(errors, sigma**2, (errors / sigma) ** 2 / 2, errors.abs() - 0.5 * sigma**2)


@smooth_l1.mistake(
    en="The linear part was not lowered: the loss jumps where the parts should meet.",
    zh="线性的那段没有往下移：在两段该相接的地方，损失跳了一下。",
)
def linear_part_not_lowered(errors, sigma):
    return _joined(errors, 1 / sigma**2, (sigma * errors) ** 2 / 2, errors.abs())
