"""Chapter 19: series of numbers, and what their own past tells."""

from collections.abc import Sequence
from math import log
from statistics import fmean

import torch
from torch import Tensor
from torch.nn import functional

from d2lab import text
from d2lab.claims.checks.ch19_text import KINDS, letters
from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, at_most
from d2lab.claims.evidence import Evidence
from d2lab.claims.sequential import by_looks
from d2lab.core.errors import ConfigError
from d2lab.core.seed import derive, stream
from d2lab.data.series import AR_WEIGHTS, autoregressive, noisy_sine
from d2lab.metrics.paired import mean_interval, paired
from d2lab.models.autoregression import Autoregression, AutoregressionConfig
from d2lab.tables import least_squares

COUNT, CUT = 1000, 600  # values, and those of them to fit


def rmse(predicted: Tensor, targets: Tensor) -> float:
    """Return the root of the mean squared error."""
    return float((predicted - targets).square().mean().sqrt())


def correlation(series: Tensor, lag: int) -> float:
    """Return the correlation of a series with itself so many steps earlier."""
    x = series.double() - series.double().mean()
    return float((x[lag:] * x[:-lag]).sum() / x.square().sum())


@claim(
    chapter=19,
    kind="measurement",
    en="In a sequence, what is observed now depends on what was observed before.",
    zh="时序数据中，当前数据与之前观察到的数据相关。",
    scope="a noisy sine, an autoregressive process, English letters; independent draws are the exception",
    scope_zh="带噪声的正弦、自回归过程、英文字母；独立抽取的数据例外",
)
def observations_depend_on_earlier_ones() -> Evidence:
    sine, process = noisy_sine(COUNT, stream(0, "sine")), autoregressive(AR_WEIGHTS, COUNT, stream(0, "process"))
    mixed = torch.randperm(COUNT, generator=stream(0, "mixed"))
    found = [abs(correlation(series, 1)) for series in (sine, process)]
    shuffled = max(abs(correlation(series[mixed], 1)) for series in (sine, process))
    ids, _ = letters()
    saved = []
    for order in (torch.arange(len(ids)), torch.randperm(len(ids), generator=stream(0, "letters"))):
        train, test = ids[order][:-10_000], ids[order][-10_000:]
        one, two = (-text.NGram(train, order=n, size=KINDS).log_probabilities(test).mean() for n in (1, 2))
        saved.append(float(one - two) / log(2))
    noise = 3 / COUNT**0.5
    depends, control = min(found) > noise and saved[0] > 0.1, shuffled < noise and saved[1] < 0.1
    return Evidence(
        value={
            "sine": found[0],
            "process": found[1],
            "shuffled": shuffled,
            "bits": saved[0],
            "shuffled_bits": saved[1],
        },
        bound=f"a correlation beyond {noise:.3f}, three standard errors, and 0.1 bits a letter saved by the letter "
        "before; neither once shuffled",
        bound_zh=f"相关系数超过 {noise:.3f}（三个标准误），已知前一个字母每个字母省下 0.1 比特以上；打乱后两者都没有",
        verdict="does not hold" if not depends else "holds in scope" if control else "holds",
        n=COUNT,
        data="noisy-sine, ar-process, notes-en",
        why_en="With the value before it: {sine:.2f} (sine), {process:.2f} (process); the letter before saves "
        "{bits:.2f} bits. Shuffled, the same numbers give {shuffled:.3f} and {shuffled_bits:.3f} bits: the order is "
        "what tells.",
        why_zh="与前一个值的相关系数：正弦 {sine:.2f}，自回归过程 {process:.2f}；知道前一个字母，省 {bits:.2f} 比特。同"
        "样的数据打乱后只剩 {shuffled:.3f} 和 {shuffled_bits:.3f} 比特：信息就在次序里。",
    )


def one_step_error(series: Tensor, tau: int) -> float:
    """Fit a linear autoregression to the first part of a series; return its error on the rest, one step ahead."""
    fit = least_squares(*text.embed_series(series[:CUT], tau))
    inputs, targets = text.embed_series(series, tau)
    return rmse(fit.predict(inputs)[CUT - tau :], targets[CUT - tau :])


def network_error(series: Tensor, steps: int) -> float:
    """Train a small network on the last four values; return its error on the rest, one step ahead."""
    model = Autoregression(AutoregressionConfig(tau=4))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    inputs, targets = text.embed_series(series, 4)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.autograd.backward(functional.mse_loss(model(inputs[: CUT - 4])[:, 0], targets[: CUT - 4]))
        optimizer.step()
    with torch.no_grad():
        return rmse(model(inputs[CUT - 4 :])[:, 0], targets[CUT - 4 :])


