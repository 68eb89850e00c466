"""Chapter 1: automatic differentiation, and what it costs."""

import tracemalloc
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.core.reference import relative_difference
from d2lab.core.timing import time_interleaved
from d2lab.engine import Array, Dual, Number, jacobian, no_grad, vjp


@claim(
    chapter=1,
    kind="identity",
    en="The gradient of 2 x.x is 4x, and gradients add up over calls of backward() until they are cleared.",
    zh="2 x·x 的梯度为 4x；多次调用 backward() 时梯度会累加，直到清零。",
)
def gradients_add_up_until_they_are_cleared() -> Evidence:
    x = torch.arange(4.0, dtype=torch.float64, requires_grad=True)
    ours = Array(np.arange(4.0), requires_grad=True)
    differences: list[float] = []
    for times in (1, 2, 1):  # the third time after clearing
        if len(differences) == 4:
            x.grad = None
            ours.zero_grad()
        torch.autograd.backward(2 * torch.dot(x, x))
        (2 * (ours @ ours)).backward()
        gradients = np.asarray(x.grad), np.asarray(ours.grad)
        differences += [float(np.abs(gradient - 4.0 * times * np.arange(4)).max()) for gradient in gradients]
    return Evidence(
        value={"difference": max(differences)},
        bound="at most 0 from 4x, 8x after a second call, 4x again after clearing; torch and our engine",
        verdict=within(max(differences), 0.0),
        n=len(differences),
        why_en="The gradient with respect to a number that is used twice is the sum over both uses; a second call is "
        "another use.",
        why_zh="一个量被用了两次，就要承受两次影响之和，所以梯度是相加的；再次调用不过是又用了一次。",
    )


@claim(
    chapter=1,
    kind="identity",
    en="Loops and branches of Python are differentiated as they ran, and detach() makes a result a constant.",
    zh="Python 的循环和分支按实际执行的路径求导；detach() 把结果变成常数。",
)
def control_flow_is_differentiated_as_it_ran() -> Evidence:
    def function(a: Any) -> Any:  # noqa: ANN401  (of torch's numbers and ours)
        b = a * 2
        while abs(b) < 1000:
            b = b * 2
        return b if b > 0 else 100 * b

    differences = []
    for start in torch.randn(20, dtype=torch.float64).tolist():
        numbers: list[Any] = [torch.tensor(start, dtype=torch.float64), Array(start)]
        for a in numbers:
            a.requires_grad = True
            result = function(a)
            result.backward()
            differences.append(abs(a.grad.item() / (result.item() / start) - 1))
            a.grad = None
            (a * (a * a).detach()).backward()  # a^3, were the square not a constant
            differences.append(abs(a.grad.item() / start**2 - 1))
    return Evidence(
        value={"difference": max(differences)},
        bound="at most 1e-12 from f(a) / a, and from a^2 with the square detached; relative",
        verdict=within(max(differences), 1e-12),
        n=len(differences),
        why_en="Only the operations that ran are remembered; for each a they multiply by a constant, so the "
        "derivative is f(a) / a. A detached result has no history.",
        why_zh="被记录的只有实际执行过的运算；对给定的 a，它们只是乘以一个常数，因此导数是 f(a) / a。detach "
        "之后的量没有来历。",
    )


@claim(
    chapter=1,
    kind="measurement",
    en="For a scalar function of many inputs, reverse mode traverses the graph once, forward mode once for each input.",
    zh="多输入单输出时，反向模式只走一遍计算图，正向模式则每个输入都要走一遍。",
    covers=("the time of reverse mode does not grow with the number of inputs beside the function's own",),
)
def forward_mode_walks_once_for_each_input() -> Evidence:
    def function(x: Any) -> Any:  # noqa: ANN401  (of both modes)
        return (x.sin() * x).sum()

    place = np.linspace(-1, 1, 256)
    reverse, forward = jacobian(function, place, "reverse"), jacobian(function, place, "forward")
    difference = float(np.abs(reverse.values - forward.values).max())
    laps = time_interleaved(
        {
            "reverse": lambda: jacobian(function, place, "reverse"),
            "forward": lambda: jacobian(function, place, "forward"),
        },
        rounds=5,
    )
    ratio = median(laps["forward"]) / median(laps["reverse"])
    right = (reverse.passes, forward.passes) == (1, 256) and difference <= 1e-12 and ratio > 8
    return Evidence(
        value={"ratio": ratio, "reverse": reverse.passes, "forward": forward.passes},
        bound="1 pass and 256, with a time ratio above 8, for the same gradient of 256 entries",
        verdict="holds" if right else "does not hold",
        n=len(place),
        why_en="A forward pass carries the derivative with respect to one input to all outputs, a backward pass the "
        "gradient of one output to all inputs. With {forward} inputs that took {ratio:.0f} times as long.",
        why_zh="正向走一遍，传递的是一个输入对所有输出的影响；反向走一遍，传递的是一个输出对所有输入的梯度。"
        "输入有 {forward} 个时，正向模式用时是反向模式的 {ratio:.0f} 倍。",
    )


