import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def net_of_two(draw: RandomInputs):
    n, d, h, o = draw.size(2, 5), draw.size(2, 4), draw.size(2, 6), draw.size(1, 3)
    return draw.normal(n, d), draw.normal(h, d), draw.normal(h), draw.normal(o, h), draw.normal(o)


@exercise("mlp", order=1, zh="两层的前向计算", en="Forward through two layers", arguments=net_of_two)
def mlp_forward(inputs: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    """Return the output of a perceptron with one hidden layer of ReLUs; weights lie as in nn.Linear.

    单隐藏层（ReLU）感知机的输出；权重的摆法和 nn.Linear 一样。

    Args:
        inputs: (n, d).
        w1: (h, d).
        b1: (h,).
        w2: (o, h).
        b2: (o,).

    Returns:
        (n, o).

    >>> one = torch.ones(1, 1)
    >>> mlp_forward(-one, one, torch.tensor([3.0]), one, torch.tensor([0.5]))
    tensor([[2.5000]])
    """
    raise NotImplementedError


@mlp_forward.solution(
    en="Linear, ReLU, linear; nothing behind the last.",
    zh="线性、ReLU、再线性；最后一层不加激活函数。",
)
def mlp_forward(inputs, w1, b1, w2, b2):
    hidden = (inputs @ w1.T + b1).relu()
    return hidden @ w2.T + b2


@mlp_forward.mistake(
    en="There is no activation between the layers: two linear layers are one.",
    zh="两层之间没有激活函数：两个线性层等于一个。",
)
def linear_twice(inputs, w1, b1, w2, b2):
    return (inputs @ w1.T + b1) @ w2.T + b2


@mlp_forward.mistake(
    en="The output went through a ReLU too: it can't be negative any more.", zh="输出也过了 ReLU：再也不会是负数。"
)
def relu_at_the_end(inputs, w1, b1, w2, b2):
    return ((inputs @ w1.T + b1).relu() @ w2.T + b2).relu()


@mlp_forward.mistake(en="A bias is missing, that of the hidden layer.", zh="漏了隐藏层的偏置。")
def hidden_bias_missing(inputs, w1, b1, w2, b2):
    return (inputs @ w1.T).relu() @ w2.T + b2


@mlp_forward.mistake(
    en="The bias was added behind the ReLU: it should shift the kink.", zh="偏置加在了 ReLU 之后：它应当移动拐点。"
)
def bias_behind_relu(inputs, w1, b1, w2, b2):
    return ((inputs @ w1.T).relu() + b1) @ w2.T + b2


@mlp_forward.mistake(en="The activation is a sigmoid here; ReLU is asked for.", zh="这里用的是 sigmoid，要的是 ReLU。")
def with_sigmoid(inputs, w1, b1, w2, b2):
    return (inputs @ w1.T + b1).sigmoid() @ w2.T + b2