@claim(
    chapter=19,
    kind="experiment",
    en="Autoregressive models predict the future of a series from its own past values.",
    zh="自回归模型用序列自身过去的数据预测未来。",
    scope="one step ahead of a noisy sine, from four values, against its mean; nothing is gained on shuffled values",
    scope_zh="带噪声的正弦，由前四个值预测下一个，与均值相比；打乱后则一无所获",
    budget_s=20,
    smoke={"seeds": range(2), "steps": 2},
)
def autoregressive_models_predict_from_their_past(
    seeds: Sequence[int] = range(20), steps: int = 200, smallest_effect: float = 0.1
) -> Evidence:
    def measure(seeds: Sequence[int]) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {"linear": [], "network": [], "shuffled": []}
        for seed in seeds:
            torch.manual_seed(derive(seed, "autoregression"))
            series = noisy_sine(COUNT, stream(seed, "sine"))
            mixed = series[torch.randperm(COUNT)]
            mean = rmse(series[:CUT].mean(), series[CUT:])
            found["linear"].append(1 - one_step_error(series, 4) / mean)
            found["network"].append(1 - network_error(series, steps) / mean)
            found["shuffled"].append(1 - one_step_error(mixed, 4) / rmse(mixed[:CUT].mean(), mixed[CUT:]))
        return found

    runs, decision = by_looks(
        measure,
        lambda runs: [
            at_least(mean_interval(runs["linear"]), smallest_effect, "linear"),
            at_least(mean_interval(runs["network"]), smallest_effect, "network"),
            at_most(mean_interval(runs["shuffled"]), smallest_effect, "shuffled"),
        ],
        seeds,
        scoped=True,
    )
    means = {name: fmean(values) for name, values in runs.items()}
    return Evidence(
        value=means,
        decision=decision,
        data="noisy-sine",
        why_en="The error one step ahead is {linear:.0%} smaller than that of the mean by least squares and "
        "{network:.0%} smaller by a small network; on shuffled values {shuffled:.1%}.",
        why_zh="与预测均值相比，最小二乘的一步误差小 {linear:.0%}，小网络小 {network:.0%}；数据打乱后只有 "
        "{shuffled:.1%}。",
    )


@claim(
    chapter=19,
    kind="experiment",
    en="A longer past, a larger tau, is not always better.",
    zh="tau 并不是越大越好。",
    scope="linear autoregression of a noisy sine, fitted to 600 values: 300 past values against 16",
    scope_zh="带噪声的正弦，用 600 个值拟合线性自回归：tau 取 300 与取 16 相比",
    budget_s=5,
    smoke={"seeds": range(2)},
)
def larger_tau_is_not_always_better(seeds: Sequence[int] = range(20), smallest_effect: float = 0.02) -> Evidence:
    taus = (1, 4, 16, 64, 300)

    def measure(seeds: Sequence[int]) -> dict[str, list[float]]:
        every = [noisy_sine(COUNT, stream(seed, "sine")) for seed in seeds]
        return {f"tau_{tau}": [one_step_error(series, tau) for series in every] for tau in taus}

    runs, decision = by_looks(
        measure,
        lambda runs: [at_least(paired(runs["tau_300"], runs["tau_16"]), smallest_effect, "loss")],
        seeds,
        scoped=True,
    )
    means = {name: fmean(values) for name, values in runs.items()}
    return Evidence(
        value={"loss": means["tau_300"] - means["tau_16"], **means},
        decision=decision,
        data="noisy-sine",
        why_en="Errors one step ahead: {tau_1:.3f}, {tau_4:.3f}, {tau_16:.3f}, {tau_64:.3f} and {tau_300:.3f} for tau "
        "of 1, 4, 16, 64 and 300. A longer past averages the noise away, until there are as many weights as examples.",
        why_zh="tau 为 1、4、16、64、300 时，一步误差依次为 {tau_1:.3f}、{tau_4:.3f}、{tau_16:.3f}、{tau_64:.3f}、"
        "{tau_300:.3f}。看得越远，噪声越能平均掉，直到权重和样本一样多。",
    )


def examples_of(count: int, tau: int) -> int:
    """Return how many examples a series of so many values gives."""
    try:
        return len(text.embed_series(torch.arange(count), tau)[1])
    except ConfigError:
        return 0


@claim(
    chapter=19,
    kind="identity",
    en="Where tau equals the length of the series, there is one example.",
    zh="当 tau 等于序列长度时，就只有一个样本。",
)
def tau_of_the_whole_length_leaves_one_example() -> Evidence:
    found = {count: examples_of(count, count) for count in (5, 100, 1000)}
    before = {examples_of(count, count - 1) for count in found}
    wrong = set(found.values()) != {1}
    return Evidence(
        value={"examples": max(found.values()), "one_less": max(before)},
        bound="one example at tau = T",
        bound_zh="tau = T 时有一个样本",
        verdict="does not hold" if wrong else "holds",
        n=len(found),
        counterexample="1, 2, 3, 4, 5 and tau = 5: no sixth value to predict" if wrong else "",
        counterexample_zh="1、2、3、4、5，tau = 5：没有第六个值可供预测" if wrong else "",
        why_en="There are T - tau examples, for each needs a value behind it as a target: {examples} at tau = T, "
        "{one_less} at tau = T - 1.",
        why_zh="样本数是 T - tau，因为每个样本后面还要有一个值作标签：tau = T 时是 {examples} 个，tau = T - 1 时是 "
        "{one_less} 个。",
    )
