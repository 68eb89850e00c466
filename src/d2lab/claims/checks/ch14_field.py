"""Chapter 14: receptive fields."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_most, decide
from d2lab.claims.evidence import Evidence
from d2lab.core.seed import derive
from d2lab.inspection.summary import summarize
from d2lab.metrics.paired import mean_interval
from d2lab.plot.measured import lines


@claim(
    chapter=14,
    kind="identity",
    budget_s=1,
    en="The receptive field of a unit is all inputs that can change it, and grows with depth: two 3x3 layers and a 2x2 "
    "pool see 6x6 pixels.",
    zh="感受野是能影响该元素的全部输入，网络越深感受野越大：两层 3×3 卷积加一个 2×2 汇聚，看到 6×6 个像素。",
)
def receptive_field_grows_with_depth() -> Evidence:
    image = torch.rand(1, 1, 40, 40, dtype=torch.float64, requires_grad=True)
    layers: list[nn.Module] = []
    expected, jump, wrong, seen = 1, 1, 0, []
    for kind, k, s in (("conv", 3, 1), ("conv", 3, 1), ("pool", 2, 2), ("conv", 3, 1), ("conv", 3, 2), ("pool", 2, 2)):
        layers.append(nn.Conv2d(1, 1, k, s) if kind == "conv" else nn.AvgPool2d(k, s))
        expected, jump = expected + (k - 1) * jump, jump * s  # the recurrence: each tap is one jump further
        model = nn.Sequential(*layers).double()
        middle = model(image)
        place = middle.shape[-1] // 2
        (gradient,) = torch.autograd.grad(middle[0, 0, place, place], image)
        rows = int((gradient != 0).any(3).sum())
        wrong += (
            rows != expected
            or summarize(model, image.detach()).sees(summarize(model, image.detach()).rows[-1]) != (rows,) * 2
        )
        seen.append(rows)
    return Evidence(
        value={"wrong": wrong, "third": seen[2], "last": seen[-1]},
        bound="0 of 6 depths where gradients, recurrence and model summary differ, and 6 pixels at the third",
        verdict="holds" if wrong == 0 and seen[2] == 6 else "does not hold",
        n=len(seen),
        why_en="Each layer adds k - 1 steps, and a step is as long as the strides before it multiply to: {third} "
        "pixels after three layers, {last} after six.",
        why_zh="每一层增加 k - 1 步，每步的长度是前面各层步幅之积：三层之后看到 {third} 个像素，六层之后 {last} 个。",
    )


@claim(
    chapter=14,
    kind="experiment",
    en="All pixels of the receptive field count alike for a unit.",
    zh="感受野中的每个像素，对该元素的影响都差不多。",
    budget_s=4,
    smoke={"seeds": range(2), "depth": 3},
)
def pixels_of_the_field_count_alike(
    seeds: Sequence[int] = range(10), depth: int = 10, smallest_effect: float = 1.5
) -> Evidence:
    side = 2 * depth + 1
    quarter, shares, profiles = depth // 2, [], []
    for seed in seeds:
        torch.manual_seed(derive(seed, "weights"))
        layers: list[nn.Module] = []
        for number in range(depth):
            layers += [nn.Conv2d(8 if number else 1, 8, 3), nn.ReLU()]
        image = torch.randn(16, 1, side, side, requires_grad=True)
        (gradient,) = torch.autograd.grad(nn.Sequential(*layers)(image).sum(), image)
        energy = gradient.square().mean((0, 1))
        middle = slice(quarter, side - quarter)
        shares.append(float(energy[middle, middle].sum() / energy.sum()))
        profiles.append((energy.sum(0) / energy.sum()).tolist())
    mean, even = mean_interval(shares), ((side - 2 * quarter) / side) ** 2
    series = {"random model": np.mean(profiles, 0).tolist(), "all alike": [1 / side] * side}
    text: dict[str, Any] = {
        "title": "A unit sees mostly the middle of its receptive field",
        "subtitle": f"{depth} layers of 3x3, random weights",
    }
    axes: dict[str, Any] = {
        "horizontal": "pixels from the middle",
        "vertical": "share of the squared gradient in a column",
    }
    return Evidence(
        value={"middle": mean.mean, "even": even},
        decision=decide(at_most(mean, smallest_effect * even, "middle")),
        n=len(shares),
        seeds=tuple(seeds),
        counterexample="ten 3x3 layers with random weights" if mean.low > 1.5 * even else "",
        figure=partial(lines, range(-depth, depth + 1), series, **text, **axes),
        why_en="Many paths lead from a middle pixel to the unit and few from a corner, as with sums of dice: the "
        "middle, {even:.0%} of the area, has {middle:.0%} of the squared gradient.",
        why_zh="从中间像素通向该元素的路径很多，从角上来的很少，就像几颗骰子的点数之和：中间区域占面积 {even:.0%}，"
        "却占梯度平方的 {middle:.0%}。",
    )
