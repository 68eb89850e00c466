import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise

from ._shared import cell


def one_step(draw: RandomInputs):
    n, features, hidden = draw.size(1, 4), draw.size(1, 4), draw.size(2, 5)
    return draw.normal(n, features), draw.normal(n, hidden), *cell(draw, features, hidden)


@exercise("rnn", order=1, zh="循环网络的一步", en="One step of a recurrent network", arguments=one_step)
def rnn_step(x: Tensor, h: Tensor, W: Tensor, U: Tensor, b: Tensor) -> Tensor:
    """Return the next hidden state: tanh of what comes in and what was remembered, each through its weights, and a bias.

    求下一个隐状态：输入和记忆各乘自己的权重，相加，再加偏置，取 tanh。

    Args:
        x: (n, d), the input of this step. 这一步的输入。
        h: (n, m), the hidden state so far. 到目前为止的隐状态。
        W: (d, m), weights of the input.
        U: (m, m), weights of the state.
        b: (m,), bias.

    >>> h = rnn_step(torch.ones(1, 1), torch.zeros(1, 1), torch.tensor([[0.5]]), torch.tensor([[0.8]]), torch.zeros(1))
    >>> round(h.item(), 3)
    0.462
    """
    raise NotImplementedError


@rnn_step.solution(
    en="The same as one linear layer on input and state side by side: $[x, h]$ times $W$ over $U$.",
    zh="等价于把输入和状态并排接起来，过一个线性层：$[x, h]$ 乘上下叠放的 $W$ 和 $U$。",
)
def rnn_step(x, h, W, U, b):
    return torch.tanh(x @ W + h @ U + b)


@rnn_step.mistake(
    en="Without its bias every unit is at zero whenever input and state are: it has no resting level of its own.",
    zh="没有偏置：输入和状态都为零时，每个单元也只能是零，没有自己的基准。",
)
def no_bias(x, h, W, U, b):
    return torch.tanh(x @ W + h @ U)


@rnn_step.mistake(
    en="The recurrent weights are read the wrong way round: U is square, so the shapes don't complain. "
    "Which index belongs to the old state?",
    zh="循环权重用反了：U 是方阵，形状不会报错。哪个下标对应旧状态？",
)
def transposed(x, h, W, U, b):
    return torch.tanh(x @ W + h @ U.T + b)


@rnn_step.mistake(
    en="The bias was added behind the nonlinearity: then the state is no longer between -1 and 1.",
    zh="偏置加在了非线性之后：状态就可能超出 −1 到 1。",
)
def bias_after(x, h, W, U, b):
    return torch.tanh(x @ W + h @ U) + b


@rnn_step.mistake(
    en="What goes through U was computed in this very step: the memory is what was there before.",
    zh="经过 U 的是这一步刚算出来的东西：记忆应当是之前就有的。",
)
def own_output_fed_back(x, h, W, U, b):
    return torch.tanh(x @ W + torch.tanh(x @ W + b) @ U + b)


@rnn_step.mistake(
    en="The state begins at zero in every step: this layer remembers nothing.",
    zh="每一步的状态都从零开始：这样的层什么也记不住。",
)
def forgets(x, h, W, U, b):
    return torch.tanh(x @ W + torch.zeros_like(h) @ U + b)
