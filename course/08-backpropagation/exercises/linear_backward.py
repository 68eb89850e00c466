import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def layer(draw: RandomInputs):
    n, d, o = draw.size(2, 5), draw.size(2, 4), draw.size(2, 4)
    return draw.normal(n, d), draw.normal(o, d), draw.normal(n, o)


@exercise("forward-and-backward", order=1, zh="线性层的反向", en="Backward through a linear layer", arguments=layer)
def linear_backward(x: Tensor, weight: Tensor, grad_output: Tensor) -> tuple[Tensor, Tensor]:
    """For y = x @ weight.T, compute the gradients with respect to x and weight from the one with respect to y.

    y = x @ weight.T，已知损失对 y 的梯度，求对 x 和 weight 的梯度。

    Args:
        x: (n, d).
        weight: (o, d).
        grad_output: (n, o), dL/dy.

    Returns:
        dL/dx, (n, d), and dL/dweight, (o, d).

    >>> linear_backward(torch.tensor([[2.0]]), torch.tensor([[3.0]]), torch.tensor([[1.0]]))
    (tensor([[3.]]), tensor([[2.]]))
    """
    raise NotImplementedError


@linear_backward.solution(
    en="""
    The gradient of the weight is the output gradient times the input, summed over examples; that of the input is the
    output gradient times the weight.
    """,
    zh="权重的梯度是输出的梯度乘输入，对样本求和；输入的梯度是输出的梯度乘权重。",
)
def linear_backward(x, weight, grad_output):
    return grad_output @ weight, grad_output.T @ x


@linear_backward.mistake(
    en="The gradient of the weight is transposed: it has the shape of the weight.",
    zh="对 weight 的梯度转置了：它应当和 weight 同形。",
)
def weight_transposed(x, weight, grad_output):
    return grad_output @ weight, x.T @ grad_output


@linear_backward.mistake(
    en="The gradient of the weight was averaged over the batch: examples add up.",
    zh="对 weight 的梯度取了平均：各样本应当相加。",
)
def averaged(x, weight, grad_output):
    return grad_output @ weight, grad_output.T @ x / len(x)


@linear_backward.mistake(en="dL/dx and dL/dweight are exchanged.", zh="两个结果的次序反了。")
def exchanged(x, weight, grad_output):
    return grad_output.T @ x, grad_output @ weight


@linear_backward.mistake(
    en="The gradient of the output is not used: this is only the layer's own.",
    zh="没有用到上游传来的梯度：这只是本层自己的。",
)
def local_only(x, weight, grad_output):
    one = torch.ones_like(grad_output)
    return one @ weight, one.T @ x
