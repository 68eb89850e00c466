"""Chapter 9: what keeps gradients in range, and which range."""

from collections.abc import Sequence
from functools import partial
from itertools import repeat

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.decide import alike, at_least, decide
from d2lab.claims.evidence import Evidence
from d2lab.claims.training import train_steps
from d2lab.data.catalog import load
from d2lab.layers.init import xavier_normal_
from d2lab.metrics.paired import mean_interval, paired
from d2lab.models.mlp import MLP, MLPConfig
from d2lab.optimizers.clipping import clip_grad_norm_
from d2lab.plot import lines


def chain_gradient(kind: str, depth: int, seed: int) -> float:
    """Return log10 of the gradient's norm at the first of so many tanh layers, whose weights are a tenth too small."""
    torch.manual_seed(seed)
    weights = [xavier_normal_(torch.empty(64, 64, dtype=torch.float64), gain=0.9) for _ in range(depth)]
    weights[0].requires_grad_()
    x = torch.randn(32, 64, dtype=torch.float64)
    for weight in weights:
        change = x @ weight.T
        change = functional.layer_norm(change, (64,)) if kind == "normalized" else change
        x = x + change.tanh() / depth**0.5 if kind == "skips" else change.tanh()
    (gradient,) = torch.autograd.grad(x.sum(1).mean(), weights[0])
    return float(gradient.norm().log10())


@claim(
    chapter=9,
    kind="experiment",
    en="Turning products into sums, as ResNet and LSTM do, keeps gradients in a sound range.",
    zh="把乘法变成加法（如 ResNet、LSTM），能让梯度保持在合理范围。",
    scope="200 layers of 64 tanh units, weights a tenth below Xavier's",
    budget_s=10,
    smoke={"seeds": range(2), "depth": 10},
)
def additive_paths_keep_gradients_alive(
    seeds: Sequence[int] = range(5), depth: int = 200, smallest_effect: float = 4.0
) -> Evidence:
    logs = {kind: [chain_gradient(kind, depth, seed) for seed in seeds] for kind in ("plain", "skips")}
    gain = paired(logs["skips"], logs["plain"])
    largest = max(map(abs, logs["skips"]))
    return Evidence(
        value={"gain": gain.mean, "largest": largest, "plain": sum(logs["plain"]) / len(seeds)},
        decision=decide(at_least(gain, smallest_effect, "gain"), refuted=largest >= 2),
        n=len(seeds),
        seeds=tuple(seeds),
        why_en="A sum passes a gradient on as it is, whatever the layer beside it does; in the plain chain 200 "
        "factors below 1 leave 10^{plain:.0f}, {gain:.0f} powers of ten less.",
        why_zh="加法把梯度原样传下去，与旁边那一层无关；没有跳跃连接时，二百个小于 1 的因子连乘，只剩 10 的 "
        "{plain:.0f} 次方，小了 {gain:.0f} 个数量级。",
    )


@claim(
    chapter=9,
    kind="experiment",
    en="Normalization keeps gradients in a sound range however deep the model.",
    zh="无论网络多深，归一化都能让梯度保持在合理范围。",
    scope="layer normalization before each of 200 layers of 64 tanh units, no skips",
    budget_s=10,
    smoke={"seeds": range(2), "depths": (5, 10)},
)
def normalization_alone_keeps_gradients_in_range(
    seeds: Sequence[int] = range(5),
    depths: Sequence[int] = (5, 20, 50, 100, 200),
    smallest_effect: float = 4.0,
) -> Evidence:
    kinds = ("plain", "normalized", "skips")
    logs = {kind: [[chain_gradient(kind, depth, seed) for seed in seeds] for depth in depths] for kind in kinds}
    end, begin = mean_interval(logs["normalized"][-1]), mean_interval(logs["normalized"][0])
    growth = 10 ** ((end.mean - begin.mean) / (depths[-1] - depths[0]))
    return Evidence(
        value={
            "end": end.mean,
            "growth": growth,
            "plain": mean_interval(logs["plain"][-1]).mean,
            "skips": mean_interval(logs["skips"][-1]).mean,
        },
        decision=decide(alike(end, smallest_effect, "end")),
        n=len(seeds),
        seeds=tuple(seeds),
        counterexample="200 layers of tanh(layer_norm(W x))",
        why_en="It holds the signal's size, not the gradient's: dividing by what tanh has squeezed stretches each "
        "gradient by {growth:.2f} a layer, 10^{end:.1f} at the end (10^{plain:.0f} without it, 10^{skips:.1f} with "
        "skips instead).",
        why_zh="它稳住的是信号的大小，不是梯度的大小：tanh 压缩了信号，归一化再除以它，梯度每层被放大 {growth:.2f} 倍，"
        "最后达 10 的 {end:.1f} 次方（不归一化是 {plain:.0f} 次方，改用跳跃连接是 {skips:.1f} 次方）。",
        figure=partial(
            lines,
            [float(depth) for depth in depths],
            {kind: [10 ** (sum(found) / len(found)) for found in rows] for kind, rows in logs.items()},
            title="Normalization alone makes gradients explode",
            subtitle="tanh layers of 64, weights a tenth below Xavier's; skips: x + tanh(W x) / sqrt(depth)",
            horizontal="layers",
            vertical="gradient of the first layer, norm",
            log="y",
        ),
    )