@claim(
    chapter=1,
    kind="measurement",
    en="Reverse mode keeps every intermediate result, so its memory grows with the length of the calculation; "
    "that of forward mode does not.",
    zh="反向模式要保存所有中间结果，内存随计算的长度增长；正向模式的内存则不变。",
)
def reverse_mode_keeps_every_intermediate_result() -> Evidence:
    def peak(number: Number, steps: int) -> int:
        tracemalloc.start()
        for _ in range(steps):
            number = number.sin()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    x = np.linspace(-1, 1, 20_000)
    kinds: dict[str, Number] = {"reverse": Array(x, requires_grad=True), "forward": Dual(x, np.ones_like(x))}
    growth = {name: round(peak(number, 80) / peak(number, 10), 1) for name, number in kinds.items()}
    return Evidence(
        value=growth,
        bound="above 5 in reverse mode, below 1.5 in forward mode: memory of 80 operations over that of 10",
        verdict="holds" if growth["reverse"] > 5 and growth["forward"] < 1.5 else "does not hold",
        n=80,
        why_en="The derivative of sin at a step needs the input of that step, and reverse mode gets there last: 8 "
        "times the steps took {reverse:.1f} times the memory. Forward mode uses each input at once ({forward:.1f} "
        "times).",
        why_zh="每一步 sin 的导数都要用到当时的输入，而反向模式最后才回到那里：步数为 8 倍时内存为 {reverse:.1f} 倍。"
        "正向模式随用随弃，只有 {forward:.1f} 倍。",
    )


@claim(
    chapter=1,
    kind="measurement",
    en="Checkpoints give the same gradient from less memory, for a second forward pass.",
    zh="检查点法多做一次前向计算，以更少的内存得到同样的梯度。",
)
def checkpoints_trade_memory_for_a_second_pass() -> Evidence:
    def segment(x: Array) -> Array:
        for _ in range(8):
            x = x.sin()
        return x

    start = np.linspace(-1, 1, 20_000)
    tracemalloc.start()
    x = result = Array(start, requires_grad=True)
    for _ in range(8):
        result = segment(result)
    result.backward(np.ones_like(start))
    plain = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del result
    tracemalloc.start()
    borders = [start]
    with no_grad():
        for _ in range(8):
            borders.append(segment(Array(borders[-1])).data)
    gradient = np.ones_like(start)
    for border in reversed(borders[:-1]):
        (gradient,) = vjp(segment, border)[1](gradient)
    thrifty = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    difference, share = float(np.abs(gradient - np.asarray(x.grad)).max()), round(thrifty / plain, 1)
    return Evidence(
        value={"share": share, "difference": difference},
        bound="at most half of the memory, and a gradient at most 1e-12 apart",
        verdict="holds" if share <= 0.5 and difference <= 1e-12 else "does not hold",
        n=64,
        why_en="Of 64 results only every eighth is kept, and those between are recomputed when the backward pass "
        "needs them: {share:.1f} of the memory.",
        why_zh="64 个中间结果只存每第 8 个，梯度传到时再重算其间的部分：内存只需原来的 {share:.1f} 倍。",
    )


@claim(
    chapter=1,
    kind="identity",
    en="Automatic derivatives equal those found by hand: of sigmoid, tanh, softmax with cross-entropy, and length.",
    zh="自动求导与手工推导一致：sigmoid、tanh、softmax 加交叉熵以及向量长度皆然。",
    budget_s=10,
)
def autograd_equals_derivatives_by_hand() -> Evidence:
    x = torch.randn(6, 5, dtype=torch.float64, requires_grad=True)
    target = torch.randint(5, (6,))
    functions: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
        "sigmoid": lambda x: torch.sigmoid(x).sum(),
        "tanh": lambda x: x.tanh().sum(),
        "softmax": lambda x: functional.cross_entropy(x, target, reduction="sum"),
        "length": torch.linalg.vector_norm,
    }
    fixed = x.detach()
    by_hand = {
        "sigmoid": torch.sigmoid(fixed) * (1 - torch.sigmoid(fixed)),
        "tanh": 1 - fixed.tanh() ** 2,
        "softmax": fixed.softmax(1) - functional.one_hot(target, 5),
        "length": fixed / torch.linalg.vector_norm(fixed),
    }
    found = {name: torch.autograd.grad(function(x), x)[0] for name, function in functions.items()}
    difference = max(relative_difference(found[name], by_hand[name]) for name in found)
    agreed = sum(torch.autograd.gradcheck(function, (x,)) for function in functions.values())
    return Evidence(
        value={"difference": difference, "agreed": agreed},
        bound="at most 1e-12, relative, and finite differences agree with all 4",
        verdict=within(difference, 1e-12) if agreed == 4 else "does not hold",
        n=4 * x.numel(),
        why_en="Both apply the chain rule, and differ by rounding; finite differences, which know no rule, agree with "
        "{agreed} of 4.",
        why_zh="两者用的都是链式法则，只差舍入误差；不依赖任何法则的有限差分也与 4 个中的 {agreed} 个吻合。",
    )
