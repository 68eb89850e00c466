"""Chapter 19: interpolation and extrapolation, many steps ahead, forward and backward in time."""

from collections.abc import Callable, Sequence
from math import sin
from statistics import fmean

import torch
from torch import Generator, Tensor

from d2lab import text
from d2lab.claims.claim import claim
from d2lab.claims.decide import alike, at_least
from d2lab.claims.evidence import Evidence
from d2lab.claims.sequential import by_looks
from d2lab.core.seed import stream
from d2lab.data.series import AR_WEIGHTS, autoregressive, noisy_sine
from d2lab.metrics.paired import mean_interval
from d2lab.models.autoregression import Autoregression, AutoregressionConfig
from d2lab.tables import least_squares


def error_of_neighbors(series: Tensor, held_out: Tensor) -> float:
    """Predict held-out values as the mean of the ten nearest in time; return the error over the series' deviation."""
    known = torch.ones(len(series), dtype=torch.bool)
    known[held_out] = False
    places = known.nonzero()[:, 0]
    near = (held_out[:, None] - places).abs().topk(10, largest=False).indices
    predicted = series[places][near].mean(1)
    return float((predicted - series[held_out]).square().mean().sqrt() / series.std())


@claim(
    chapter=19,
    kind="experiment",
    en="Interpolation and extrapolation differ greatly in difficulty, so that a model of a sequence must not be "
    "trained on data later than those that it is tested on.",
    zh="内插与外推的难度差别很大，因此训练要尊重时间顺序，不能用未来的数据训练、再拿过去的数据检验。",
    scope="a random walk, the mean of the ten nearest values; independent draws show no difference",
    scope_zh="随机游走，用时间上最近的十个值的平均来预测；独立抽取的数据则没有差别",
    budget_s=5,
    smoke={"seeds": range(2)},
)
def extrapolation_is_harder_than_interpolation(
    seeds: Sequence[int] = range(40), smallest_effect: float = 0.2
) -> Evidence:
    count = 500
    ends = torch.arange(count - 100, count)

    def measure(seeds: Sequence[int]) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {"gap": [], "independent": [], "random": [], "later": []}
        for seed in seeds:
            draw = stream(seed, "walk")
            steps = torch.randn(count, generator=draw)
            inside = torch.randperm(count, generator=draw)[:100]
            errors = [
                error_of_neighbors(series, part) for series in (steps.cumsum(0), steps) for part in (ends, inside)
            ]
            found["gap"].append(errors[0] - errors[1])
            found["independent"].append(errors[2] - errors[3])
            found["random"].append(errors[1])
            found["later"].append(errors[0])
        return found

    runs, decision = by_looks(
        measure,
        lambda runs: [
            at_least(mean_interval(runs["gap"]), smallest_effect, "gap"),
            alike(mean_interval(runs["independent"]), smallest_effect / 2, "independent"),
        ],
        seeds,
        scoped=True,
    )
    return Evidence(
        value={name: fmean(values) for name, values in runs.items()},
        decision=decision,
        why_en="On values held out at random the error is {random:.2f} of the series' deviation, on the last fifth "
        "{later:.2f}: the neighbors on both sides give the answer away, and a forecast has none ahead. Of independent "
        "draws no neighbor tells anything ({independent:+.3f}).",
        why_zh="随机留出时，误差是序列标准差的 {random:.2f} 倍，留出最后五分之一则是 {later:.2f} 倍：两侧的邻居泄露了答"
        "案，而预测未来时前方没有邻居。若各值相互独立，邻居什么也不说（{independent:+.3f}）。",
    )


def errors_by_step(series: Tensor, cut: int, steps: int) -> Tensor:
    """Fit a linear autoregression up to a cut; return its relative errors behind it, by steps ahead."""
    fit = least_squares(*text.embed_series(series[:cut], 4))
    model = Autoregression(AutoregressionConfig(tau=4, hidden=()))
    model.load_state_dict({"out.weight": fit.weights[None].float(), "out.bias": torch.tensor([float(fit.bias)])})
    windows = series[cut - 4 :].unfold(0, 4 + steps, 1)
    apart = model.rollout(windows[:, :4], steps) - windows[:, 4:]
    return apart.square().mean(0).sqrt() / series.std()


