import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def scaled_gradient(draw: RandomInputs):
    scale = 2.0 ** draw.size(3, 6)
    gradient = draw.normal(draw.size(3, 6))
    # Of the loss itself: above the limit, below it, so far below it that the scaled one is below it too.
    norm = draw.choice([draw.number(1.5, 4), draw.number(0.2, 0.8), draw.number(0.004, 0.012)])
    gradient = gradient / gradient.norm() * norm * scale
    if draw.size(1, 3) == 1:
        gradient[draw.size(0, len(gradient) - 1)] = draw.choice([1, -1]) * torch.inf
    return gradient, scale, 1.0


@exercise("small-types", order=2, zh="放大过的损失走一步", en="A step of a scaled loss", arguments=scaled_gradient)
def scaled_step(gradient: Tensor, scale: float, max_norm: float) -> Tensor:
    """Return the gradient that the optimizer should see: that of the loss itself, its norm at most max_norm.

    If an entry is infinite, the step is left out: return zeros.

    求优化器该看到的梯度：原来那个损失的梯度，范数不超过 max_norm。有一个元素是无穷，这一步就不走：返回全零。

    Args:
        gradient: (n,) of the loss times the scale. 放大之后的损失的梯度。
        scale: by which the loss was multiplied. 损失放大的倍数。
        max_norm: largest norm allowed. 允许的最大范数。

    >>> scaled_step(torch.tensor([12.0, 16.0]), 4.0, 2.5)
    tensor([1.5000, 2.0000])
    """
    raise NotImplementedError


@scaled_step.solution(
    en="First unscale, (3, 4) with norm 5, then clip to 2.5. The limit is meant for gradients of the loss itself. One "
    "infinite entry tells that the scale was too high; the others may have been rounded from too large numbers too.",
    zh="先除回去，得 (3, 4)，范数 5，再裁剪到 2.5。上限是对原来的梯度说的。有一个无穷，说明放大得过头了，这一步的其他"
    "元素也不可信。",
)
def scaled_step(gradient, scale, max_norm):
    if not gradient.isfinite().all():
        return torch.zeros_like(gradient)
    plain = gradient / scale
    return plain * min(1.0, max_norm / plain.norm().item())


def _clipped(gradient, max_norm):
    return gradient * min(1.0, max_norm / gradient.norm().item())


def _skips(gradient):
    return not gradient.isfinite().all()


@scaled_step.mistake(
    en="Multiplied by the scale once more: it has to be taken out.",
    zh="又乘了一次倍数：应当除回去。",
)
def scaled_twice(gradient, scale, max_norm):
    return torch.zeros_like(gradient) if _skips(gradient) else _clipped(gradient * scale, max_norm)


@scaled_step.mistake(
    en="The scale is still in it: the gradient is that of the scaled loss.",
    zh="倍数还在里面：这是放大之后的损失的梯度。",
)
def still_scaled(gradient, scale, max_norm):
    return torch.zeros_like(gradient) if _skips(gradient) else _clipped(gradient, max_norm)


@scaled_step.mistake(
    en="Clipped before unscaling: nearly every scaled gradient is above the limit, and then it is divided again.",
    zh="先裁剪，后除回去：放大过的梯度几乎都超过上限，裁完又除了一次。",
)
def clipped_first(gradient, scale, max_norm):
    return torch.zeros_like(gradient) if _skips(gradient) else _clipped(gradient, max_norm) / scale


@scaled_step.mistake(
    en="Only the infinite entry was set to 0: one of them means that the whole step is left out.",
    zh="只把无穷的那个元素变成了 0：有一个，整步都不走。",
)
def only_the_infinite_one(gradient, scale, max_norm):
    return _clipped(torch.where(gradient.isfinite(), gradient / scale, torch.zeros_like(gradient)), max_norm)


@scaled_step.mistake(
    en="Not clipped: a norm above the limit has to shrink to it.",
    zh="没有裁剪：范数超过上限，要缩到上限。",
)
def not_clipped(gradient, scale, max_norm):
    return torch.zeros_like(gradient) if _skips(gradient) else gradient / scale


@scaled_step.mistake(
    en="Every gradient was brought to the limit: one below it stays as it is.",
    zh="每个梯度都拉到了上限：不超过的应当不变。",
)
def always_the_limit(gradient, scale, max_norm):
    return torch.zeros_like(gradient) if _skips(gradient) else gradient * (max_norm / gradient.norm())
