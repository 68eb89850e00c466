"""Chapter 2: what the batch size changes."""

import itertools
from collections.abc import Sequence
from functools import partial

import torch
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.core.allocator import configure_malloc
from d2lab.core.timing import time_interleaved
from d2lab.data.catalog import load
from d2lab.experiments.quick_run import last
from d2lab.metrics.paired import intervals, paired
from d2lab.models import MLP, MLPConfig
from d2lab.plot import dots, lines


@claim(
    chapter=2,
    kind="experiment",
    en="Smaller batches generalize better, because their steps are noisier.",
    zh="小批量的更新噪声更大，因此泛化更好。",
    scope="an MLP with one hidden layer on the digits, plain gradient descent",
    budget_s=75,
    smoke={"seeds": range(2), "epochs": 1},
    covers=("the batch size is to be chosen by experiment: steps and learning rate change with it",),
)
def smaller_batches_generalize_better(seeds: Sequence[int] = range(5), epochs: int = 10) -> Evidence:
    tries: dict[str, dict[str, object]] = {
        "16": {"batch_size": 16},
        "128": {"batch_size": 128},
        "128, rate x 8": {"batch_size": 128, "learning_rate": 0.8},
        "128, epochs x 8": {"batch_size": 128, "epochs": 8 * epochs},
    }
    given = {"hidden": "64", "init": "xavier", "epochs": epochs}
    runs = {name: last("test_accuracy", "mlp", seeds, **{**given, **changes}) for name, changes in tries.items()}
    plain, scaled, fair = (paired(runs["16"], runs[name]) for name in ("128", "128, rate x 8", "128, epochs x 8"))
    title = "A small batch wins by its number of steps"
    about = f"Test accuracy on the digits, {len(seeds)} seeds; batch size of 16 and of 128"
    return Evidence(
        value={"gap": fair.mean, "same_epochs": plain.mean, "scaled": scaled.mean, "most": fair.high},
        bound="above 0 in all of the interval, at the same number of steps",
        verdict="holds in scope" if fair.low > 0 else "does not hold",
        interval=(fair.low, fair.high),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        counterexample="" if fair.low > 0 else "batches of 128 that get as many steps as batches of 16",
        why_en="In the same epochs a batch of 16 leads by {same_epochs:.3f}, for it takes eight times the steps; at a "
        "rate eight times as large the lead is {scaled:.3f}, at as many steps {gap:+.3f} and at most {most:+.3f}.",
        why_zh="轮数相同时，批量 16 领先 {same_epochs:.3f}，因为它更新的次数是八倍；学习率也放大八倍，领先只剩 "
        "{scaled:.3f}；更新次数相同，领先 {gap:+.3f}，至多 {most:+.3f}。",
        figure=partial(dots, runs, intervals(runs), title=title, subtitle=about, horizontal="test accuracy"),
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
