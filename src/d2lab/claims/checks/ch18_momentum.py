"""Chapter 18: momentum: its two forms, how much it accelerates, and what is said of it beyond that."""

import math
from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.optimizers import SGD
from d2lab.plot import lines

CURVATURES = torch.tensor([0.01, 1.0], dtype=torch.float64)  # of a valley: condition 100
MOMENTA = (0.0, 0.3, 0.5, 0.6, 0.65, 0.7, 0.8, 0.9, 0.95, 0.98)


def paths_apart(rates: Sequence[float], momentum: float = 0.9) -> float:
    """Return how far v = m v + r g, w -= v gets from torch's v = m v + g, w -= r v, beside ours, down a valley."""
    inside = torch.ones(2, dtype=torch.float64)
    velocity = torch.zeros_like(inside)
    theirs, ours = (torch.ones(2, dtype=torch.float64, requires_grad=True) for _ in range(2))
    optimizers = [torch.optim.SGD([theirs], lr=1.0, momentum=momentum), SGD([ours], lr=1.0, momentum=momentum)]
    apart = 0.0
    for rate in rates:
        velocity = momentum * velocity + rate * CURVATURES * inside
        inside = inside - velocity
        for weight, optimizer in zip((theirs, ours), optimizers, strict=True):
            weight.grad = CURVATURES * weight.detach()
            optimizer.param_groups[0]["lr"] = rate
            optimizer.step()
        apart = max(apart, float((theirs - inside).detach().abs().max()), float((ours - inside).detach().abs().max()))
    return apart


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="Momentum: v = beta v + lr g, then w -= v, as in torch.optim.SGD.",
    zh="动量：v = beta v + lr g，w -= v，与 torch.optim.SGD 的相同。",
    scope="while the learning rate is constant",
    scope_zh="学习率不变时",
)
def momentum_with_the_rate_inside_is_torchs() -> Evidence:
    constant = paths_apart([0.5] * 100)
    falling = paths_apart([0.5] * 20 + [0.05] * 80)
    return Evidence(
        value={"constant": constant, "falling": falling},
        bound="at most 1e-12 at a constant rate; a tenth of the rate after 20 steps leads elsewhere by more than 0.01",
        bound_zh="学习率不变时不超过 1e-12；20 步后降为十分之一，则相差大于 0.01",
        verdict=("holds in scope" if falling > 0.01 else "holds") if constant <= 1e-12 else "does not hold",
        n=200,
        why_en="With one rate the velocity of the first form is the rate times torch's: {constant:.0e} apart over 100 "
        "steps. When the rate falls, torch's next step shrinks at once, the other form goes on with what it "
        "collected: {falling:.2f} apart.",
        why_zh="学习率不变时，前一种写法的速度就是学习率乘以 torch 的速度，100 步内最多相差 {constant:.0e}。学习率一"
        "降，torch 的步子立刻变小，另一种写法还带着按旧学习率攒下的速度：最多相差 {falling:.2f}。",
    )


def steps_down(rates: Tensor, momentum: float, most: int = 1000) -> Tensor:
    """Return, for each rate, the steps until both coordinates stay below 1e-6 of their first value; `most` if never."""
    weights = before = torch.ones(len(rates), 2, dtype=torch.float64)
    last = torch.zeros(len(rates))
    for step in range(1, most + 1):
        weights, before = weights - rates[:, None] * CURVATURES * weights + momentum * (weights - before), weights
        last[~(weights.abs().amax(1) <= 1e-6)] = step  # NaN counts as far away
    return (last + 1).clamp(max=most)


@claim(
    chapter=18,
    kind="identity",
    budget_s=8,
    en="Momentum accelerates: in a narrow valley it takes about the square root of the condition number fewer steps.",
    zh="动量能加速：在狭长的谷里，所需步数约为原来的 1/√κ，κ 是条件数。",
    scope="a quadratic of condition 100, exact gradients, the best rate of each",
    scope_zh="条件数 100 的二次函数，精确的梯度，各用最好的学习率",
)
def momentum_accelerates_in_a_narrow_valley() -> Evidence:
    rates = 0.1 * 1.05 ** torch.arange(76, dtype=torch.float64)  # 0.1 to 3.9: stable below 2 (1 + momentum)
    best = {momentum: int(steps_down(rates, momentum).min()) for momentum in MOMENTA}
    without, least = best[0.0], min(best.values())
    theory = math.log(1e-6) / math.log(99 / 101), math.log(1e-6) / math.log(9 / 11)
    near = abs(without / theory[0] - 1) < 0.1 and abs(least / theory[1] - 1) < 0.5
    ratio = without / least
    return Evidence(
        value={"ratio": ratio, "without": without, "with": least, "in_theory": theory[0] / theory[1]},
        bound="more than 5 times fewer steps to 1e-6, near what theory says: 10 to the leading order",
        bound_zh="到 1e-6 的步数少 5 倍以上，并与理论相符：首项说是 10 倍",
        verdict="holds in scope" if ratio > 5 and near else "does not hold",
        n=len(rates) * len(MOMENTA),
        why_en="Without momentum {without:.0f} steps at the best of 76 rates, with the best of ten momenta {with:.0f}: "
        "{ratio:.1f} times fewer, where theory has {in_theory:.1f}. Its rate is larger too.",
        why_zh="没有动量，76 个学习率中最好的要 {without:.0f} 步；十个动量中最好的只要 {with:.0f} 步，少到 1/"
        "{ratio:.1f}，理论说 1/{in_theory:.1f}。",
        figure=partial(
            lines,
            list(MOMENTA),
            {"best rate of each": [float(steps) for steps in best.values()]},
            title="Momentum in a valley of condition 100",
            horizontal="momentum",
            vertical="steps to 1e-6",
            log="y",
        ),
    )