@claim(
    chapter=19,
    kind="experiment",
    en="In a k-step prediction errors accumulate, and its quality falls rapidly with k.",
    zh="k 步预测中误差会累积，随着 k 增大，预测质量急剧下降。",
    scope="a noisy sine from four values, 64 steps against one; a stable process loses no more once its forecast is "
    "its mean (64 steps against 16)",
    scope_zh="带噪声的正弦，由四个值预测，64 步与 1 步相比；平稳过程的预测回到均值之后就不再变差（64 步与 16 步相比）",
    budget_s=5,
    smoke={"seeds": range(2)},
)
def errors_accumulate_over_many_steps(seeds: Sequence[int] = range(40), smallest_effect: float = 0.1) -> Evidence:
    def measure(seeds: Sequence[int]) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {name: [] for name in ("growth", "later", "one", "sixteen", "many", "process")}
        for seed in seeds:
            sine = errors_by_step(noisy_sine(1000, stream(seed, "sine")), 600, 64)
            process = errors_by_step(autoregressive(AR_WEIGHTS, 2000, stream(seed, "process")), 1000, 64)
            found["growth"].append(float(sine[63] - sine[0]))
            found["later"].append(float(process[63] - process[15]))
            for name, value in (("one", sine[0]), ("sixteen", sine[15]), ("many", sine[63]), ("process", process[63])):
                found[name].append(float(value))
        return found

    runs, decision = by_looks(
        measure,
        lambda runs: [
            at_least(mean_interval(runs["growth"]), smallest_effect, "growth"),
            alike(mean_interval(runs["later"]), smallest_effect / 2, "later"),
        ],
        seeds,
        scoped=True,
    )
    return Evidence(
        value={name: fmean(values) for name, values in runs.items()},
        decision=decision,
        data="noisy-sine, ar-process",
        why_en="Errors over the series' deviation: {one:.2f} one step ahead, {sixteen:.2f} sixteen, {many:.2f} at 64, "
        "for each prediction is made from predictions. A stable process ends at {process:.2f}, the error of its mean, "
        "and stays there ({later:+.3f} from 16 steps to 64).",
        why_zh="误差与序列标准差之比：1 步 {one:.2f}，16 步 {sixteen:.2f}，64 步 {many:.2f}，因为后面的预测建立在前面的"
        "预测之上。平稳过程到 {process:.2f} 为止，那是预测均值的误差，此后不再变（16 步到 64 步 {later:+.3f}）。",
    )


def chain(step: Callable[[float, float], float], noise: Tensor) -> Tensor:
    """Return a series of which each value follows from the one before and a noise."""
    values = [0.1]
    for shock in noise.tolist():
        values.append(step(values[-1], shock))
    return torch.tensor(values[100:], dtype=torch.float64)


def unexplained(given: Tensor, wanted: Tensor) -> float:
    """Predict the second half of pairs by the 30 nearest of the first; return the share of variance that is left."""
    half = len(given) // 2
    near = (given[half:, None] - given[:half]).abs().topk(30, largest=False).indices
    return float((wanted[near].mean(1) - wanted[half:]).square().mean() / wanted[half:].var())


def backward_gap(series: Tensor) -> float:
    """Return by how much more of the variance stays unexplained backward than forward."""
    return unexplained(series[1:], series[:-1]) - unexplained(series[:-1], series[1:])


def two_valued(count: int, draw: Generator) -> Tensor:
    """Return so many draws of -0.5 and 0.5."""
    return torch.randint(2, (count,), generator=draw) - 0.5


@claim(
    chapter=19,
    kind="experiment",
    en="For a causal model, in which time goes forward, forward estimation is easier than backward.",
    zh="对于时间向前推进的因果模型，正向估计比反向估计更容易。",
    scope="x' = sin(3 x) + noise, which forgets where it came from; a linear process with normal noise is as easy "
    "backward, and x' = x / 2 + noise of two values is easier backward",
    scope_zh="x' = sin(3x) + 噪声，这一步不可逆；线性、正态噪声的过程两个方向一样难，x' = x / 2 + 二值噪声反而是反向更"
    "容易",
    budget_s=8,
    smoke={"seeds": range(2), "count": 300},
)
def forward_estimation_is_easier(
    seeds: Sequence[int] = range(20), count: int = 2100, smallest_effect: float = 0.1
) -> Evidence:
    def measure(seeds: Sequence[int]) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {"gap": [], "linear": [], "two_valued": []}
        for seed in seeds:
            draw = stream(seed, "direction")
            noise = torch.randn(count, generator=draw, dtype=torch.float64)
            folded = chain(lambda x, shock: sin(3 * x) + 0.1 * shock, noise)
            found["gap"].append(backward_gap(folded))
            found["linear"].append(backward_gap(chain(lambda x, shock: 0.8 * x + shock, noise)))
            found["two_valued"].append(backward_gap(chain(lambda x, shock: x / 2 + shock, two_valued(count, draw))))
        return found

    runs, decision = by_looks(
        measure,
        lambda runs: [
            at_least(mean_interval(runs["gap"]), smallest_effect, "gap"),
            alike(mean_interval(runs["linear"]), smallest_effect / 2, "linear"),
        ],
        seeds,
        scoped=True,
    )
    return Evidence(
        value={name: fmean(values) for name, values in runs.items()},
        decision=decision,
        why_en="Backward {gap:+.2f} more of the variance stays unexplained, for several pasts lead to one present. It "
        "is the shape that does it, not time: {linear:+.3f} for a linear process with normal noise, and "
        "{two_valued:+.2f}, so backward is easier, where halving makes room for a coin that can be read off later.",
        why_zh="反向时未能解释的方差多出 {gap:+.2f}，因为几种过去通向同一个现在。起作用的是映射的形状，而不是时间：线"
        "性、正态噪声时为 {linear:+.3f}；而先减半、再加一枚硬币时为 {two_valued:+.2f}，从结果就能读出硬币，反向更容"
        "易。",
    )
