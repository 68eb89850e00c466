"""Exercises of chapter 6: weight decay, L1 and L2."""

import torch
from torch import Tensor

from d2lab.exercises import Draw, exercise


def decayed(draw: Draw):
    n = draw.size(2, 6)
    return draw.normal(n), draw.normal(n), draw.number(0.01, 0.3), draw.number(0.1, 2.0)


def regression(draw: Draw):
    n, d = draw.size(5, 9), draw.size(2, 4)
    return draw.normal(n, d), draw.normal(n), draw.number(0.1, 3.0)


# weight-decay


@exercise("weight-decay", zh="带衰减的一步", en="A step with decay", arguments=decayed)
def decay_step(weights: Tensor, gradient: Tensor, rate: float, decay: float) -> Tensor:
    """Return the weights after a step of gradient descent with weight decay.

    带权重衰减的梯度下降走一步之后的权重。

    Args:
        weights: (n,); leave them as they are. 不要就地修改。
        gradient: (n,), of the loss without penalty. 不含惩罚的损失的梯度。
        rate: learning rate.
        decay: its strength. 衰减系数。

    >>> decay_step(torch.tensor([1.0]), torch.tensor([0.0]), 0.5, 0.2)
    tensor([0.9000])
    """
    raise NotImplementedError


@decay_step.mistake(en="There is no decay: only the gradient moved the weights.", zh="没有衰减：只有梯度在起作用。")
def no_decay(weights, gradient, rate, decay):
    return weights - rate * gradient


@decay_step.mistake(
    en="The decay is not multiplied by the rate: it is part of the same step.",
    zh="衰减没有乘学习率：它也是这一步的一部分。",
)
def decay_without_rate(weights, gradient, rate, decay):
    return (1 - decay) * weights - rate * gradient


@decay_step.mistake(en="Weights grow: the sign of the decay is wrong.", zh="权重变大了：衰减的符号反了。")
def growing(weights, gradient, rate, decay):
    return (1 + rate * decay) * weights - rate * gradient


@decay_step.mistake(
    en="The gradient was shrunk as well: only the weights decay.", zh="梯度也被缩小了：衰减的只是权重。"
)
def all_shrunk(weights, gradient, rate, decay):
    return (1 - rate * decay) * (weights - rate * gradient)


@decay_step.mistake(
    en="It takes the same from every weight, whatever its size: that is L1.",
    zh="每个权重都减同样多，不管大小：那是 L1。",
)
def as_l1(weights, gradient, rate, decay):
    return weights - rate * (gradient + decay * weights.sign())


