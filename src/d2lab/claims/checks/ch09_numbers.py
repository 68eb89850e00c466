"""Chapter 9: the numbers themselves: half precision, series at zero, inf and nan."""

import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.layers.activation import sigmoid, tanh
from d2lab.train.guard import watching


def series(function: Callable[[Tensor], Tensor], order: int) -> list[float]:
    """Return the derivatives 0 to `order` at 0."""
    x = torch.zeros((), dtype=torch.float64, requires_grad=True)
    values = [function(x)]
    for _ in range(order):
        (derivative,) = torch.autograd.grad(values[-1], x, create_graph=True)
        values.append(derivative)
    return [float(value.detach()) for value in values]


@claim(
    chapter=9,
    kind="identity",
    en="Half precision (float16) reaches from 6e-5 to 6e4.",
    zh="半精度（float16）的范围是 6e-5 到 6e4。",
    scope="numbers with all their digits; with fewer and fewer it goes down to 6e-8",
)
def half_precision_reaches_from_6e_5_to_6e4() -> Evidence:
    largest, smallest = 65504.0, 2.0**-14
    edges = torch.tensor([largest, 65520.0, smallest, 2.0**-24, 2.0**-26], dtype=torch.float64).half()
    exact = edges[:3].tolist() == [largest, float("inf"), smallest] and edges[4] == 0
    info = torch.finfo(torch.float16)
    known = (info.max, info.smallest_normal) == (largest, smallest)
    least = float(edges[3])
    return Evidence(
        value={"largest": largest, "smallest": smallest, "least": least},
        bound="65504 stays, 65520 is inf; 2^-14 is the smallest normal number, 2^-24 the smallest of all",
        verdict="holds in scope" if exact and known and least == 2.0**-24 else "does not hold",
        n=len(edges),
        why_en="Five bits of exponent end at 2^15 and 2^-14 ({smallest:.1e}); below, numbers give up digits one by "
        "one until {least:.0e}. A gradient that is smaller is 0: hence the scaling of losses.",
        why_zh="五位指数从 2⁻¹⁴（{smallest:.1e}）到 2¹⁵；再往下，有效位逐个减少，直到 {least:.0e}。"
        "更小的梯度就成了零，所以才要放大损失。",
    )


@claim(
    chapter=9,
    kind="identity",
    en="Near 0 tanh is about x, a sigmoid is not, and 4 sigmoid(x) - 2 is.",
    zh="在零附近，tanh(x) 约等于 x，sigmoid 则不然，而 4 sigmoid(x) - 2 约等于 x。",
)
def tanh_and_the_scaled_sigmoid_are_x_near_zero() -> Evidence:
    found = {
        "tanh": series(tanh, 3),
        "sigmoid": series(sigmoid, 3),
        "scaled": series(lambda x: 4 * sigmoid(x) - 2, 3),
    }
    expected: dict[str, list[float]] = {
        "tanh": [0, 1, 0, -2],
        "sigmoid": [1 / 2, 1 / 4, 0, -1 / 8],
        "scaled": [0, 1, 0, -1 / 2],
    }
    off = max(abs(a - b) for name in found for a, b in zip(found[name], expected[name], strict=True))
    x = torch.linspace(-20, 20, 1001, dtype=torch.float64)
    stretched = float((4 * sigmoid(x) - 2 - 2 * tanh(x / 2)).abs().max())
    difference = max(off, stretched)
    return Evidence(
        value={"difference": difference},
        bound="at most 1e-12: derivatives 0 to 3 at 0, and 4 sigmoid(x) - 2 = 2 tanh(x / 2) from -20 to 20",
        verdict=within(difference, 1e-12),
        n=12,
        why_en="A sigmoid begins as 1/2 + x/4: it shifts and shrinks. Taken four times and moved down by 2 it is a "
        "tanh stretched by two, which begins as x - x^3/12.",
        why_zh="sigmoid 的展开式是 1/2 + x/4 + …，既平移又缩小；乘以 4 再减 2，就是横竖各拉长一倍的 tanh，展开为 x - x"
        "³/12 + …。",
    )


@claim(
    chapter=9,
    kind="identity",
    en="Near 0 a ReLU is about x.",
    zh="在零附近，ReLU(x) 约等于 x。",
)
def relu_is_x_near_zero() -> Evidence:
    sizes = torch.logspace(-8, 0, 9, dtype=torch.float64)
    right = float((nn.functional.relu(sizes) / sizes - 1).abs().max())
    left = float((nn.functional.relu(-sizes) / -sizes - 1).abs().max())
    return Evidence(
        value={"left": left, "right": right},
        bound="a relative distance from x that goes to 0 with x, on both sides",
        verdict="holds" if max(left, right) <= 1e-12 else "does not hold",
        n=2 * len(sizes),
        counterexample="x = -1e-8: ReLU gives 0",
        why_en="It is x to the right, exactly, and 0 to the left, however near ({left:.0f} times x off): it has no "
        "series at 0. That half is why its weights need twice Xavier's variance.",
        why_zh="右侧恰好等于 x，左侧恒为零，离零再近也差一整个 x（相对误差 {left:.0f}）：它在零点没有泰勒展开。"
        "正因为丢了这一半，权重方差才要比 Xavier 的大一倍。",
    )


