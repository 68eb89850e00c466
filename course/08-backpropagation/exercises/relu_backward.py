import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "forward-and-backward",
    order=2,
    zh="穿过 ReLU",
    en="Backward through a ReLU",
    arguments=lambda draw: (draw.normal(n := draw.size(3, 8)), draw.normal(n)),
)
def relu_backward(before: Tensor, grad_output: Tensor) -> Tensor:
    """Compute the gradient with respect to the input of a ReLU from that of its output.

    已知损失对 ReLU 输出的梯度，求对输入的梯度。

    Args:
        before: (n,), what went in. ReLU 的输入。
        grad_output: (n,), dL/d(output).

    >>> relu_backward(torch.tensor([-1.0, 2.0]), torch.tensor([5.0, 7.0]))
    tensor([0., 7.])
    """
    raise NotImplementedError


@relu_backward.solution(
    en="Where the input is above 0 the gradient passes; elsewhere it is 0.",
    zh="输入大于 0 的地方梯度原样通过，其余为 0。",
)
def relu_backward(before, grad_output):
    return grad_output * (before > 0)


@relu_backward.mistake(
    en="The ReLU was applied to the gradient: what counts is the sign of the input.",
    zh="对梯度做了 ReLU：要看的是输入的符号，不是梯度的。",
)
def relu_of_gradient(before, grad_output):
    return grad_output.relu()


@relu_backward.mistake(
    en="The input was multiplied in: the derivative of a ReLU is 1 or 0.", zh="乘上了输入的值：ReLU 的导数是 1 或 0。"
)
def times_input(before, grad_output):
    return grad_output * before.relu()


@relu_backward.mistake(en="The mask is the wrong way round.", zh="掩码反了。")
def reversed_mask(before, grad_output):
    return grad_output * (before <= 0)


@relu_backward.mistake(
    en="Everything passes: where the input was below 0 nothing should.", zh="全都放过去了：输入小于 0 的地方应当挡住。"
)
def all_pass(before, grad_output):
    return grad_output
