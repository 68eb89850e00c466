"""Chapter 4: what one hidden layer can come near to, and what depth adds."""

from collections.abc import Callable
from functools import partial
from math import pi

import torch
from torch import Tensor

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.plot import lines

Function = Callable[[Tensor], Tensor]
WIDTHS = tuple(2**power for power in range(1, 11))


def errors(function: Function, units: int) -> Tensor:
    """Return the errors on [-pi, pi] of a ReLU layer with constructed weights: a kink at each of its knots."""
    knots = torch.linspace(-pi, pi, units + 1, dtype=torch.float64)
    derivatives = function(knots).diff() / knots.diff()
    kinks = derivatives.diff(prepend=torch.zeros(1, dtype=torch.float64))
    x = torch.cat([torch.linspace(-pi, pi, 10_001, dtype=torch.float64), torch.tensor([-1e-9, 1e-9]).double()])
    hidden = (x[:, None] - knots[:-1]).relu()
    return (function(knots[:1]) + hidden @ kinks - function(x)).abs()


def step(x: Tensor) -> Tensor:
    """Jump from 0 to 1 at 0."""
    return (x > 0).double()


@claim(
    chapter=4,
    kind="identity",
    en="One hidden layer with enough units approximates a continuous function on a closed interval as closely as "
    "required.",
    zh="单隐藏层网络只要单元足够多，就能在闭区间上任意逼近一个连续函数。",
)
def one_hidden_layer_approximates_continuous_functions() -> Evidence:
    curves: dict[str, tuple[Function, float]] = {"sin x": (torch.sin, 1.0), "sin 3x": (lambda x: (3 * x).sin(), 9.0)}
    shares, largest = [], []
    for function, curvature in curves.values():
        for units in WIDTHS:
            largest.append(float(errors(function, units).max()))
            shares.append(largest[-1] / (curvature * (2 * pi / units) ** 2 / 8))
    corner = float(errors(torch.abs, 2).max())  # two units are |x| itself
    return Evidence(
        value={"share": max(shares), "largest": largest[-1], "corner": corner},
        bound="errors at most max|f''| h^2 / 8, h the distance of the knots; |x| exact to 1e-12",
        verdict=within(max(shares), 1 + 1e-9) if corner <= 1e-12 else "does not hold",
        n=len(shares),
        why_en="Each ReLU adds one kink, so n units give a piecewise linear function of n pieces, whose error falls "
        "as 1 / n^2 (to {largest:.0e} for sin 3x with 1,024 units); the theorem does not say that training finds "
        "these weights.",
        why_zh="每个 ReLU 提供一个折点，n 个单元就能画出 n 段折线，误差按 1 / n² 下降（1024 个单元逼近 sin 3x 时为 "
        "{largest:.0e}）；但定理没有说训练能找到这些权重。",
    )


@claim(
    chapter=4,
    kind="identity",
    en="One hidden layer approximates any function, given enough units.",
    zh="只要单元足够多，单隐藏层网络可以逼近任意函数。",
)
def one_hidden_layer_approximates_any_function() -> Evidence:
    curves: dict[str, Function] = {"sin x": torch.sin, "sin 3x": lambda x: (3 * x).sin()}
    found = {name: [errors(function, units) for units in WIDTHS] for name, function in curves.items()}
    found["a step"] = [errors(step, units + 1) for units in WIDTHS]  # an odd number: the best has no kink at the jump
    series = {name: [float(error.max()) for error in kept] for name, kept in found.items()}
    series["a step, mean error"] = [float(error.mean()) for error in found["a step"]]
    title, about = "No width reaches a jump", "Largest error of a ReLU layer on [-pi, pi], and a mean error"
    jump, average = min(series["a step"]), series["a step, mean error"][-1]
    return Evidence(
        value={"jump": jump, "average": average},
        bound="a largest error below 0.1 at some width up to 1,024, for a step too",
        verdict="holds" if jump < 0.1 else "does not hold",
        n=len(WIDTHS),
        counterexample="" if jump < 0.1 else "a step from 0 to 1: a continuous model is 1/2 or more wrong beside it",
        why_en="Such a model is continuous, so beside a jump of 1 it is wrong by 1/2 at least, at any width "
        "(here {jump:.2f}); only its mean error falls, to {average:.4f}.",
        why_zh="这样的网络是连续函数，在高度为 1 的跳跃旁边，无论多宽误差都不小于 1/2（此处最好也有 {jump:.2f}）；"
        "能降下来的只有平均误差（降到 {average:.4f}）。",
        figure=partial(
            lines, WIDTHS, series, title=title, subtitle=about, horizontal="hidden units", vertical="error", log="xy"
        ),
    )


@claim(
    chapter=4,
    kind="identity",
    en="A deep narrow model represents with few units what a model with one hidden layer needs very many for.",
    zh="有些函数，窄而深的网络用很少的单元就能表示，单隐藏层网络却要多得多的单元。",
    scope="functions made by folding, such as a sawtooth",
    covers=("deeper is easier than wider",),
)
def depth_saves_units_on_folded_functions() -> Evidence:
    x = torch.linspace(0, 1, 2**12 + 1, dtype=torch.float64)  # halves of halves: exact
    depths, folded, pieces, apart = range(1, 11), x, [], 0.0
    for depth in depths:
        folded = 2 * folded.relu() - 4 * (folded - 0.5).relu()  # a layer of two units: up to the middle, then down
        teeth = 1 - (x * 2**depth % 2 - 1).abs()
        apart = max(apart, float((folded - teeth).abs().max()))
        pieces.append(int((folded.diff().sign().diff() != 0).sum()) + 1)
    doubled = all(count == 2**depth for depth, count in zip(depths, pieces, strict=True))
    units = {"one hidden layer": [count - 1 for count in pieces], "two units a layer": [2 * depth for depth in depths]}
    title, about = "Each fold doubles the teeth", "Hidden ReLU units that a sawtooth needs: wide, or deep"
    return Evidence(
        value={"difference": apart, "wide": units["one hidden layer"][-1], "deep": units["two units a layer"][-1]},
        bound="at most 1e-12 from the sawtooth; 2^k pieces from k layers of two units",
        verdict="holds in scope" if apart <= 1e-12 and doubled else "does not hold",
        n=len(x),
        why_en="A layer that folds its input lets all later ones work on both halves at once, while each unit of a "
        "single hidden layer adds only one kink: {deep} units against {wide} for ten folds.",
        why_zh="一层把输入对折，后面各层就同时作用于两半；而单隐藏层的每个单元只提供一个折点：对折十次，前者用 "
        "{deep} 个单元，后者要 {wide} 个。",
        figure=partial(
            lines, depths, units, title=title, subtitle=about, horizontal="folds", vertical="units", log="y"
        ),
    )
