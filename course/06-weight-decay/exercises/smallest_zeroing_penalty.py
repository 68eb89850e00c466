import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "l1-and-l2",
    order=3,
    zh="惩罚多大时权重全为零",
    en="The penalty that sets all weights to zero",
    arguments=lambda draw: (draw.normal(n := draw.size(4, 9), draw.size(2, 4)), draw.normal(n)),
    formerly=("silent_penalty",),
)
def smallest_zeroing_penalty(inputs: Tensor, targets: Tensor) -> float:
    """Return the smallest L1 penalty with which |Xw - y|^2 / 2n + penalty |w|_1 has its minimum at w = 0 (no bias).

    使 |Xw − y|²/2n + penalty·|w|₁ 在 w = 0 处最小的最小惩罚（没有偏置）。

    Args:
        inputs: (n, d).
        targets: (n,).

    >>> smallest_zeroing_penalty(torch.tensor([[1.0], [1.0]]), torch.tensor([2.0, 4.0]))
    3.0
    """
    raise NotImplementedError


@smallest_zeroing_penalty.solution(
    en="At $w = 0$ the penalty must be at least the absolute gradient for every feature.",
    zh="在 $w = 0$ 处，惩罚不能小于任何一个特征的梯度绝对值。",
)
def smallest_zeroing_penalty(inputs, targets):
    return (inputs.T @ targets / len(targets)).abs().max().item()


@smallest_zeroing_penalty.mistake(
    en="The sign counts here: a strong negative feature must be held at zero too.",
    zh="看了正负号：很强的负特征也要压到零。",
)
def signed(inputs, targets):
    return float((inputs.T @ targets / len(targets)).max())


@smallest_zeroing_penalty.mistake(en="It is not divided by the number of examples.", zh="没有除以样本数。")
def not_divided(inputs, targets):
    return float((inputs.T @ targets).abs().max())


@smallest_zeroing_penalty.mistake(
    en="The sum over features was taken: the strongest one decides.", zh="对特征求了和：由最强的那个决定。"
)
def summed(inputs, targets):
    return float((inputs.T @ targets / len(targets)).abs().sum())


@smallest_zeroing_penalty.mistake(en="The weakest feature was taken.", zh="取了最弱的特征。")
def weakest(inputs, targets):
    return float((inputs.T @ targets / len(targets)).abs().min())