@claim(
    chapter=9,
    kind="identity",
    en="Clipping by norm bounds the step of an exploding gradient and keeps its direction.",
    zh="按范数裁剪能限制爆炸梯度的步长，而方向不变。",
)
def clipping_bounds_the_step_and_keeps_its_direction() -> Evidence:
    model = nn.Sequential(*(nn.Linear(16, 16, dtype=torch.float64) for _ in range(50)))
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(4)  # far too large initial weights
    model(torch.randn(8, 16, dtype=torch.float64)).square().mean().backward()
    weights = list(model.parameters())
    before = torch.cat([weight.grad.flatten() for weight in weights if weight.grad is not None])
    norm = float(clip_grad_norm_(weights, 1.0))
    after = torch.cat([weight.grad.flatten() for weight in weights if weight.grad is not None])
    difference = max(abs(float(after.norm()) - 1), float((after - before / before.norm()).abs().max()))
    return Evidence(
        value={"difference": difference, "norm": norm},
        bound="at most 1e-6 off the same direction at length 1, from a gradient longer than 1e6",
        verdict="holds" if difference <= 1e-6 and norm > 1e6 else "does not hold",
        n=len(before),
        why_en="All gradients are divided by one number: a norm of {norm:.1e} becomes 1. It cures explosion only; a "
        "vanished gradient is left as it is.",
        why_zh="所有梯度除以同一个数，范数从 {norm:.1e} 变为 1。它只治爆炸，对消失的梯度无能为力。",
    )


def scaled_cross_entropy(factor: float, outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the loss in another unit."""
    return factor * functional.cross_entropy(outputs, targets)


@claim(
    chapter=9,
    kind="identity",
    en="Gradients must stay between about 1e-6 and 1e-3 for training to be stable.",
    zh="要让训练稳定，梯度应保持在 1e-6 到 1e-3 之间。",
)
def gradients_belong_between_1e_6_and_1e_3(steps: int = 50) -> Evidence:
    digits = load("digits").train
    ends: dict[float, torch.Tensor] = {}
    sizes: dict[float, float] = {}
    for factor in (1.0, 2.0**20):
        torch.manual_seed(0)
        model = MLP(MLPConfig(inputs=64, hidden=(32,)))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5 / factor)
        batches = repeat((digits.inputs / 255, digits.targets), steps)
        train_steps(model, optimizer, batches, partial(scaled_cross_entropy, factor))
        gradients = [weight.grad.flatten() for weight in model.parameters() if weight.grad is not None]
        ends[factor], sizes[factor] = (
            torch.cat([w.detach().flatten() for w in model.parameters()]),
            float(torch.cat(gradients).abs().median()),
        )
    differing = int((ends[1.0] != ends[2.0**20]).sum())
    outside = not 1e-6 < sizes[2.0**20] < 1e-3
    return Evidence(
        value={"large": sizes[2.0**20], "usual": sizes[1.0], "differing": differing},
        bound="a run with gradients outside the range that ends at the same weights to the last bit would refute it",
        verdict="does not hold" if outside and differing == 0 else "holds",
        n=len(ends[1.0]),
        data="digits",
        counterexample="the loss times 2^20, the learning rate divided by 2^20",
        why_en="Only rate times gradient moves a weight: with gradients of {large:.0f} in place of {usual:.0e}, "
        "{differing} weights end elsewhere. The range is a rule of thumb for rates near 0.1, and matters in half "
        "precision.",
        why_zh="推动权重的只是学习率与梯度的乘积：梯度从 {usual:.0e} 变成 {large:.0f}，最后有 {differing} 个权重不同。"
        "这个范围只是学习率在 0.1 上下时的经验，半精度下才真正要紧。",
    )