@exercise(
    "weight-decay",
    zh="L2 惩罚",
    en="The L2 penalty",
    arguments=lambda d: ([d.normal(d.size(1, 4), d.size(1, 4)) for _ in range(d.size(1, 3))], d.number(0.1, 3)),
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


@exercise("weight-decay", zh="岭回归的解", en="Ridge regression", arguments=regression, tolerance=1e-3)
def ridge_weights(inputs: Tensor, targets: Tensor, penalty: float) -> Tensor:
    """Minimize |Xw - y|^2 / 2 + penalty |w|^2 / 2 in closed form (no bias).

    直接解出使 |Xw − y|²/2 + penalty·|w|²/2 最小的 w（没有偏置）。

    Args:
        inputs: (n, d).
        targets: (n,).
        penalty: above 0.

    >>> ridge_weights(torch.eye(2), torch.tensor([2.0, 4.0]), 1.0)
    tensor([1., 2.])
    """
    raise NotImplementedError


def _solve(inputs, targets, matrix):
    return torch.linalg.solve(inputs.T @ inputs + matrix, inputs.T @ targets)


@ridge_weights.mistake(en="There is no penalty in it: these are least squares.", zh="没有用到惩罚：这是最小二乘。")
def no_penalty(inputs, targets, penalty):
    return torch.linalg.lstsq(inputs, targets[:, None]).solution[:, 0]


@ridge_weights.mistake(
    en="The penalty was multiplied by the number of examples: the squares are a sum here.",
    zh="惩罚乘了样本数：这里的平方误差是和，不是平均。",
)
def times_examples(inputs, targets, penalty):
    return _solve(inputs, targets, len(inputs) * penalty * torch.eye(inputs.shape[1]))


@ridge_weights.mistake(
    en="The penalty was added to every entry of the matrix: only its diagonal is meant.",
    zh="惩罚加到了矩阵的每个元素上，应当只加在对角线上。",
)
def everywhere(inputs, targets, penalty):
    return _solve(inputs, targets, torch.full((inputs.shape[1],) * 2, penalty))


@ridge_weights.mistake(
    en="The penalty is twice too strong: both terms have a half.", zh="惩罚大了一倍：两项都有二分之一。"
)
def twice(inputs, targets, penalty):
    return _solve(inputs, targets, 2 * penalty * torch.eye(inputs.shape[1]))


# l1-and-l2


@exercise(
    "l1-and-l2",
    zh="软阈值",
    en="The soft threshold",
    arguments=lambda d: (d.normal(d.size(4, 9), scale=2), d.number(0.2, 2)),
)
def soft(z: Tensor, threshold: float) -> Tensor:
    """Take `threshold` off the size of each entry, and stop at 0.

    每个数的绝对值减去 threshold，不够减的变成 0，符号不变。

    Args:
        z: (n,).
        threshold: above 0.

    >>> soft(torch.tensor([3.0, -0.5, -2.0]), 1.0)
    tensor([ 2., -0., -1.])
    """
    raise NotImplementedError


@soft.mistake(en="Large entries keep their full size: that is the hard threshold.", zh="大的数没有减：那是硬阈值。")
def hard(z, threshold):
    return torch.where(z.abs() > threshold, z, 0.0)


@soft.mistake(en="The sign is lost.", zh="丢了符号。")
def without_sign(z, threshold):
    return (z.abs() - threshold).clamp_min(0)


@soft.mistake(
    en="Small entries changed their sign in place of stopping at 0.", zh="小的数穿过了 0，符号变了；应当停在 0。"
)
def through_zero(z, threshold):
    return z - threshold * z.sign()


@soft.mistake(en="Only positive entries were treated.", zh="只处理了正数。")
def positive_only(z, threshold):
    return (z - threshold).clamp_min(0)


@soft.mistake(
    en="Entries were cut off at the threshold: what is above it should be kept, less the threshold.",
    zh="把超过阈值的部分截掉了；应当留下的正是超过的部分。",
)
def clamped(z, threshold):
    return z.clamp(-threshold, threshold)


@exercise("l1-and-l2", zh="近端梯度的一步", en="A proximal step", arguments=decayed)
def proximal_step(weights: Tensor, gradient: Tensor, rate: float, penalty: float) -> Tensor:
    """Step along the gradient, then apply the soft threshold of the L1 penalty.

    先沿梯度走一步，再做 L1 惩罚的软阈值。

    Args:
        weights: (n,).
        gradient: (n,), of the smooth part.
        rate: learning rate.
        penalty: of L1.

    >>> proximal_step(torch.tensor([1.0, 0.1]), torch.tensor([0.0, 0.0]), 0.5, 0.4)
    tensor([0.8000, 0.0000])
    """
    raise NotImplementedError


def _soft(z, t):
    return z.sign() * (z.abs() - t).clamp_min(0)


@proximal_step.mistake(en="The threshold is not multiplied by the rate.", zh="阈值没有乘学习率。")
def threshold_without_rate(weights, gradient, rate, penalty):
    return _soft(weights - rate * gradient, penalty)


@proximal_step.mistake(en="The threshold came first: step, then threshold.", zh="先做了软阈值：应当先走一步。")
def threshold_first(weights, gradient, rate, penalty):
    return _soft(weights, rate * penalty) - rate * gradient


@proximal_step.mistake(
    en="A gradient step on |w| was taken: it jumps over 0 and never stops there.",
    zh="对 |w| 走了梯度步：会跳过 0，停不下来。",
)
def subgradient(weights, gradient, rate, penalty):
    return weights - rate * (gradient + penalty * weights.sign())


@proximal_step.mistake(en="The penalty is missing.", zh="漏了惩罚。")
def plain_step(weights, gradient, rate, penalty):
    return weights - rate * gradient


@proximal_step.mistake(en="Weights were scaled: that is L2.", zh="按比例缩小了权重：那是 L2。")
def as_l2(weights, gradient, rate, penalty):
    return (1 - rate * penalty) * weights - rate * gradient


@exercise(
    "l1-and-l2",
    zh="从哪个惩罚起全是零",
    en="The penalty that silences all",
    arguments=lambda d: (d.normal(n := d.size(4, 9), d.size(2, 4)), d.normal(n)),
)
def silent_penalty(inputs: Tensor, targets: Tensor) -> float:
    """Return the smallest L1 penalty with which |Xw - y|^2 / 2n + penalty |w|_1 has its minimum at w = 0 (no bias).

    使 |Xw − y|²/2n + penalty·|w|₁ 在 w = 0 处最小的最小惩罚（没有偏置）。

    Args:
        inputs: (n, d).
        targets: (n,).

    >>> silent_penalty(torch.tensor([[1.0], [1.0]]), torch.tensor([2.0, 4.0]))
    3.0
    """
    raise NotImplementedError


@silent_penalty.mistake(
    en="The sign counts here: a strong negative feature must be silenced too.", zh="看了正负号：很强的负特征也要压住。"
)
def signed(inputs, targets):
    return float((inputs.T @ targets / len(targets)).max())


@silent_penalty.mistake(en="It is not divided by the number of examples.", zh="没有除以样本数。")
def not_divided(inputs, targets):
    return float((inputs.T @ targets).abs().max())


@silent_penalty.mistake(
    en="The sum over features was taken: the strongest one decides.", zh="对特征求了和：由最强的那个决定。"
)
def summed(inputs, targets):
    return float((inputs.T @ targets / len(targets)).abs().sum())


@silent_penalty.mistake(en="The weakest feature was taken.", zh="取了最弱的特征。")
def weakest(inputs, targets):
    return float((inputs.T @ targets / len(targets)).abs().min())
