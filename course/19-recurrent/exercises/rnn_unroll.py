import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise

from ._shared import cell


def sequence(draw: RandomInputs):
    steps, n, features, hidden = draw.size(2, 5), draw.size(2, 4), draw.size(1, 3), draw.size(2, 4)
    return draw.normal(steps, n, features), draw.normal(n, hidden), *cell(draw, features, hidden)


@exercise("rnn", order=3, zh="沿时间展开", en="Unroll in time", arguments=sequence)
def rnn_unroll(x: Tensor, h: Tensor, W: Tensor, U: Tensor, b: Tensor) -> Tensor:
    """Run a recurrent layer over a sequence and return the hidden state after each step.

    让循环层读完整个序列，给出每一步之后的隐状态。

    Args:
        x: (steps, n, d), in order of time.
        h: (n, m), the state before the first step. 第一步之前的状态。
        W: (d, m), weights of the input.
        U: (m, m), weights of the state.
        b: (m,), bias.

    Returns:
        (steps, n, m). A step is tanh(x W + h U + b). 每一步是 tanh(x W + h U + b)。

    >>> x = torch.tensor([1.0, 0.0, 1.0]).view(3, 1, 1)
    >>> states = rnn_unroll(x, torch.zeros(1, 1), torch.tensor([[0.5]]), torch.tensor([[0.8]]), torch.zeros(1))
    >>> [round(v, 3) for v in states.flatten().tolist()]
    [0.462, 0.354, 0.654]
    """
    raise NotImplementedError


@rnn_unroll.solution(
    en="One state, replaced step by step, and a note of each. The loop can't be parallel: every step waits for the last.",
    zh="状态只有一个，一步步替换，每次都记下来。这个循环没法并行：每一步都要等上一步。",
)
def rnn_unroll(x, h, W, U, b):
    states = []
    for step in x:
        h = torch.tanh(step @ W + h @ U + b)
        states.append(h)
    return torch.stack(states)


def _states(x, h, W, U, b):
    return rnn_unroll.worked.candidate(x, h, W, U, b)


@rnn_unroll.mistake(
    en="Every step begins from the first state: what was just computed must be what the next step remembers.",
    zh="每一步都从最初的状态出发：刚算出的状态才是下一步的记忆。",
)
def state_not_carried(x, h, W, U, b):
    return torch.tanh(x @ W + h @ U + b)


@rnn_unroll.mistake(
    en="The states were noted before their steps: the given one is among them, and the last is missing.",
    zh="状态记早了一步：给定的初始状态混在里面，最后一个却没有。",
)
def noted_too_early(x, h, W, U, b):
    return torch.cat([h[None], _states(x, h, W, U, b)[:-1]])


@rnn_unroll.mistake(
    en="Steps and examples are exchanged in what comes back: along which axis were the states put together?",
    zh="交回来的结果里，时间和样本两个轴对调了：各个状态是沿哪个轴拼起来的？",
)
def examples_first(x, h, W, U, b):
    return _states(x, h, W, U, b).transpose(0, 1)


@rnn_unroll.mistake(
    en="The sequence was read from its end: the first state already knows the future.",
    zh="序列从末尾读起：第一个状态已经知道了未来。",
)
def from_the_end(x, h, W, U, b):
    return _states(x.flip(0), h, W, U, b)


@rnn_unroll.mistake(
    en="The nonlinearity is only in what is noted: what is carried on is the plain sum, and the whole layer is linear in "
    "time.",
    zh="非线性只用在了记下来的值上：往下传的是没过 tanh 的和，沿时间看整个层是线性的。",
)
def carried_without_tanh(x, h, W, U, b):
    sums = []
    for step in x:
        h = step @ W + h @ U + b
        sums.append(h)
    return torch.stack(sums).tanh()
