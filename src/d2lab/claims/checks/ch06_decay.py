"""Chapter 6: what weight decay does, and to which models."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.decide import alike, at_least, at_most, decide
from d2lab.claims.evidence import Evidence
from d2lab.claims.training import train_steps
from d2lab.experiments.quick_run import last
from d2lab.metrics.paired import intervals, paired
from d2lab.models.linear import LinearConfig, LinearRegression
from d2lab.plot import dots


def descended(start: Tensor, inputs: Tensor, targets: Tensor, decay: float, epochs: int) -> LinearRegression:
    """Train as the notes do: batches of 5, half the squared error, weight decay on the weights and not on the bias."""
    model = LinearRegression(LinearConfig(inputs=200))
    model.load_state_dict({"out.weight": start, "out.bias": torch.zeros(1)})
    weight, bias = model.parameters()
    groups: list[dict[str, Any]] = [{"params": [weight], "weight_decay": decay}, {"params": [bias]}]
    optimizer = torch.optim.SGD(groups, lr=0.003)
    batches = list(zip(inputs.chunk(4), targets.chunk(4), strict=True))
    train_steps(model, optimizer, batches * epochs, lambda outputs, y: functional.mse_loss(outputs, y) / 2)
    return model


@claim(
    chapter=6,
    kind="experiment",
    en="Weight decay has only a limited effect.",
    zh="权重衰减的效果很有限。",
    budget_s=30,
    smoke={"seeds": range(2), "epochs": 3},
)
def weight_decay_has_little_effect(
    seeds: Sequence[int] = range(5), epochs: int = 100, smallest_effect: float = 1.0
) -> Evidence:
    error: dict[str, list[float]] = {"without": [], "with": []}
    for seed in seeds:
        draw = torch.Generator().manual_seed(seed)
        inputs = torch.randn(120, 200, generator=draw)
        targets = 0.05 + 0.01 * inputs.sum(1, keepdim=True) + 0.01 * torch.randn(120, 1, generator=draw)
        start = torch.randn(1, 200, generator=draw)
        for name, decay in (("without", 0.0), ("with", 3.0)):
            model = descended(start, inputs[:20], targets[:20], decay, epochs)
            with torch.no_grad():
                error[name].append(float(functional.mse_loss(model(inputs[20:]), targets[20:])))
    gap = paired(error["without"], error["with"])
    halvings = paired(*(np.log2(error[name]).tolist() for name in ("without", "with")))
    share = sum(error["with"]) / sum(error["without"])
    return Evidence(
        value={"gap": gap.mean, "share": share},
        decision=decide(at_most(halvings, smallest_effect, "halvings of the test error")),
        interval=(gap.low, gap.high),
        n=len(seeds),
        seeds=tuple(seeds),
        counterexample="20 examples, 200 weights, decay 3: the notes' own demonstration",
        why_en="Twenty examples say nothing about 180 of 200 directions: there the random initial weights stay as "
        "they are unless decay removes them, which leaves {share:.3f} of the test error.",
        why_zh="二十个样本管不到两百维中的一百八十维：在这些方向上，随机的初始权重会一直保留，只有权重衰减能让它变小，"
        "测试误差因此只剩原来的 {share:.3f}。",
        figure=partial(
            dots,
            error,
            intervals(error),
            title="Decisive for 200 weights and 20 examples",
            subtitle=f"linear regression of the notes, weight decay 3, {len(seeds)} seeds",
            horizontal="mean squared error on fresh examples",
            log=True,
        ),
    )


@claim(
    chapter=6,
    kind="experiment",
    en="A small perceptron network gains next to nothing from weight decay.",
    zh="小型多层感知机加上权重衰减，几乎没有收获。",
    scope="150 digits, 256 hidden units, decay 1e-4 and 1e-3, plain gradient descent",
    budget_s=30,
    smoke={"seeds": range(2), "epochs": 1},
)
def weight_decay_hardly_helps_a_small_mlp(
    seeds: Sequence[int] = range(5), epochs: int = 60, smallest_effect: float = 0.02
) -> Evidence:
    accuracy = {
        decay: last("test_accuracy", "mlp", seeds, examples=150, epochs=epochs, weight_decay=decay)
        for decay in (0.0, 1e-4, 1e-3)
    }
    little, more = paired(accuracy[1e-4], accuracy[0.0]), paired(accuracy[1e-3], accuracy[0.0])
    reach = max(abs(end) for gain in (little, more) for end in (gain.low, gain.high))
    return Evidence(
        value={"gain": more.mean, "little": little.mean, "reach": reach},
        decision=decide(alike(more, smallest_effect, "gain"), alike(little, smallest_effect, "little"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        why_en="In so few steps a decay of 1e-3 shrinks weights by a few percent, and gradient descent from small "
        "weights keeps them small anyway: accuracy changes by {gain:+.3f}, at 1e-4 by {little:+.3f}.",
        why_zh="训练步数不多，1e-3 的衰减只让权重缩小百分之几，而且从较小的初始权重出发，梯度下降本来就不会让权重变"
        "大：精度变化 {gain:+.3f}，1e-4 时为 {little:+.3f}。",
    )


@claim(
    chapter=6,
    kind="experiment",
    en="The usual strength of weight decay lies between 1e-4 and 1e-2.",
    zh="权重衰减的强度通常取 1e-4 到 1e-2。",
    scope="150 digits, 256 hidden units, plain gradient descent",
    budget_s=30,
    smoke={"seeds": range(2), "epochs": 1},
)
def the_usual_weight_decay_is_a_hundredth_or_less(
    seeds: Sequence[int] = range(5), epochs: int = 60, smallest_effect: float = 0.1
) -> Evidence:
    accuracy = {
        decay: last("test_accuracy", "mlp", seeds, examples=150, epochs=epochs, weight_decay=decay)
        for decay in (0.0, 1e-2, 1e-1)
    }
    harm, usual = paired(accuracy[0.0], accuracy[1e-1]), paired(accuracy[0.0], accuracy[1e-2])
    return Evidence(
        value={"harm": harm.mean, "usual": usual.mean},
        decision=decide(
            at_least(harm, smallest_effect, "harm"), at_most(usual, smallest_effect / 2, "usual"), scoped=True
        ),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        why_en="The penalty must stay below what the examples say: a decay of 0.1 holds all weights near 0 and costs "
        "{harm:.2f} of accuracy, 0.01 costs {usual:.3f}.",
        why_zh="惩罚不能盖过数据：衰减取 0.1，权重全被压在零附近，精度损失 {harm:.2f}；取 0.01，只损失 {usual:.3f}。",
        figure=partial(
            dots,
            {f"decay {decay:g}": values for decay, values in accuracy.items()},
            intervals({f"decay {decay:g}": values for decay, values in accuracy.items()}),
            title="A decay of 0.1 is too much",
            subtitle=f"150 digits, 256 hidden units, {epochs} epochs",
            horizontal="test accuracy",
        ),
    )
