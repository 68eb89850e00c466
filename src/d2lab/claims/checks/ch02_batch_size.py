"""Chapter 2: what the batch size changes."""

import itertools
from collections.abc import Sequence
from functools import partial

import torch
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.compare import compare
from d2lab.claims.decide import at_least
from d2lab.claims.evidence import Evidence, within
from d2lab.claims.sequential import by_looks
from d2lab.core.machine import configure_malloc
from d2lab.core.timing import time_interleaved
from d2lab.data.catalog import load
from d2lab.metrics.paired import intervals, paired
from d2lab.models import MLP, MLPConfig
from d2lab.plot import dots, lines


@claim(
    chapter=2,
    kind="experiment",
    en="Smaller batches generalize better, because their steps are noisier.",
    zh="小批量的更新噪声更大，因此泛化更好。",
    scope="an MLP with one hidden layer on the digits, plain gradient descent, as many steps for each; the learning "
    "rate of each tuned on validation data over 0.03, 0.1 and 0.3",
    scope_zh="单隐藏层 MLP，手写数字（digits），普通梯度下降，更新次数相同；"
    "各自的学习率用验证数据在 0.03、0.1、0.3 中选",
    budget_s=120,
    smoke={"seeds": range(2), "epochs": 1},
    covers=("the batch size is to be chosen by experiment: steps and learning rate change with it",),
)
def smaller_batches_generalize_better(
    seeds: Sequence[int] = range(20), epochs: int = 10, smallest_effect: float = 0.01
) -> Evidence:
    given = {"hidden": "64", "init": "xavier"}
    found = compare(
        {
            "16": ("mlp", {**given, "batch_size": 16, "epochs": epochs}),
            "128": ("mlp", {**given, "batch_size": 128, "epochs": 8 * epochs}),
        },
        tune=(0.03, 0.1, 0.3),
    )
    runs, decision = by_looks(
        found.measure,
        lambda runs: [at_least(paired(runs["16"], runs["128"]), smallest_effect, "gap")],
        seeds,
        scoped=True,
        stuck=found.stuck,
        differs=found.differs,
    )
    gap, shown = paired(runs["16"], runs["128"]), {name: runs[name] for name in ("16", "128")}
    title = "As many steps, each at its best learning rate"
    about = f"Test accuracy on the digits, {gap.n} seeds; batch size of 16 and of 128"
    return Evidence(
        value={"gap": gap.mean, "rate_16": found.rates["16"], "rate_128": found.rates["128"]},
        decision=decision,
        n=gap.n,
        seeds=decision.seeds,
        data="digits",
        counterexample="batches of 128 that get as many steps as batches of 16",
        counterexample_zh="批量为 128，更新次数与批量 16 相同",
        why_en="At as many steps, with learning rates of {rate_16} and {rate_128}, the batch of 16 leads by {gap:+.4f}."
        " In the same epochs it would lead for another reason: it takes eight times the steps.",
        why_zh="更新次数相同，学习率分别为 {rate_16} 和 {rate_128}，批量 16 领先 {gap:+.4f}。若只是轮数相同，它会因为更"
        "新次数多七倍而领先，那是另一回事。",
        figure=partial(dots, shown, intervals(shown), title=title, subtitle=about, horizontal="test accuracy"),
    )


@claim(
    chapter=2,
    kind="identity",
    en="The gradient of a random batch is right on average, and its variance falls as one over the batch size.",
    zh="随机批量的梯度在平均意义下等于全体的梯度，方差与批量大小成反比。",
    scope="batches much smaller than the set; b of n drawn without repetition bring the factor (n - b) / (n - 1)",
)
def gradient_noise_falls_with_the_batch_size() -> Evidence:
    points, count = load("synthetic-linear").train, 12
    inputs, targets = points.inputs[:count].double(), points.targets[:count].double()
    gradients = -targets * inputs  # of each example's half squared error, at weights of 0
    spread = (gradients - gradients.mean(0)).square().sum(1).mean()
    apart, shrunk = 0.0, []
    for size in range(1, count + 1):
        means = gradients[torch.tensor(list(itertools.combinations(range(count), size)))].mean(
            1
        )  # of every batch there is
        variance = (means - gradients.mean(0)).square().sum(1).mean()
        expected = spread / size * (count - size) / (count - 1)
        apart = max(apart, float((means.mean(0) - gradients.mean(0)).abs().max()), float((variance - expected).abs()))
        shrunk.append(float(variance * size / spread))
    exact = within(apart / float(spread), 1e-12)
    return Evidence(
        value={"difference": apart / float(spread), "two": shrunk[1], "half": shrunk[count // 2 - 1]},
        bound="at most 1e-12 from s^2 / b (n - b) / (n - 1), over all batches of 12 examples",
        verdict="holds in scope" if exact == "holds" else exact,
        n=2**count - 1,
        data="synthetic-linear",
        why_en="A mean of b independent draws has variance s^2 / b; a batch draws nothing twice, so less is left: "
        "{two:.2f} of that for 2 of 12, {half:.2f} for 6 of 12, nothing for all.",
        why_zh="b 次独立抽取的均值方差为 s²/b；批量是不放回抽取，方差更小：12 个里取 2 个是它的 {two:.2f} 倍，取 6 个"
        "是 {half:.2f} 倍，全取则为零。",
    )


@claim(
    chapter=2,
    kind="measurement",
    en="Larger batches make better use of the hardware.",
    zh="批量越大，硬件利用得越充分。",
    scope="up to the size at which the machine is busy; beyond it nothing is gained",
    budget_s=20,
)
def larger_batches_use_the_hardware_better() -> Evidence:
    model, sizes = MLP(MLPConfig()), (1, 4, 16, 64, 256, 1024)
    inputs, targets = torch.randn(max(sizes), 784), torch.randint(10, (max(sizes),))

    def step(size: int) -> None:
        functional.cross_entropy(model(inputs[:size]), targets[:size]).backward()  # type: ignore[no-untyped-call]

    configure_malloc()
    laps = time_interleaved({str(size): partial(step, size) for size in sizes}, rounds=15)
    rates = [size / min(laps[str(size)]) for size in sizes]
    gain, further = rates[4] / rates[0], rates[5] / rates[4]
    title = "Larger batches, until the machine is busy"
    about = "Forward and backward through an MLP with 256 hidden units"
    return Evidence(
        value={"gain": gain, "further": further},
        bound="256 examples at once above 3 times the rate of single ones",
        verdict="holds in scope" if gain > 3 else "does not hold",
        n=15,
        why_en="A step calls the same few operations and reads the same weights for one example as for many: 256 at "
        "once are {gain:.0f} times as fast per example, and 1,024 are {further:.1f} times as fast as 256.",
        why_zh="无论样本多少，一步都要调用同样几个运算、读同样的权重：256 个一起算，每个样本快到 {gain:.0f} 倍；"
        "1024 个一起算，只是 256 个时的 {further:.1f} 倍。",
        figure=partial(
            lines,
            sizes,
            {"one thread": rates},
            title=title,
            subtitle=about,
            horizontal="batch size",
            vertical="examples a second",
            log="xy",
        ),
    )
