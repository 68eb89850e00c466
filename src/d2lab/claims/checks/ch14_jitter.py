"""Chapter 14: noise in training curves."""

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.decide import alike, at_least, decide
from d2lab.claims.evidence import Evidence
from d2lab.core.seed import derive, stream
from d2lab.data.batches import Batches
from d2lab.data.catalog import load
from d2lab.metrics.paired import mean_interval, paired
from d2lab.models.mlp import MLP, MLPConfig
from d2lab.optimizers.build import build_optimizer
from d2lab.optimizers.config import OptimizerConfig
from d2lab.vision.color import to_unit


def loss_noise(batch: int, rate: float, seed: int, steps: int) -> tuple[float, float]:
    """Train an MLP on the digits; return the loss's deviation from step to step, and its mean, in the second half.

    Args:
        batch: examples a step.
        rate: of plain gradient descent.
        seed: of weights and order.
        steps: of the run.
    """
    torch.manual_seed(derive(seed, "weights"))
    model = MLP(MLPConfig(inputs=64, hidden=(64,)))
    optimizer = build_optimizer(OptimizerConfig(learning_rate=rate), model.parameters())
    batches = Batches(load("digits").train, batch_size=batch, seed=seed, device=torch.device("cpu"), prepare=to_unit)
    losses: list[float] = []
    epoch = 0
    while len(losses) < steps:
        for inputs, targets in batches.epoch(epoch):
            if len(targets) == batch:  # a smaller last batch is noisier
                optimizer.zero_grad()
                loss = functional.cross_entropy(model(inputs), targets)
                torch.autograd.backward(loss)
                optimizer.step()
                losses.append(float(loss.detach()))
        epoch += 1
    half = losses[steps // 2 : steps]
    return float(np.diff(half).std() / np.sqrt(2)), float(np.mean(half))


@claim(
    chapter=14,
    kind="experiment",
    en="The noise of a batch's loss falls with the root of the number of its examples.",
    zh="小批量损失的噪声与批量大小的平方根成反比。",
    budget_s=4,
    smoke={"seeds": range(2), "draws": 20},
)
def noise_falls_with_the_root_of_the_batch(
    seeds: Sequence[int] = range(5), draws: int = 400, smallest_effect: float = 0.05
) -> Evidence:
    digits, sizes, exponents = load("digits").train, (4, 16, 64, 256), []
    for seed in seeds:
        torch.manual_seed(derive(seed, "weights"))
        model, draw = MLP(MLPConfig(inputs=64, hidden=(64,))), stream(seed, "draws")
        with torch.no_grad():
            losses = functional.cross_entropy(model(to_unit(digits.inputs)), digits.targets, reduction="none")
        spreads = [
            float(losses[torch.randint(len(losses), (draws, size), generator=draw)].mean(1).std()) for size in sizes
        ]
        exponents.append(float(np.polyfit(np.log(sizes), np.log(spreads), 1)[0]))
    mean = mean_interval(exponents)
    return Evidence(
        value={"exponent": mean.mean},
        decision=decide(alike(mean, smallest_effect, "exponent", around=-0.5)),
        n=len(exponents) * len(sizes),
        seeds=tuple(seeds),
        data="digits",
        why_en="A batch's loss is a mean of independent draws, and the variance of a mean is divided by their number: "
        "exponent {exponent:.3f}, so that four times the batch size halves the noise.",
        why_zh="小批量的损失是独立抽样的均值，均值的方差要除以样本数：指数为 {exponent:.3f}，批量变为四倍，噪声减半。",
    )


@claim(
    chapter=14,
    kind="experiment",
    en="A noisy training curve becomes smoother with a larger batch size.",
    zh="训练曲线抖动得厉害，加大批量就会平稳一些。",
    scope="an MLP on the digits, the same number of steps",
    budget_s=10,
    smoke={"seeds": range(2), "steps": 10},
)
def larger_batches_reduce_training_noise(
    seeds: Sequence[int] = range(5), steps: int = 300, smallest_effect: float = 1.0
) -> Evidence:
    noise = {batch: [loss_noise(batch, 0.1, seed, steps)[0] for seed in seeds] for batch in (16, 256)}
    logs = {batch: np.log2(found).tolist() for batch, found in noise.items()}
    halvings = paired(logs[16], logs[256])
    return Evidence(
        value={
            "halvings": halvings.mean,
            "small": float(np.mean(noise[16])),
            "large": float(np.mean(noise[256])),
        },
        decision=decide(at_least(halvings, smallest_effect, "halvings"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        why_en="The curve shows the sampling noise of each batch, which more examples average out: from 16 to 256 it "
        "halves {halvings:.1f} times, from {small:.3f} to {large:.3f}.",
        why_zh="曲线反映的是每个小批量的抽样噪声，样本多了就会互相抵消：批量从 16 到 256，抖动减半 {halvings:.1f} 次，"
        "从 {small:.3f} 降到 {large:.3f}。",
    )


@claim(
    chapter=14,
    kind="experiment",
    en="A noisy training curve becomes smoother with a smaller learning rate.",
    zh="训练曲线抖动得厉害，调小学习率就会平稳一些。",
    scope="an MLP on the digits at a batch of 16, the same number of steps",
    budget_s=10,
    smoke={"seeds": range(2), "steps": 10},
)
def smaller_learning_rates_reduce_training_noise(
    seeds: Sequence[int] = range(5), steps: int = 300, smallest_effect: float = 1.0
) -> Evidence:
    runs = {rate: [loss_noise(16, rate, seed, steps) for seed in seeds] for rate in (0.01, 0.1, 1.0)}
    logs = {rate: np.log2([run[0] for run in found]).tolist() for rate, found in runs.items()}
    halvings, from_high = paired(logs[0.1], logs[0.01]), paired(logs[1.0], logs[0.1])
    slow, usual = (float(np.mean([run[1] for run in runs[rate]])) for rate in (0.01, 0.1))
    return Evidence(
        value={"halvings": halvings.mean, "from_high": from_high.mean, "slow": slow, "usual": usual},
        decision=decide(at_least(halvings, smallest_effect, "halvings"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        why_en="From 0.1 to 0.01 it halves {halvings:.1f} times, from 1 to 0.1 {from_high:.1f} times: lower it, not "
        "merely change it. Less noise has a price: the model has learned less, its loss is {slow:.2f} where the "
        "faster one has {usual:.2f}, and outputs that are all alike give losses that are all alike.",
        why_zh="学习率从 0.1 降到 0.01，抖动减半 {halvings:.1f} 次，从 1 降到 0.1 减半 {from_high:.1f} 次：要调小，而"
        "不是随便改。平稳也有代价：同样的步数，损失还有 {slow:.2f}，而快的已到 {usual:.2f}；还没学会时输出都差不多，损"
        "失自然也差不多。",
    )
