"""Chapter 11: how far Adam forgives a wrong learning rate."""

from collections.abc import Sequence
from functools import partial
from itertools import repeat

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from d2lab.claims.checks.ch11_house_prices import REAL, houses, log_error, prepared, trained
from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, decide
from d2lab.claims.evidence import Evidence, within
from d2lab.claims.sequential import by_looks
from d2lab.claims.training import train_steps
from d2lab.data.folds import k_fold
from d2lab.metrics.paired import Mean, paired
from d2lab.models.linear import LinearConfig, LinearRegression
from d2lab.optimizers.build import build_optimizer
from d2lab.optimizers.config import OptimizerConfig
from d2lab.plot.measured import lines

RATES = [10 ** (half / 2) for half in range(-8, 9)]  # 0.0001 to 10,000, two a decade
TRIED = {  # by each optimizer, for prices and for standardized logarithms: from too small to too large
    ("sgd", False): RATES[2:8],
    ("adam", False): RATES[4:],
    ("sgd", True): RATES[:8],
    ("adam", True): RATES[:8],
}
Errors = dict[str, list[list[float]]]
NEAR = 1.2  # times the optimizer's own best error: a rate is usable up to there


def errors_by_rate(scaled: bool, seeds: Sequence[int], epochs: int) -> Errors:
    """Return the log error of the linear model on held-out houses: optimizer -> [seed][rate].

    Args:
        scaled: learn standardized logarithms of the prices, not the prices.
        seeds: of folds, weights and order.
        epochs: of each training.
    """
    _, table, prices = houses()
    found: Errors = {"sgd": [], "adam": []}
    for seed in seeds:
        known, judged = k_fold(len(prices), 5, seed=seed)[0]
        features = prepared(table, known)
        targets = prices.log() if scaled else prices
        center, unit = (targets[known].mean(), targets[known].std()) if scaled else (0.0, 1.0)
        for name, rows in found.items():
            rows.append([])
            for rate in TRIED[name, scaled]:
                config = OptimizerConfig(name=name, learning_rate=rate)  # type: ignore[arg-type]
                model = trained(features[known], (targets[known] - center) / unit, config, epochs, seed)
                answers = model(features[judged])[:, 0] * unit + center
                rows[-1].append(log_error(answers.exp() if scaled else answers, prices[judged]))
    return found


def usable(errors: Errors) -> dict[str, list[float]]:
    """Return how many decades of rates end near the optimizer's best, for each seed."""
    return {name: [sum(e <= NEAR * min(row) for e in row) / 2 for row in rows] for name, rows in errors.items()}


def usable_decades(errors: Errors) -> tuple[Mean, dict[str, float]]:
    """Return how many decades more Adam can use than SGD, and the means of both."""
    decades = usable(errors)
    return paired(decades["adam"], decades["sgd"]), {name: float(np.mean(d)) for name, d in decades.items()}


