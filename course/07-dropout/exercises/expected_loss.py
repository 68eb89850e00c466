import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "dropout",
    order=3,
    zh="等价的惩罚",
    en="Dropout as a penalty",
    arguments=lambda draw: (
        draw.normal(n := draw.size(3, 7), k := draw.size(2, 4)),
        draw.normal(k),
        draw.normal(n),
        draw.number(0.1, 0.7),
    ),
)
def expected_loss(inputs: Tensor, weights: Tensor, targets: Tensor, p: float) -> Tensor:
    """Return the mean squared error of a linear model, averaged over all masks of dropout on its inputs.

    输入上用暂退法（dropout）的线性模型，均方误差对所有掩码的期望。

    Args:
        inputs: (n, d).
        weights: (d,).
        targets: (n,).
        p: dropout probability. 暂退概率。

    >>> expected_loss(torch.tensor([[1.0]]), torch.tensor([2.0]), torch.tensor([2.0]), 0.5)
    tensor(4.)
    """
    raise NotImplementedError


@expected_loss.solution(
    en="""
    The expected square is that of the mean prediction plus the prediction's variance, which adds up over the features.
    """,
    zh="期望的平方误差等于平均预测的误差加预测的方差；方差是各特征之和。",
)
def expected_loss(inputs, weights, targets, p):
    error = (inputs @ weights - targets).square().mean()
    variance = p / (1 - p) * (inputs.square() @ weights.square()).mean()
    return error + variance


def _parts(inputs, weights, targets):
    return ((inputs @ weights - targets) ** 2).mean(), (inputs**2 @ weights**2).mean()


@expected_loss.mistake(
    en="The noise adds something: a square has a higher mean than the square of a mean.",
    zh="噪声会多出一项：平方的平均大于平均的平方。",
)
def no_noise(inputs, weights, targets, p):
    return _parts(inputs, weights, targets)[0]


@expected_loss.mistake(en="p and 1 - p are exchanged in the added term.", zh="多出的那一项里 p 与 1 − p 弄反了。")
def odds_reversed(inputs, weights, targets, p):
    loss, extra = _parts(inputs, weights, targets)
    return loss + (1 - p) / p * extra


@expected_loss.mistake(
    en="The added term is a plain L2 penalty: the squared features belong into it.",
    zh="多出的那一项成了普通的 L2：还应当有特征的平方。",
)
def plain_l2(inputs, weights, targets, p):
    return _parts(inputs, weights, targets)[0] + p / (1 - p) * (weights**2).sum()


@expected_loss.mistake(
    en="The noise was taken as one for all features: variances of independent masks add up, feature by feature.",
    zh="把噪声当成所有特征共用一个：各特征的掩码独立，方差逐项相加。",
)
def one_mask(inputs, weights, targets, p):
    return _parts(inputs, weights, targets)[0] + p / (1 - p) * ((inputs @ weights) ** 2).mean()
