import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def layer(draw: RandomInputs):
    n, d, o = draw.size(2, 5), draw.size(2, 4), draw.size(2, 4)
    return draw.normal(n, d), draw.normal(o, d), draw.normal(n, o)


@exercise("forward-and-backward", order=1, zh="线性层的反向", en="Backward through a linear layer", arguments=layer)
def linear_backward(x: Tensor, weight: Tensor, slope: Tensor) -> tuple[Tensor, Tensor]:
    """For y = x @ weight.T, hand the slope of the loss by y on to x and to weight.

    y = x @ weight.T，已知损失对 y 的斜率，求对 x 和 weight 的斜率。

    Args:
        x: (n, d).
        weight: (o, d).
        slope: (n, o), dL/dy.

    Returns:
        dL/dx, (n, d), and dL/dweight, (o, d).

    >>> linear_backward(torch.tensor([[2.0]]), torch.tensor([[3.0]]), torch.tensor([[1.0]]))
    (tensor([[3.]]), tensor([[2.]]))
    """
    raise NotImplementedError


@linear_backward.solution(
    en="""
    A weight's slope is that at its exit times the number at its entrance, added over examples; the input's is the slope
    times the weights.
    """,
    zh="权重的梯度是出口的斜率乘入口的数，对样本相加；输入的梯度是斜率乘权重。",
)
def linear_backward(x, weight, slope):
    return slope @ weight, slope.T @ x


@linear_backward.mistake(
    en="The slope of the weight is transposed: it has the shape of the weight.",
    zh="对 weight 的斜率转置了：它应当和 weight 同形。",
)
def weight_transposed(x, weight, slope):
    return slope @ weight, x.T @ slope


@linear_backward.mistake(
    en="The slope of the weight was averaged over the batch: examples add up.",
    zh="对 weight 的斜率取了平均：各样本应当相加。",
)
def averaged(x, weight, slope):
    return slope @ weight, slope.T @ x / len(x)


@linear_backward.mistake(en="dL/dx and dL/dweight are exchanged.", zh="两个结果的次序反了。")
def exchanged(x, weight, slope):
    return slope.T @ x, slope @ weight


@linear_backward.mistake(
    en="The slope from above is not used: this is only the layer's own.",
    zh="没有用到上面传来的斜率：这只是本层自己的。",
)
def own_slope(x, weight, slope):
    one = torch.ones_like(slope)
    return one @ weight, one.T @ x
