"""Chapter 7: dropout, summed over every mask there is."""

import itertools
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.layers.dropout import Dropout
from d2lab.plot import lines


def every_mask(units: int, p: float) -> tuple[Float[Tensor, "mask unit"], Float[Tensor, " mask"]]:
    """List all 2^units factors that dropout can multiply by, each 0 or 1 / (1 - p), and the chance of each row."""
    kept = torch.tensor(list(itertools.product((0.0, 1.0), repeat=units)), dtype=torch.float64)
    return kept / (1 - p), (kept * (1 - p) + (1 - kept) * p).prod(1)


@claim(
    chapter=7,
    kind="identity",
    budget_s=2,
    en="Dropout adds noise without bias: divided by 1 - p, the kept values have the mean of the input.",
    zh="暂退法加入的是无偏噪声：保留下来的值除以 1 - p 后，期望等于输入。",
    covers=("the variance it adds is x^2 p / (1 - p)", "in evaluation dropout does nothing"),
)
def dropout_keeps_the_mean(p: float = 0.3) -> Evidence:
    x = torch.randn(10, dtype=torch.float64)
    factors, chances = every_mask(10, p)
    mean = chances @ (factors * x)
    variance = chances @ (factors * x - mean).square()
    difference = max(float((mean - x).abs().max()), float((variance - x.square() * p / (1 - p)).abs().max()))
    layer, threes = Dropout(p), torch.full((1_000_000,), 3.0)
    drawn = layer(threes)
    only = bool(((drawn == 0) | (drawn == 3 / (1 - torch.tensor(p)))).all())
    off = abs(float(drawn.double().mean()) - 3) / (3 * (p / (1 - p)) ** 0.5 / 1000)  # in standard errors
    same = torch.equal(layer.eval()(threes), threes)
    return Evidence(
        value={"difference": difference, "off": off},
        bound="at most 1e-12 over all masks; a million draws within 4 standard errors; evaluation changes nothing",
        verdict=within(difference, 1e-12) if off < 4 and only and same else "does not hold",
        n=len(factors),
        why_en="A value is kept with chance 1 - p and then divided by it: over all 1,024 masks the mean is the input, "
        "the variance x^2 p / (1 - p).",
        why_zh="每个值以概率 1 - p 保留，再除以 1 - p：对全部 1024 种掩码求平均，期望正是输入，方差为 x²p/(1 - p)。",
    )


@claim(
    chapter=7,
    kind="identity",
    budget_s=2,
    en="So the output of a model with dropout has, on average, the value that it has in evaluation.",
    zh="因此，带暂退法的网络，其输出的期望就是评估时的输出。",
)
def a_network_with_dropout_keeps_its_mean(units: int = 10) -> Evidence:
    hidden, layer = torch.rand(units, dtype=torch.float64), torch.randn(100, units, dtype=torch.float64)
    rates = (0.1, 0.3, 0.5, 0.7, 0.9)
    off: dict[str, list[float]] = {"linear": [], "ReLU": []}
    for name, activation in (("linear", torch.nn.Identity()), ("ReLU", torch.nn.ReLU())):
        still = activation(layer @ hidden)
        for p in rates:
            factors, chances = every_mask(units, p)
            mean = chances @ activation((factors * hidden) @ layer.T)
            off[name].append(float((mean - still).square().mean().sqrt() / still.square().mean().sqrt()))
    half = off["ReLU"][rates.index(0.5)]
    return Evidence(
        value={"half": half, "linear": max(off["linear"])},
        bound="at most 1e-12 behind a ReLU, over all masks",
        verdict=within(half, 1e-12),
        n=2**units,
        counterexample="relu(x - 1) at x = 1, p = 0.5: the mean of relu(1) and relu(-1) is 0.5, evaluation gives 0",
        why_en="Only a linear map lets the mean through. Noise before a ReLU is cut on one side, so the mean is too "
        "high: by {half:.2f} of the output's size at p = 0.5.",
        why_zh="只有线性映射能与求期望交换。ReLU 把噪声从一侧截掉，平均值因此偏高：p = 0.5 时偏差是输出大小的 "
        "{half:.2f}。",
        figure=partial(
            lines,
            list(rates),
            off,
            title="Without bias in front of a ReLU, with bias behind it",
            subtitle=f"{units} units, 100 random outputs, all {2**units} masks",
            horizontal="dropout rate p",
            vertical="mean in training off evaluation, share of the output",
        ),
    )


@claim(
    chapter=7,
    kind="identity",
    budget_s=2,
    en="For linear regression dropout on the inputs is an L2 penalty, on average.",
    zh="对线性回归，在输入上做暂退法，平均而言就是加上一个 L2 惩罚。",
    covers=("dropout is a kind of regularization",),
)
def dropout_is_an_l2_penalty_for_linear_regression(p: float = 0.3) -> Evidence:
    inputs, targets = torch.randn(20, 8, dtype=torch.float64), torch.randn(20, dtype=torch.float64)
    weights = torch.randn(8, dtype=torch.float64)
    factors, chances = every_mask(8, p)
    losses = torch.stack([((inputs * factor) @ weights - targets).square().sum() for factor in factors])
    penalty = p / (1 - p) * (inputs.square().sum(0) * weights.square()).sum()
    expected = (inputs @ weights - targets).square().sum() + penalty
    difference = float((chances @ losses - expected).abs() / expected)
    return Evidence(
        value={"difference": difference, "share": float(penalty / expected)},
        bound="at most 1e-12, relative, over all masks",
        verdict=within(difference, 1e-12),
        n=len(factors),
        why_en="The square of a mean plus a variance is the mean of the square: the noise adds p / (1 - p) sum of x^2 "
        "w^2, a ridge penalty that is larger for larger features, here {share:.2f} of the loss.",
        why_zh="平方的期望等于期望的平方加方差：噪声恰好带来 p/(1 - p)·Σx²w²，即岭回归的惩罚，"
        "特征越大罚得越重；此例中占损失的 {share:.2f}。",
    )
