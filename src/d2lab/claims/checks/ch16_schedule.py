"""Chapter 16: learning-rate schedules."""

import math
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch.optim import lr_scheduler

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, decide
from d2lab.claims.evidence import Evidence, within
from d2lab.core.seed import stream
from d2lab.metrics.paired import paired
from d2lab.optimizers import SGD, Adam, ScheduleConfig, lr_scale, set_lr
from d2lab.optimizers.config import ScheduleName
from d2lab.plot import lines


@claim(
    chapter=16,
    kind="identity",
    en="Cosine, step and exponential schedules are functions of the step: the rate's half (1 + cos(pi t / T)), its "
    "product with gamma every so many steps, or with gamma at each.",
    zh="余弦、阶梯和指数调度都只是步数的函数：余弦为学习率的一半乘以 1 + cos(pi t / T)，阶梯每隔若干步、指数每一步乘"
    "以 gamma。",
    budget_s=5,
)
def schedules_are_functions_of_the_step() -> Evidence:
    end = 60

    def of_torch(schedule: Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler]) -> list[float]:
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
        running, rates = schedule(optimizer), []
        for _ in range(end + 1):
            rates.append(float(optimizer.param_groups[0]["lr"]))
            optimizer.step()
            running.step()
        return rates

    cosine, step, factor = (
        of_torch(partial(lr_scheduler.CosineAnnealingLR, T_max=end)),
        of_torch(partial(lr_scheduler.StepLR, step_size=20, gamma=0.5)),
        of_torch(partial(lr_scheduler.ExponentialLR, gamma=0.9)),
    )
    rows: list[tuple[ScheduleConfig, list[float], Callable[[int], float]]] = [
        (ScheduleConfig(name="cosine"), cosine, lambda t: (1 + math.cos(math.pi * t / end)) / 2),
        (ScheduleConfig(name="step", every_steps=20, gamma=0.5), step, lambda t: 0.5 ** (t // 20)),
        (ScheduleConfig(name="factor", gamma=0.9), factor, lambda t: 0.9**t),
    ]
    difference = 0.0
    for config, theirs, formula in rows:
        for t in range(end + 1):
            rates = (lr_scale(config, t, end + 1), theirs[t])
            difference = max(difference, *(abs(rate - formula(t)) for rate in rates))
    return Evidence(
        value={"difference": difference},
        bound="at most 1e-12, ours and torch's, at every step",
        verdict=within(difference, 1e-12),
        n=3 * (end + 1),
        why_en="torch multiplies the last rate on and on, ours computes each from its step: the same to rounding.",
        why_zh="torch 由上一步的学习率递推，这里直接按步数计算，结果只差舍入误差。",
    )


def losses_on_a_quadratic(schedule: ScheduleName, rate: float, seed: int, steps: int) -> list[float]:
    """Descend |w|^2 / 2 with noisy gradients; return the loss after every step."""
    rng, config = stream(seed, "noise"), ScheduleConfig(name=schedule)
    weight = torch.full((500,), 3.0, requires_grad=True)
    optimizer, seen = SGD([weight], lr=rate), []
    for step in range(steps):
        weight.grad = weight.detach() + torch.randn(500, generator=rng)  # of |w|^2 / 2, and noise
        set_lr(optimizer, rate * lr_scale(config, step, steps))
        optimizer.step()
        seen.append(float(weight.detach().square().mean() / 2))
    return seen


@claim(
    chapter=16,
    kind="experiment",
    en="A falling learning rate ends nearer to the minimum than a constant one.",
    zh="逐渐减小的学习率最终比恒定的学习率更接近最小值。",
    scope="300 steps down a quadratic whose gradients are noisy",
    budget_s=2,
    smoke={"seeds": range(2), "steps": 50},
)
def falling_rates_end_lower(
    seeds: Sequence[int] = range(5), steps: int = 300, smallest_effect: float = 0.01
) -> Evidence:
    runs = {
        "constant": [losses_on_a_quadratic("constant", 0.5, seed, steps) for seed in seeds],
        "cosine": [losses_on_a_quadratic("cosine", 0.5, seed, steps) for seed in seeds],
        "constant, small": [losses_on_a_quadratic("constant", 0.005, seed, steps) for seed in seeds],
    }
    ends = {name: [curve[-1] for curve in curves] for name, curves in runs.items()}
    constant, small = (paired(ends[name], ends["cosine"]) for name in ("constant", "constant, small"))
    places = list(range(0, steps, max(1, steps // 30)))
    return Evidence(
        value={"gap": constant.mean, "small": small.mean, "cosine": sum(ends["cosine"]) / len(seeds)},
        decision=decide(at_least(constant, smallest_effect, "gap"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        why_en="With a constant rate r the noise keeps moving the weights: the loss stays near r / (4 - 2 r), here "
        "1/6, and the cosine ends {gap:.3f} lower, at {cosine:.4f}. A rate that is small from the beginning is too "
        "slow: {small:.3f} above.",
        why_zh="恒定学习率 r 会一直受噪声扰动，损失停在 r / (4 - 2 r) 附近，这里是 1/6；余弦调度低 {gap:.3f}，到 "
        "{cosine:.4f}。若一开始就用很小的学习率，则来不及走到，高出 {small:.3f}。",
        figure=partial(
            lines,
            [place + 1.0 for place in places],
            {name: [curves[0][place] for place in places] for name, curves in runs.items()},
            title="Far with a large rate, near with a small one",
            horizontal="step",
            vertical="loss",
            log="y",
        ),
    )


@claim(
    chapter=16,
    kind="identity",
    en="Adam and RMSProp are learning-rate schedules.",
    zh="Adam 和 RMSProp 属于学习率调度方法。",
    budget_s=1,
)
def adam_is_a_learning_rate_schedule() -> Evidence:
    weights = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = Adam([weights], lr=0.01, eps=0.0)
    rates, gradients = [], torch.tensor([10.0, 0.001], dtype=torch.float64)
    for _ in range(20):
        before = weights.detach().clone()
        weights.grad = gradients.clone()
        optimizer.step()
        rates.append((before - weights.detach()) / gradients)  # the rate of each weight: its step over its gradient
    at_once = float(rates[-1][1] / rates[-1][0])
    over_time = float((rates[-1] / rates[0] - 1).abs().max())
    stated = float(optimizer.param_groups[0]["lr"])
    return Evidence(
        value={"ratio": at_once, "over_time": over_time, "stated": stated},
        bound="rates of two weights at the same step that differ by a factor above 2 would refute it",
        verdict="does not hold" if at_once > 2 and stated == 0.01 else "holds",
        n=len(rates),
        counterexample="two weights with gradients 10 and 0.001: both move by 0.01 at every step",
        why_en="A schedule depends on the step alone and gives all weights one factor. Adam divides each weight's "
        "gradient by its own size: at the same step the rates differ {ratio:,.0f} times, over 20 steps they change by "
        "{over_time:.0e}, and the stated rate is still {stated}. So one may, and does, put a schedule on top of Adam.",
        why_zh="调度只看步数，给所有权重同一个系数；Adam 则用各自梯度的大小来除：同一步里两个权重的有效学习率相差"
        " {ratio:,.0f} 倍，20 步之间只变化 {over_time:.0e}，设定的学习率仍是 {stated}。所以 Adam 之上还可以再加调度，"
        "实际也常这么做。",
    )