def crossings(curvature_times_rate: float, momentum: float, steps: int = 60) -> int:
    """Count the changes of sign on the way down one axis."""
    weight, before, changes = 1.0, 1.0, 0
    for _ in range(steps):
        weight, before = weight - curvature_times_rate * weight + momentum * (weight - before), weight
        changes += weight * before < 0
    return changes


@claim(
    chapter=18,
    kind="identity",
    budget_s=2,
    en="Momentum damps oscillation.",
    zh="动量抑制振荡。",
)
def momentum_damps_oscillation() -> Evidence:
    large = [crossings(1.9, momentum) for momentum in (0.0, 0.5)]
    small = [crossings(0.1, momentum) for momentum in (0.0, 0.9)]
    return Evidence(
        value={"added": small[1] - small[0], "plain": large[0], "damped": large[1]},
        bound="no rate at which momentum changes sides more often than plain descent",
        bound_zh="不存在某个学习率，使动量法换边的次数反而更多",
        verdict="holds" if small[1] <= small[0] and large[1] < large[0] else "does not hold",
        n=4,
        counterexample="w^2 / 2, rate 0.1, momentum 0.9: plain descent never changes sides",
        counterexample_zh="w^2 / 2，学习率 0.1，动量 0.9：普通梯度下降从不换边",
        why_en="At a rate of 1.9, where plain descent jumps across {plain} times in 60 steps, a momentum of 0.5 does "
        "so {damped} times. At 0.1 plain descent slides down and a momentum of 0.9 swings across {added} times.",
        why_zh="学习率 1.9 时，普通梯度下降 60 步里来回跳 {plain} 次，动量 0.5 只有 {damped} 次。学习率 0.1 时，普通梯"
        "度下降一路滑到底，动量 0.9 却来回摆了 {added} 次。",
    )


def ends_at(start: float, momentum: float, rate: float = 0.01, steps: int = 3000) -> float:
    """Descend w^4 - 2 w^2 + w / 2, with minima near -1.06 and 0.93, and return where it ends."""
    weight = before = start
    for _ in range(steps):
        gradient = 4 * weight**3 - 4 * weight + 0.5
        weight, before = weight - rate * gradient + momentum * (weight - before), weight
    return weight


@claim(
    chapter=18,
    kind="identity",
    budget_s=2,
    en="Momentum escapes local minima.",
    zh="动量能冲出局部极小值。",
)
def momentum_escapes_local_minima() -> Evidence:
    starts = [0.3 + 0.05 * number for number in range(35)]  # 0.3 to 2: plain descent ends in the right, higher minimum
    stay = {momentum: sum(ends_at(start, momentum) > 0 for start in starts) for momentum in (0.0, 0.9)}
    back = sum(ends_at(-start, 0.9) > 0 for start in starts if start > 1)  # from the better minimum's side
    return Evidence(
        value={"stay": stay[0.9], "plain": stay[0.0], "starts": len(starts), "worse": back},
        bound="0 starts from which momentum 0.9 ends in the higher minimum",
        bound_zh="动量 0.9 没有一个起点停在较高的极小值",
        verdict="holds" if stay[0.9] == 0 else "does not hold",
        n=len(starts),
        counterexample="w^4 - 2 w^2 + w / 2 from 0.9, rate 0.01: it comes to rest at 0.93, the lowest is at -1.06",
        counterexample_zh="w^4 - 2 w^2 + w / 2 从 0.9 出发，学习率 0.01：停在 0.93，而最低点在 -1.06",
        why_en="Of {starts} starts on the side of the higher minimum, {plain} stay there without momentum and {stay} "
        "with 0.9: from high up it rolls across, from nearby not. From the other side it rolled into the worse "
        "minimum {worse} times.",
        why_zh="在较高极小值一侧的 {starts} 个起点，没有动量有 {plain} 个停在那里，动量 0.9 还有 {stay} 个：从高处滚得"
        "过去，从近处滚不过去。从另一侧出发，也有 {worse} 个滚进了更差的极小值。",
    )