@claim(
    chapter=9,
    kind="definition",
    en="nan comes from undefined operations, inf from overflow and division by zero.",
    zh="nan 来自无定义的运算，inf 来自溢出或除以零。",
)
def nan_is_undefined_and_inf_is_too_large() -> Evidence:
    zero, infinite = torch.zeros(()), torch.tensor(float("inf"))
    undefined = [zero / zero, (zero - 1).sqrt(), (zero - 1).log(), infinite - infinite, zero * infinite]
    too_large = [1 / zero, (zero + 89).exp(), torch.tensor(3e38) * 10, -zero.log()]
    nans = sum(bool(value.isnan()) for value in undefined)
    infs = sum(bool(value.isinf()) for value in too_large)
    return Evidence(
        value={"nans": nans, "infs": infs},
        bound="nan from 0/0, sqrt(-1), log(-1), inf - inf, 0 inf; inf from 1/0, exp(89), 3e38 10, -log(0), in float32",
        verdict="holds" if nans == len(undefined) and infs == len(too_large) else "does not hold",
        n=len(undefined) + len(too_large),
        why_en="inf still says on which side and that it is large, nan says nothing: {infs} of these gave the one, "
        "{nans} the other. An inf that meets another inf or a 0 becomes nan.",
        why_zh="inf 还说明了方向和“太大”，nan 则什么也不说：这些运算中 {infs} 个得 inf，{nans} 个得 nan。"
        "inf 再遇上 inf 或 0，就变成 nan。",
    )


@claim(
    chapter=9,
    kind="definition",
    en="Every comparison with nan is false.",
    zh="任何与 nan 的比较，结果都是假。",
)
def any_comparison_with_nan_is_false() -> Evidence:
    nan = torch.tensor(float("nan"))
    answers = {
        "==": nan == nan,  # noqa: PLR0124  (the only number that is not itself)
        "<": nan < 1,
        ">": nan > 1,
        "<=": nan <= nan,  # noqa: PLR0124
        ">=": nan >= nan,  # noqa: PLR0124
        "!=": nan != nan,  # noqa: PLR0124
    }
    true = [sign for sign, answer in answers.items() if answer]
    return Evidence(
        value={"true": len(true), "comparisons": len(answers)},
        bound="false for all 6 signs",
        verdict="does not hold" if true else "holds",
        n=len(answers),
        counterexample="nan != nan",
        why_en="{true} of {comparisons} is true: x != x, and that is how a program finds nan. A check such as loss > "
        "1e6 lets it pass.",
        why_zh="{comparisons} 种比较中有 {true} 种为真：x != x，程序正是靠它发现 nan。loss > 1e6 这样的检查则会把 nan "
        "放过去。",
    )


@claim(
    chapter=9,
    kind="identity",
    en="Too large a learning rate ends in inf and then in nan.",
    zh="学习率过大，数值先变成 inf，再变成 nan。",
    scope="the square of one weight, float32",
)
def too_large_a_rate_ends_in_inf_then_nan() -> Evidence:
    first: dict[float, dict[str, int]] = {}
    for rate in (0.9, 1.1):
        weight, first[rate] = nn.Parameter(torch.ones(())), {}
        optimizer = torch.optim.SGD([weight], lr=rate)
        for step in range(1, 601):
            optimizer.zero_grad()
            weight.square().backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            for name, found in (("inf", weight.isinf()), ("nan", weight.isnan())):
                if found:
                    first[rate].setdefault(name, step)
    inf, nan = first[1.1].get("inf", 0), first[1.1].get("nan", 0)
    return Evidence(
        value={"inf": inf, "nan": nan},
        bound="inf before nan at a rate of 1.1, neither at 0.9",
        verdict="holds" if 0 < inf < nan and not first[0.9] else "does not hold",
        n=600,
        why_en="Each step multiplies the weight by 1 - 2 rate: above a rate of 1 it swings ever wider, overflows at "
        "step {inf}, and inf - inf is nan at step {nan}.",
        why_zh="每一步权重都乘以 1 - 2η：η 大于 1 时越摆越远，第 {inf} 步溢出，第 {nan} 步 inf - inf 得 nan。",
    )


@claim(
    chapter=9,
    kind="definition",
    en="Anomaly detection names the operation that made the nan, and watching the layers names the layer.",
    zh="异常检测能指出产生 nan 的运算，逐层监视则能指出是哪一层。",
)
def anomaly_detection_names_the_operation() -> Evidence:
    x, words = torch.zeros(3, requires_grad=True), ""
    with warnings.catch_warnings(), torch.autograd.set_detect_anomaly(True):
        warnings.simplefilter("ignore")  # where the operation stands is told by a warning
        try:
            torch.autograd.backward((x.sqrt() * 0).sum())  # the derivative of sqrt at 0 is inf, times 0
        except RuntimeError as error:
            words = str(error)
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2))
    nn.init.constant_(list(model.parameters())[2], float("inf"))
    with watching(model) as broken, torch.no_grad():
        model(torch.zeros(1, 2))
    named = "SqrtBackward0" in words and [name.split()[0] for name in broken] == ["2"]
    return Evidence(
        value={"named": int("SqrtBackward0" in words), "layers": len(broken)},
        bound="the message names SqrtBackward0; the first layer named is the broken one",
        verdict="holds" if named else "does not hold",
        n=2,
        why_en="The loss here is 0 and finite: only the backward pass breaks, where inf meets 0. Anomaly mode looks "
        "behind every operation, so it is slow: use it to find a bug, not to train.",
        why_zh="此处损失为零，完全正常，出错的是反向传播：inf 乘以 0。异常检测要在每个运算之后检查，速度很慢，只在查错"
        "时打开。",
    )