def scaled_mse(unit: float, outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the mean squared error in another unit."""
    return unit * functional.mse_loss(outputs, targets)


@claim(
    chapter=11,
    kind="identity",
    budget_s=15,
    en="Adam's path does not depend on the unit of the loss, whereas that of plain gradient descent does.",
    zh="把损失乘上一个常数，Adam 走的路不变，普通梯度下降则会变。",
)
def adam_ignores_the_unit_of_the_loss() -> Evidence:
    inputs, targets = torch.randn(100, 5, dtype=torch.float64), torch.randn(100, 1, dtype=torch.float64)
    start = LinearRegression(LinearConfig(inputs=5)).double().state_dict()
    ends = {}
    for name in ("adam", "sgd"):
        for unit in (1.0, 1000.0):
            model = LinearRegression(LinearConfig(inputs=5)).double()
            model.load_state_dict(start)
            eps = 1e-30 if name == "adam" else None  # the usual 1e-8 has a unit, that of the gradient
            config = OptimizerConfig(name=name, learning_rate=1e-4, eps=eps)
            optimizer = build_optimizer(config, model.parameters())
            loss = partial(scaled_mse, unit)
            train_steps(model, optimizer, repeat((inputs, targets), 50), loss)
            ends[name, unit] = model.state_dict()["out.weight"].clone()
    apart = {name: float((ends[name, 1.0] - ends[name, 1000.0]).abs().max()) for name in ("adam", "sgd")}
    return Evidence(
        value={"difference": apart["adam"], "sgd": apart["sgd"]},
        bound="at most 1e-12, and SGD more than 0.01 apart",
        verdict=within(apart["adam"], 1e-12) if apart["sgd"] > 0.01 else "does not hold",
        n=50,
        why_en="The step is mean over root of mean square: a factor cancels. SGD's weights end {sgd:.2f} apart. This "
        "is what Adam forgives; the unit of the weights it does not, since each step is about the rate long.",
        why_zh="步长是梯度均值除以均方根，公因子约掉了；SGD 的权重则相差 {sgd:.2f}。Adam 宽容的正是这一点；"
        "而每一步的长度大约就等于学习率，所以权重本身的量级它并不宽容。",
    )


@claim(
    chapter=11,
    kind="experiment",
    en="On the prices of houses Adam is much less sensitive to the learning rate than plain gradient descent.",
    zh="预测房价时，Adam 对学习率远不如普通梯度下降敏感。",
    scope="prices in dollars, 10 epochs",
    budget_s=55,
    smoke={"seeds": range(2), "epochs": 1},
)
def adam_forgives_the_learning_rate(
    seeds: Sequence[int] = range(5), epochs: int = 10, smallest_effect: float = 1.0
) -> Evidence:
    source, errors = houses()[0], errors_by_rate(False, seeds, epochs)
    wider, decades = usable_decades(errors)
    means = {name: np.mean(rows, 0) for name, rows in errors.items()}
    shown = {  # beside each other on one axis, where each was tried
        name: [float(row[tried.index(rate)]) if rate in tried else float("nan") for rate in RATES]
        for name, row, tried in ((name, row, TRIED[name, False]) for name, row in means.items())
    }
    return Evidence(
        value={"wider": wider.mean, **decades, "small": float(means["adam"][0])},
        decision=decide(at_least(wider, smallest_effect, "wider")),
        n=len(seeds),
        seeds=tuple(seeds),
        data=source,
        stand_in=source != REAL,
        counterexample="" if wider.low >= 1 else "Adam with a rate of 0.01: a common choice elsewhere, lost here",
        figure=partial(
            lines,
            RATES,
            {name: np.where(np.isfinite(row), row, np.nan).tolist() for name, row in shown.items()},
            title="Adam needs its rate too",
            subtitle="targets in dollars: a step of Adam is about the rate long",
            horizontal="learning rate",
            vertical="log error on held-out houses",
            log="xy",
        ),
        why_en="Adam's steps are about as long as the rate, and the weights must reach tens of thousands of dollars: "
        "at 0.01 it ends at {small:.1f}. It is usable over {adam:.1f} decades, SGD over {sgd:.1f}.",
        why_zh="Adam 每一步的长度约等于学习率，而权重要走到几万美元：学习率 0.01 时误差仍有 {small:.1f}。"
        "可用的学习率，Adam 跨 {adam:.1f} 个数量级，SGD 跨 {sgd:.1f} 个。",
    )


@claim(
    chapter=11,
    kind="experiment",
    en="With targets of unit size Adam is usable over clearly more learning rates than plain gradient descent.",
    zh="把目标值缩放到单位量级之后，Adam 可用的学习率范围明显宽于普通梯度下降。",
    scope="standardized logarithms of the prices, 10 epochs; usable: an error within 1.2 of the optimizer's best",
    scope_zh="标准化后的对数房价，10 轮；误差不超过该优化器最好成绩的 1.2 倍即算可用",
    budget_s=75,
    smoke={"seeds": range(2), "epochs": 1},
)
def adam_forgives_the_rate_at_unit_scale(
    seeds: Sequence[int] = range(20), epochs: int = 10, smallest_effect: float = 0.5
) -> Evidence:
    source = houses()[0]
    runs, decision = by_looks(
        lambda part: usable(errors_by_rate(True, part, epochs)),
        lambda runs: [at_least(paired(runs["adam"], runs["sgd"]), smallest_effect, "wider")],
        seeds,
        scoped=True,
    )
    wider, decades = paired(runs["adam"], runs["sgd"]), {name: float(np.mean(found)) for name, found in runs.items()}
    return Evidence(
        value={"wider": wider.mean, **decades},
        decision=decision,
        n=wider.n,
        seeds=decision.seeds,
        data=source,
        stand_in=source != REAL,
        why_en="Here the initial weights of both are near the solution, and the step sizes of both fit: {adam:.1f} "
        "decades for Adam, {sgd:.1f} for SGD, which is helped by standardized features too.",
        why_zh="目标缩放之后，两者离终点都不远，步长都合适：Adam 可用的学习率跨 {adam:.1f} 个数量级，SGD 跨 {sgd:.1f} "
        "个；特征标准化对 SGD 同样有利。",
    )
