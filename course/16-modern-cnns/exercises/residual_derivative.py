import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "resnet",
    order=2,
    zh="残差链的导数",
    en="The derivative of a residual chain",
    arguments=lambda draw: (draw.normal(draw.size(1, 12)) * 0.5,),
    formerly=("chain_slope",),
)
def residual_derivative(derivatives: Tensor) -> float:
    """Layers are x + f_i(x), each of one number: return the derivative of the whole chain from those of the f_i.

    各层是 x + f_i(x)（输入输出都是一个数）：已知各 f_i 的导数，求整条链的导数。

    Args:
        derivatives: (layers,).

    >>> residual_derivative(torch.tensor([1.0, 0.5]))
    3.0
    """
    raise NotImplementedError


@residual_derivative.solution(
    en="Every layer's derivative is $1 + f'$; multiply.",
    zh="每层的导数是 $1 + f'$，相乘。",
)
def residual_derivative(derivatives):
    return (1 + derivatives).prod().item()


@residual_derivative.mistake(en="The shortcuts are missing.", zh="漏了捷径。")
def plain_chain(derivatives):
    return float(derivatives.prod())


@residual_derivative.mistake(
    en="One shortcut for the whole chain: every layer has one.", zh="整条链只有一条捷径：应当每层一条。"
)
def one_shortcut(derivatives):
    return 1 + float(derivatives.prod())


@residual_derivative.mistake(
    en="The derivatives were added: this is only the beginning of the product.",
    zh="只是把导数相加：那只是乘积展开的开头。",
)
def first_order(derivatives):
    return 1 + float(derivatives.sum())


@residual_derivative.mistake(en="Absolute values were taken.", zh="取了绝对值。")
def absolute(derivatives):
    return float((1 + derivatives.abs()).prod())
