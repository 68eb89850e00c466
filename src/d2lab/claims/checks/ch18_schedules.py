"""Chapter 18: learning-rate schedules, and the last batch."""

import inspect
import math
import warnings
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import torch
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, TensorDataset

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.optimizers import ScheduleConfig, lr_scale
from d2lab.optimizers.cyclic import triangular, warm_restarts
from d2lab.optimizers.plateau import Plateau

Schedule = Callable[[Any], lr_scheduler.LRScheduler]


def rates_of(schedule: Schedule, count: int, rate: float = 1.0, *, first: bool = False) -> list[float]:
    """Return the learning rates at which torch takes `count` steps; `first` steps the schedule before the optimizer."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=rate)
    running, used = schedule(optimizer), []
    for _ in range(count):
        if first:
            running.step()
        used.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        if not first:
            running.step()
    return used


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="StepLR multiplies the learning rate by a factor every given number of epochs.",
    zh="StepLR 每隔一定的 epoch，把学习率乘以一个系数。",
    covers=("order of optimizer.step and scheduler.step",),
)
def step_lr_multiplies_the_rate_every_few_epochs() -> Evidence:
    gaps = []
    for rate, gamma, period in product((0.1, 3.0), (0.1, 0.5, 0.97), (1, 3, 7)):
        config = ScheduleConfig(name="step", gamma=gamma, every_steps=period)
        theirs = rates_of(partial(lr_scheduler.StepLR, step_size=period, gamma=gamma), 40, rate)
        for epoch, used in enumerate(theirs):
            formula = rate * gamma ** (epoch // period)
            gaps += [abs(used / formula - 1), abs(rate * lr_scale(config, epoch, 40) / formula - 1)]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        swapped = rates_of(partial(lr_scheduler.StepLR, step_size=3, gamma=0.5), 4, 0.1, first=True)
    early, warned = swapped.count(0.1), sum("lr_scheduler.step()" in str(one.message) for one in said)
    return Evidence(
        value={"apart": max(gaps), "early": early, "warned": warned},
        bound="at most 1e-12 from r gamma^(epoch // period), ours and torch's; in the wrong order the first rate "
        "serves one epoch less, with a warning",
        bound_zh="与 r gamma^(epoch // period) 的相对差不超过 1e-12；次序写反时，第一个学习率少用一轮，并有警告",
        verdict="holds" if max(gaps) <= 1e-12 and early == 2 and warned else "does not hold",
        n=len(gaps),
        why_en="Torch multiplies on and on, the formula counts: at most {apart:.0e} apart. Call optimizer.step() "
        "first. With the schedule first, the first rate serves {early} epochs instead of 3, and torch warns.",
        why_zh="torch 一次次地乘，公式直接数次数，相对差不超过 {apart:.0e}。先调用 optimizer.step()；若先调用调度器，"
        "第一个学习率只用 {early} 轮而不是 3 轮，torch 会警告。",
    )


def closed_forms(count: int) -> list[tuple[Schedule, Callable[[int], float]]]:
    """Return torch's schedules beside their factors of the rate as functions of the step."""
    multi = ScheduleConfig(name="multi-step", milestones=(9, 20), gamma=0.3)
    triangle = partial(lr_scheduler.CyclicLR, base_lr=0.1, max_lr=1.0, step_size_up=7, cycle_momentum=False)
    cycle = partial(lr_scheduler.OneCycleLR, max_lr=1.0, total_steps=count + 1, cycle_momentum=False)
    return [
        (partial(lr_scheduler.StepLR, step_size=7, gamma=0.5), lambda t: 0.5 ** (t // 7)),
        (partial(lr_scheduler.MultiStepLR, milestones=[9, 20], gamma=0.3), lambda t: lr_scale(multi, t, count)),
        (partial(lr_scheduler.ExponentialLR, gamma=0.9), lambda t: 0.9**t),
        (partial(lr_scheduler.CosineAnnealingLR, T_max=count), lambda t: (1 + math.cos(math.pi * t / count)) / 2),
        (partial(lr_scheduler.CosineAnnealingWarmRestarts, T_0=7, T_mult=2), lambda t: warm_restarts(t, 7, 2)),
        (triangle, lambda t: triangular(t, 7, floor=0.1)),
        (cycle, lambda t: lr_scale(ScheduleConfig(name="one-cycle"), t, count + 1)),
        (partial(lr_scheduler.LambdaLR, lr_lambda=lambda t: 1 / (1 + t)), lambda t: 1 / (1 + t)),
        (partial(lr_scheduler.LinearLR, start_factor=0.1, total_iters=9), lambda t: min(1.0, (1 + t) / 10)),
    ]


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="The common schedulers, StepLR, MultiStepLR, ExponentialLR, CosineAnnealingLR, warm restarts, CyclicLR, "
    "OneCycleLR, LambdaLR and a linear warm-up, are functions of the step; ReduceLROnPlateau follows a rule on the "
    "loss.",
    zh="常见的 scheduler：StepLR、MultiStepLR、ExponentialLR、CosineAnnealingLR、热重启、CyclicLR、OneCycleLR、"
    "LambdaLR 和线性预热都只是步数的函数；ReduceLROnPlateau 则按损失的规则下降。",
    covers=("verbose was removed",),
)
def common_schedules_are_functions_of_the_step() -> Evidence:
    count, rows = 60, closed_forms(60)
    apart = max(
        abs(used - formula(t)) for schedule, formula in rows for t, used in enumerate(rates_of(schedule, count))
    )
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    theirs, rule = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=2), Plateau(factor=0.5, patience=2)
    falls = 0
    for t in range(count):
        loss, before = 1 / (1 + t) + 0.1 * math.sin(9 * t), rule.scale
        theirs.step(loss)
        falls += rule.look(loss) < before
        apart = max(apart, abs(rule.scale - float(optimizer.param_groups[0]["lr"])))
    verbose = sum(
        "verbose" in inspect.signature(part).parameters for part in vars(lr_scheduler).values() if is_schedule(part)
    )
    return Evidence(
        value={"apart": apart, "falls": falls, "verbose": verbose, "schedules": len(rows) + 1},
        bound="at most 1e-12 from the closed forms and from the rule, at every step",
        bound_zh="每一步与闭式、与规则的差都不超过 1e-12",
        verdict=within(apart, 1e-12) if falls > 1 else "does not hold",
        n=count * (len(rows) + 1),
        why_en="{schedules} schedules, 60 steps each: at most {apart:.0e} apart. The plateau rule fell {falls} times. "
        "{verbose} of torch's schedulers still take verbose=, which older code passes.",
        why_zh="{schedules} 种调度各 60 步，最多相差 {apart:.0e}。按损失下降的规则降了 {falls} 次。"
        "torch 的调度器中，还接受旧参数 verbose= 的有 {verbose} 个。",
    )


