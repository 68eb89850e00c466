import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "bptt",
    order=1,
    zh="沿时间反向传播",
    en="Backpropagation through time",
    arguments=lambda draw: (draw.number(0.3, 1.2), draw.normal(draw.size(3, 7), scale=2)),
)
def recurrent_gradient(w: float, x: Tensor) -> float:
    """Return the derivative of the last state of h = w * h + x with respect to w, through all steps.

    递推 h = w · h + x：求最后一个状态对 w 的导数，要走过所有时间步。

    Args:
        w: the recurrent weight; every step uses it. 循环权重，每一步都用它。
        x: (T,), one input a step; h is 0 before the first. 每步一个输入；第一步之前 h = 0。

    >>> recurrent_gradient(0.5, torch.ones(3))
    2.0
    """
    raise NotImplementedError


@recurrent_gradient.solution(
    en="w acts twice in each step: directly, times the state before it, and through that state, which depends on w too.",
    zh="每一步里 w 起两次作用：直接乘在前一个状态上；前一个状态本身也依赖 w。",
)
def recurrent_gradient(w, x):
    state, derivative = 0.0, 0.0
    for value in x.tolist():
        derivative = state + w * derivative
        state = w * state + value
    return derivative


def _gradient(w, x, rule):
    state, gradient = 0.0, 0.0
    for value in x.tolist():
        after = w * state + value
        gradient = rule(state, after, gradient)
        state = after
    return gradient


@recurrent_gradient.mistake(
    en="The chain was cut after one step: the state that w meets was made with w too.",
    zh="只往回走了一步：和 w 相乘的那个状态，也是用 w 算出来的。",
)
def one_step(w, x):
    return _gradient(w, x, lambda before, after, gradient: before)


@recurrent_gradient.mistake(
    en="What happened early was dropped: this goes two steps back and then acts as if the state were a given number.",
    zh="更早的部分丢了：只往回走两步，再往前就把状态当成了常数。",
)
def two_steps(w, x):
    last, before = _gradient(w, x, lambda old, new, found: old), _gradient(w, x[:-1], lambda old, new, found: old)
    return last + w * before


@recurrent_gradient.mistake(
    en="The state was renewed before its old value was used: the product in this step is with the state that came in.",
    zh="旧状态还没用就被更新了：这一步里和 w 相乘的，是进来时的状态。",
)
def new_state(w, x):
    return _gradient(w, x, lambda before, after, gradient: after + w * gradient)


@recurrent_gradient.mistake(
    en="On its way back through a step the gradient passes the weight, and here it passes unchanged.",
    zh="梯度往回穿过一步时要经过权重，这里却原样通过了。",
)
def weight_forgotten(w, x):
    return _gradient(w, x, lambda before, after, gradient: before + gradient)


@recurrent_gradient.mistake(
    en="The newest contribution was scaled together with the old ones: the direct effect of this step has no further step "
    "to pass.",
    zh="最新的一项和旧的一起被缩放了：这一步的直接作用，并不需要再穿过别的步。",
)
def scaled_too_late(w, x):
    return _gradient(w, x, lambda before, after, gradient: w * (before + gradient))
