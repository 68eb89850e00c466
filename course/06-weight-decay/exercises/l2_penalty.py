import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "weight-decay",
    order=2,
    zh="L2 惩罚",
    en="The L2 penalty",
    arguments=lambda draw: (
        [draw.normal(draw.size(1, 4), draw.size(1, 4)) for _ in range(draw.size(1, 3))],
        draw.number(0.1, 3),
    ),
)
def l2_penalty(weights: list[Tensor], strength: float) -> Tensor:
    """Return strength / 2 times the sum of squares of all weights.

    所有权重的平方和，乘以强度的一半。

    Args:
        weights: tensors of any shapes. 任意形状的若干张量。
        strength: a number.

    >>> l2_penalty([torch.tensor([[3.0]]), torch.tensor([[1.0, 0.0]])], 0.2)
    tensor(1.)
    """
    raise NotImplementedError


@l2_penalty.solution(
    en="Sums of squares of all tensors, times half the strength.",
    zh="每个张量的平方和相加，最后乘一半的强度。",
)
def l2_penalty(weights, strength):
    return strength / 2 * sum(w.square().sum() for w in weights)


@l2_penalty.mistake(en="The half is missing.", zh="漏了二分之一。")
def without_half(weights, strength):
    return strength * sum((w**2).sum() for w in weights)


@l2_penalty.mistake(en="Only the first tensor was counted.", zh="只算了第一个张量。")
def first_only(weights, strength):
    return strength / 2 * (weights[0] ** 2).sum()


@l2_penalty.mistake(
    en="This is the length, a root; the sum of squares is asked for.", zh="这是长度（开了平方），要的是平方和。"
)
def the_length(weights, strength):
    return strength / 2 * sum((w**2).sum() for w in weights).sqrt()


@l2_penalty.mistake(
    en="A mean was taken: many weights would cost no more than few.", zh="取了平均：这样权重多少就没有差别了。"
)
def averaged(weights, strength):
    return strength / 2 * sum((w**2).mean() for w in weights)