def is_schedule(part: Any) -> bool:  # noqa: ANN401
    """Return whether something of torch's module is a schedule."""
    return inspect.isclass(part) and issubclass(part, lr_scheduler.LRScheduler)


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="With drop_last=True, a last batch of fewer than batch_size examples is dropped.",
    zh="drop_last=True：最后一个 batch 的样本数不足 batch_size，就丢弃。",
)
def drop_last_drops_the_incomplete_batch() -> Evidence:
    wrong, cases = 0, list(product((10, 64, 100, 103), (1, 7, 10, 128)))
    for n, size in cases:
        whole = DataLoader(TensorDataset(torch.arange(n)), batch_size=size, drop_last=True)
        every = DataLoader(TensorDataset(torch.arange(n)), batch_size=size, drop_last=False)
        wrong += len(whole) != n // size or len(every) != -(-n // size)
        wrong += sum(len(batch) for (batch,) in whole) != n - n % size
    loader = DataLoader(TensorDataset(torch.arange(103)), batch_size=10, shuffle=True, drop_last=True)
    epochs = [{int(one) for (batch,) in loader for one in batch} for _ in range(20)]
    unseen, never = 103 - len(epochs[0]), 103 - len(set().union(*epochs))
    return Evidence(
        value={"wrong": wrong, "unseen": unseen, "never": never, "cases": len(cases)},
        bound="floor(n / b) batches, ceil(n / b) without; n mod b unseen in an epoch, none over 20 shuffled ones",
        bound_zh="n / b 向下取整个批量，不丢则向上取整；一轮漏掉 n mod b 个样本，打乱 20 轮后一个不漏",
        verdict=within(wrong + abs(unseen - 3) + never, 0),
        n=len(cases),
        why_en="{wrong} of {cases} pairs of sizes differ. Of 103 examples in batches of 10, {unseen} are left out of "
        "an epoch, other ones each time when shuffled: after 20 epochs {never} were never seen. A set smaller than a "
        "batch gives no batch at all.",
        why_zh="{cases} 组大小中 {wrong} 组不符。103 个样本、批量 10，每轮漏掉 {unseen} 个；打乱以后每轮漏的不同，20 "
        "轮后从没见过的有 {never} 个。样本比批量还少时，一个批量也没有。",
    )
