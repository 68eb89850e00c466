import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "vanishing-and-exploding",
    order=2,
    zh="按范数裁剪",
    en="Clip by norm",
    arguments=lambda draw: (
        [draw.normal(draw.size(1, 4), scale=3), draw.normal(draw.size(1, 3), 2, scale=3)],
        draw.number(0.5, 20),
    ),
)
def clipped(gradients: list[Tensor], most: float) -> list[Tensor]:
    """Scale all gradients by one number, so that their norm together is at most `most`; smaller ones stay.

    所有梯度一起乘一个数，使总的范数不超过 most；本来就小的不变。

    Args:
        gradients: tensors of any shapes.
        most: above 0.

    >>> clipped([torch.tensor([3.0]), torch.tensor([4.0])], 1.0)
    [tensor([0.6000]), tensor([0.8000])]
    """
    raise NotImplementedError


@clipped.solution(
    en="One norm of all; shrink only when it is too large, and all by the same number.",
    zh="先求总的范数，超过才缩，所有梯度乘同一个数。",
)
def clipped(gradients, most):
    norm = sum(g.square().sum() for g in gradients).sqrt()
    factor = torch.clamp(most / norm, max=1.0)
    return [g * factor for g in gradients]


def _norm(gradients):
    return sum((g**2).sum() for g in gradients).sqrt()


@clipped.mistake(
    en="Small gradients were scaled up: only too large ones are to be changed.", zh="小的梯度被放大了：只该动太大的。"
)
def always_scaled(gradients, most):
    return [g * most / _norm(gradients) for g in gradients]


@clipped.mistake(
    en="Each tensor was clipped by itself: the direction changes. One norm for all.",
    zh="每个张量各裁各的：方向就变了。应当共用一个范数。",
)
def each_alone(gradients, most):
    return [g * min(1.0, float(most / g.norm())) for g in gradients]


@clipped.mistake(en="Entries were cut off: the direction changes.", zh="是逐个元素截断：方向变了。")
def by_value(gradients, most):
    return [g.clamp(-most, most) for g in gradients]


@clipped.mistake(en="The squared norm was taken for the norm.", zh="用了范数的平方。")
def squared_norm(gradients, most):
    return [g * min(1.0, float(most / _norm(gradients) ** 2)) for g in gradients]
