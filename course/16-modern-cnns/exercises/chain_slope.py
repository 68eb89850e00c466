import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "resnet",
    order=2,
    zh="残差链的梯度",
    en="Slopes through residual layers",
    arguments=lambda draw: (draw.normal(draw.size(1, 12)) * 0.5,),
)
def chain_slope(slopes: Tensor) -> float:
    """Layers are x + f_i(x), numbers in, numbers out: from the slopes of the f_i give that of the whole chain.

    各层是 x + f_i(x)（输入输出都是一个数）：已知各 f_i 的斜率，求整条链的斜率。

    Args:
        slopes: (layers,).

    >>> chain_slope(torch.tensor([1.0, 0.5]))
    3.0
    """
    raise NotImplementedError


@chain_slope.solution(
    en="Every layer's slope is $1 + f'$; multiply.",
    zh="每层的斜率是 $1 + f'$，相乘。",
)
def chain_slope(slopes):
    return (1 + slopes).prod().item()


@chain_slope.mistake(en="The shortcuts are missing.", zh="漏了捷径。")
def plain_chain(slopes):
    return float(slopes.prod())


@chain_slope.mistake(
    en="One shortcut for the whole chain: every layer has one.", zh="整条链只有一条捷径：应当每层一条。"
)
def one_shortcut(slopes):
    return 1 + float(slopes.prod())


@chain_slope.mistake(
    en="The slopes were added: this is only the beginning of the product.", zh="只是把斜率相加：那只是乘积展开的开头。"
)
def first_order(slopes):
    return 1 + float(slopes.sum())


@chain_slope.mistake(en="Absolute values were taken.", zh="取了绝对值。")
def absolute(slopes):
    return float((1 + slopes.abs()).prod())
